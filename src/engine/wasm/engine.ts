import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { withContract } from '../contract.js';
import { type Engine, EnvironmentError } from '../engine.js';
import { eagerStep } from '../eager.js';
import { registerOwnKernels } from './own-kernels.js';
import { prepareTfjs } from '../tfjs/prepare.js';
import { loadWasmKernels } from './kernels.js';
import { createWasmOps } from './ops.js';
import type { Simd } from './simd.js';
import { command, installCommand } from '../../shell/program.js';

const require = createRequire(import.meta.url);

/**
 * tfjs's WebAssembly backend, from npm alone: the engine that works everywhere. One core a process; runs side by side use
 * the others.
 *
 * @param simd which build of the kernels; the best that this runtime has if it is not given.
 * @throws EnvironmentError if the backend does not start, or that SIMD is not here.
 */
export async function openWasm(simd?: Simd): Promise<Engine> {
  // tfjs-core's own build for Node registers no gradients; the package around it does.
  require('@tensorflow/tfjs');
  const tf = require('@tensorflow/tfjs-core') as typeof import('@tensorflow/tfjs-core');
  const wasm = require('@tensorflow/tfjs-backend-wasm') as typeof import('@tensorflow/tfjs-backend-wasm');
  const folder = dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json'));
  wasm.setWasmPaths(join(folder, 'wasm-out', '/'));
  wasm.setThreadsCount(1);
  if (!(await tf.setBackend('wasm'))) {
    throw new EnvironmentError(
      `The wasm backend does not start on this machine: its WebAssembly module did not load.\nNext: ${installCommand()}, then ${command('doctor')}`,
    );
  }
  shareIdentities(tf);
  prepareTfjs(tf);
  // tfjs would fall back to plain JavaScript, thousands of times slower, without a word.
  tf.removeBackend('cpu');
  const kernels = loadWasmKernels(tf, simd);
  const ops = withContract(createWasmOps(kernels));
  registerOwnKernels(tf, ops);
  return {
    ops,
    description: {
      engine: 'wasm',
      version: wasm.version_wasm,
      device: 'cpu',
      threads: 1,
      compiled: false,
      kernels: `wasm, ${kernels.simd} simd`,
      precision: 'float32',
    },
    prepare: async (step) => eagerStep(tf, step),
  };
}

/** The backend copies a tensor to make a second one of it, as the tape does with all that it keeps; here they share memory. */
function shareIdentities(tf: typeof import('@tensorflow/tfjs-core')): void {
  const kernel = { kernelName: tf.Identity, backendName: 'wasm' };
  tf.unregisterKernel(kernel.kernelName, kernel.backendName);
  tf.registerKernel({
    ...kernel,
    kernelFunc({ inputs, backend }) {
      const { dataId, shape, dtype } = inputs['x'] as import('@tensorflow/tfjs-core').TensorInfo;
      (backend as { incRef(dataId: object): void }).incRef(dataId);
      return { dataId, shape, dtype };
    },
  });
}
