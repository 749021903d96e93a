import { eagerStep } from '../eager.js';
import type { Engine } from '../engine.js';
import { packageVersion } from '../packages.js';
import { prepareTfjs } from '../tfjs/prepare.js';
import { WEBGPU_PACKAGES } from './adapter.js';
import { openBackend } from './backend.js';
import { createWebgpuOps } from './ops.js';

/**
 * tfjs's WebGPU backend on Dawn: GPUs of any maker. Where the only adapter is a software one, it is taken with a warning.
 *
 * @throws EnvironmentError if a package is missing or there is no adapter at all.
 */
export async function openWebgpu(onWarning?: (text: string) => void): Promise<Engine> {
  const { tf, backend, found } = await openBackend();
  prepareTfjs(tf);
  if (found.software) {
    onWarning?.(`WebGPU has no GPU here but ${found.name}, many times slower than --device cpu: good for checks only`);
  }
  const [dawn, tfjs] = WEBGPU_PACKAGES.map(packageVersion);
  return {
    ops: createWebgpuOps(tf, backend),
    description: {
      engine: 'webgpu',
      version: `${tfjs} on Dawn ${dawn}`,
      device: found.name,
      threads: 1,
      compiled: false,
      kernels: 'webgpu',
      precision: 'float32',
    },
    prepare: async (step) => eagerStep(tf, step),
  };
}
