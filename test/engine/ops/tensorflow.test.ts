import { describe } from 'vitest';
import { createReferenceOps } from '../../../src/engine/reference/ops.js';
import { createTensorflowOps } from '../../../src/engine/tensorflow/ops/ops.js';
import { engine, kernels, tf } from '../kernels/kernels.js';
import { equalPytorch } from './equal-pytorch.js';

const reference = createReferenceOps(tf);
const own = createTensorflowOps(engine, null);
const fused = createTensorflowOps(engine, kernels);

describe('the reference on TensorFlow', () => equalPytorch(() => reference));
describe("TensorFlow's own ops", () => equalPytorch(() => own));
// Those compiled from the present sources: without them the engine would quietly be the one above.
describe('TensorFlow with the fused kernels', () => equalPytorch(() => fused));
