import { describe } from 'vitest';
import { openWasm } from '../../../src/engine/wasm/engine.js';
import { equalPytorch } from './equal-pytorch.js';

const { ops } = await openWasm();

describe('wasm', () => equalPytorch(() => ops));
