import { createRequire } from 'node:module';
import { describe } from 'vitest';
import { createReferenceOps } from '../../../src/engine/reference/ops.js';
import { equalPytorch } from './equal-pytorch.js';

const tf = createRequire(import.meta.url)('@tensorflow/tfjs') as typeof import('@tensorflow/tfjs-core');
await tf.setBackend('cpu');

const ops = createReferenceOps(tf);

describe("the reference on tfjs's plain JavaScript", () => equalPytorch(() => ops));
