import { describe } from 'vitest';
import { loadKernels } from '../../../src/engine/tensorflow/kernels.js';
import { loadTensorflow } from '../../../src/engine/tensorflow/load.js';
import { createTensorflowOps } from '../../../src/engine/tensorflow/ops/ops.js';
import { createReferenceOps } from '../../../src/engine/reference/ops.js';
import { equalPytorch } from './equal-pytorch.js';

const loaded = loadTensorflow({ device: 'cpu' });

describe('the reference on TensorFlow', () => equalPytorch(createReferenceOps(loaded.tf)));
describe("TensorFlow's own ops", () => equalPytorch(createTensorflowOps(loaded, null)));
describe('TensorFlow with the fused kernels', () => equalPytorch(createTensorflowOps(loaded, loadKernels(loaded))));
