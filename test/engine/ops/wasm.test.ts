import { describe } from 'vitest';
import { wasmVariants } from '../kernels/wasm-variants.js';
import { equalPytorch } from './equal-pytorch.js';

describe.each(await wasmVariants())('wasm, $simd SIMD', ({ ops }) => equalPytorch(() => ops));
