import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { EnvironmentError } from '../engine.js';
import type { Binding, TensorflowBackend } from './binding.js';
import { bindingFile, bindingFolder, preloadFile, upstreamFolder } from './setup/binding.js';
import { isWhole, libraryFolder, requirePrivate } from './setup/cache.js';
import { MEANWHILE } from './setup/tools.js';
import type { Flavour } from './setup/wheels.js';
import { xlaEnvironment } from './xla-environment.js';
import { command } from '../../shell/program.js';

const require = createRequire(import.meta.url);

export interface LoadOptions {
  /** `auto`: the GPU's library where it was set up and finds a device, else the CPU's. */
  readonly device?: 'auto' | 'cpu' | 'gpu';
  /** Threads of one operation (TensorFlow's intra-op pool); default: as many as this process may use cores. */
  readonly threads?: number;
}

export interface LoadedTensorflow {
  readonly tf: typeof import('@tensorflow/tfjs-core');
  readonly backend: TensorflowBackend;
  readonly flavour: Flavour;
  readonly threads: number;
  /** TensorFlow's own version, such as 2.21.0. */
  readonly version: string;
}

/** The library is set up but does not load here. */
export class LoadError extends EnvironmentError {}

/** Which of the two builds are here, whole and for the present sources. */
export const installedFlavours = (): Flavour[] =>
  (['gpu', 'cpu'] as const).filter((flavour) => isWhole(libraryFolder(flavour)) && isWhole(bindingFolder(flavour)));

let loaded: LoadedTensorflow | null = null;

/**
 * TensorFlow with tfjs-node's backend active, loaded once a process: later calls return the same, whatever they ask.
 * Nothing is written into node_modules: the package's backend is given the addon from the cache.
 *
 * @throws EnvironmentError if the engine is not built or a GPU was asked for and is not found.
 */
export function loadTensorflow(options: LoadOptions = {}): LoadedTensorflow {
  if (loaded) return assertDevice(loaded, options);
  const flavour = chooseFlavour(options.device ?? 'auto');
  const threads = options.threads ?? availableParallelism();
  setEnvironment(flavour, threads, options);
  supplyIsNullOrUndefined();
  const binding = loadAddon(flavour);
  const backend = registerBackend(binding);
  const tf = require('@tensorflow/tfjs-core') as typeof import('@tensorflow/tfjs-core');
  loaded = { tf, backend, flavour, threads, version: binding.TF_Version };
  return assertDevice(loaded, options);
}

function chooseFlavour(device: 'auto' | 'cpu' | 'gpu'): Flavour {
  const here = installedFlavours();
  if (device === 'gpu') {
    if (here.includes('gpu')) return 'gpu';
    throw new EnvironmentError(
      `TensorFlow with CUDA is not set up here.\nNext: ${command('setup --gpu')} (12 GB of disk)\n${MEANWHILE}`,
    );
  }
  const flavour = device === 'cpu' && here.includes('cpu') ? 'cpu' : here[0];
  if (flavour) return flavour;
  throw new EnvironmentError(
    `The tensorflow engine is not set up here (or was, for other sources).\nNext: ${command('setup')} (about a minute, 1.5 GB of disk)\n${MEANWHILE}`,
  );
}

/** TensorFlow reads these once, when its context is made. What the user has set stays. */
function setEnvironment(flavour: Flavour, threads: number, options: LoadOptions): void {
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  process.env['TF_NUM_INTRAOP_THREADS'] = String(threads);
  // On a CPU kernels run one after the other, each on all threads: two at a time would take the cores from each other.
  process.env['TF_NUM_INTEROP_THREADS'] = String(flavour === 'gpu' ? Math.max(2, threads) : 1);
  if (flavour === 'gpu' && options.device === 'cpu') process.env['CUDA_VISIBLE_DEVICES'] = '-1';
  if (flavour === 'gpu') process.env['TF_FORCE_GPU_ALLOW_GROWTH'] ??= 'true';
  Object.assign(process.env, xlaEnvironment(flavour));
}

/** tfjs-node calls it; Node 22 warns that it is deprecated, Node 23 removed it. */
function supplyIsNullOrUndefined(): void {
  const util = require('node:util') as { isNullOrUndefined: (value: unknown) => boolean };
  util.isNullOrUndefined = (value) => value === null || value === undefined;
}

function loadAddon(flavour: Flavour): Binding {
  const file = bindingFile(flavour);
  const library = join(libraryFolder(flavour), 'tensorflow', 'libtensorflow_cc.so.2');
  for (const code of [file, library]) requirePrivate(code);
  try {
    if (Number(process.env['TF_CPP_MIN_LOG_LEVEL']) > 0) {
      const preload = require(preloadFile(flavour)) as (library: string) => void;
      preload(library);
    }
    return require(file) as Binding;
  } catch (error) {
    throw new LoadError(
      `The tensorflow engine at ${file} does not load: ${(error as Error).message}\n` +
        `Next: ${command('setup --force')}\n${MEANWHILE}`,
    );
  }
}

/** What the package's index.js does, with our addon instead of the one it looks for beside itself. */
function registerBackend(binding: Binding): TensorflowBackend {
  require(join(upstreamFolder, 'dist', 'register_all_kernels.js'));
  const { NodeJSKernelBackend } = require(join(upstreamFolder, 'dist', 'nodejs_kernel_backend.js')) as {
    NodeJSKernelBackend: new (binding: Binding, packageName: string) => TensorflowBackend;
  };
  const tf = require('@tensorflow/tfjs-core') as typeof import('@tensorflow/tfjs-core');
  tf.registerBackend('tensorflow', () => new NodeJSKernelBackend(binding, '@tensorflow/tfjs-node-gpu'), 3);
  tf.setBackend('tensorflow');
  return tf.backend() as TensorflowBackend;
}

function assertDevice(engine: LoadedTensorflow, options: LoadOptions): LoadedTensorflow {
  if (options.device === 'gpu' && !engine.backend.isUsingGpuDevice) {
    throw new EnvironmentError(
      `A GPU was asked for, but TensorFlow finds none that it can use.\nNext: ${command('doctor')} (says which driver or library is missing), or --device cpu`,
    );
  }
  return engine;
}
