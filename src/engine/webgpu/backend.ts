import { createRequire } from 'node:module';
import { replaceAddN } from './add-n.js';
import { findAdapter, type FoundAdapter, type GpuAdapter, type GpuDevice } from './adapter.js';
import { registerOwnKernels } from './own-kernels.js';
import { createPrograms, type WebgpuBackend } from './program.js';

const require = createRequire(import.meta.url);

type Tf = typeof import('@tensorflow/tfjs-core');

export interface OpenedBackend {
  readonly tf: Tf;
  readonly backend: WebgpuBackend;
  readonly found: FoundAdapter;
}

let opened: Promise<OpenedBackend> | undefined;

/** tfjs's WebGPU backend on Dawn's adapter, opened once a process and made the active one. @throws EnvironmentError */
export async function openBackend(): Promise<OpenedBackend> {
  opened ??= open();
  const found = await opened;
  await found.tf.setBackend('webgpu');
  return found;
}

async function open(): Promise<OpenedBackend> {
  const found = await findAdapter();
  const device = await found.adapter.requestDevice({ requiredLimits: limitsOf(found.adapter) });
  const problems: string[] = [];
  device.addEventListener('uncapturederror', ({ error }) => problems.push(error.message.trim()));
  device.lost.then(({ message }) => problems.push(`the device was lost: ${message}`));
  showToTfjs(found.gpu);
  // tfjs-core's own build for Node registers no gradients; the package around it does.
  require('@tensorflow/tfjs');
  const tf = require('@tensorflow/tfjs-core') as Tf;
  const { WebGPUBackend } = require('@tensorflow/tfjs-backend-webgpu') as {
    WebGPUBackend: new (device: GpuDevice, info: object) => import('@tensorflow/tfjs-core').KernelBackend;
  };
  const backend = new WebGPUBackend(device, found.adapter.info);
  // What fails on the device is reported later and leaves wrong numbers: none is handed out once anything has failed.
  const read = backend.read.bind(backend);
  backend.read = async (data) => {
    const values = await read(data);
    if (problems.length > 0) throw new Error(`WebGPU on ${found.name} failed: ${problems[0]}`);
    return values;
  };
  // The package registers itself with a device that nobody watches; ours takes its place.
  tf.removeBackend('webgpu');
  tf.registerBackend('webgpu', () => backend);
  replaceAddN(tf);
  // The packed product always: another one adds its parts up in any order, so that a run could not be repeated.
  tf.env().set('WEBGPU_MATMUL_PROGRAM_TYPE', 3);
  // Everything on the device: the backend computes small tensors that it has not sent there yet in JavaScript, otherwise rounded.
  tf.env().set('WEBGPU_CPU_FORWARD', false);
  const opened = { tf, backend: backend as unknown as WebgpuBackend, found };
  registerOwnKernels(tf, createPrograms(tf, opened.backend));
  return opened;
}

/** All that the adapter has of what tfjs's programs use; a device gets WebGPU's small defaults otherwise. */
function limitsOf({ limits }: GpuAdapter): Record<string, number> {
  const names = [
    'maxBufferSize',
    'maxStorageBufferBindingSize',
    'maxComputeWorkgroupStorageSize',
    'maxComputeWorkgroupsPerDimension',
    'maxComputeWorkgroupSizeX',
    'maxComputeInvocationsPerWorkgroup',
  ];
  return Object.fromEntries(names.map((name) => [name, limits[name] as number]));
}

/** tfjs looks for `navigator.gpu`; Node has a navigator from version 21 on. */
function showToTfjs(gpu: object): void {
  const { navigator } = globalThis as { navigator?: object };
  if (navigator) Object.defineProperty(navigator, 'gpu', { value: gpu, configurable: true });
  else Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true });
}
