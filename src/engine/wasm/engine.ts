import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Engine } from '../engine.js';
import { eagerStep } from '../eager.js';
import { createWasmOps } from './ops.js';

const require = createRequire(import.meta.url);

/**
 * tfjs's WebAssembly backend, from npm alone: the engine that works everywhere. One core a process; runs side by side use
 * the others.
 */
export async function openWasm(): Promise<Engine> {
  const tf = require('@tensorflow/tfjs-core') as typeof import('@tensorflow/tfjs-core');
  const wasm = require('@tensorflow/tfjs-backend-wasm') as typeof import('@tensorflow/tfjs-backend-wasm');
  const folder = dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json'));
  wasm.setWasmPaths(join(folder, 'wasm-out', '/'));
  wasm.setThreadsCount(1);
  await tf.setBackend('wasm');
  return {
    ops: createWasmOps(tf),
    description: {
      engine: 'wasm',
      version: wasm.version_wasm,
      device: 'cpu',
      threads: 1,
      compiled: false,
      kernels: 'wasm',
      precision: 'float32',
    },
    prepare: async (step) => eagerStep(tf, step),
  };
}
