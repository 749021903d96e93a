import { createHash } from 'node:crypto';
import { accessSync, constants, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheRoot, libraryFolder } from './setup/cache.js';
import { type Flavour, TENSORFLOW_VERSION } from './setup/wheels.js';

/**
 * The variables that XLA reads, once, when TensorFlow's context is made: where it keeps what it has compiled, and for GPUs
 * where it finds libdevice and ptxas. What the user has set stays and comes first.
 */
export function xlaEnvironment(flavour: Flavour, env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  return {
    // A step whose program cannot be kept fails; better that it is compiled anew each time.
    ...(isWritable(cacheRoot(env)) && {
      TF_XLA_FLAGS: withFlag(env['TF_XLA_FLAGS'], '--tf_xla_persistent_cache_directory', xlaCacheFolder(env)),
    }),
    ...(flavour === 'gpu' && {
      XLA_FLAGS: withFlag(
        env['XLA_FLAGS'],
        '--xla_gpu_cuda_data_dir',
        join(libraryFolder(flavour), 'nvidia', 'cuda_nvcc'),
      ),
    }),
  };
}

function withFlag(given: string | undefined, flag: string, value: string): string {
  const before = given ?? '';
  if (before.includes(`${flag}=`)) return before;
  // Quoted as XLA reads it: a space would end the flag.
  return `${before} ${flag}=${/\s/.test(value) ? `"${value}"` : value}`.trim();
}

/**
 * Where compiled steps are kept. XLA's own key knows neither the CPU's features nor the GPU's model, and a cache may be
 * shared by machines: each kind of machine has a folder.
 */
export const xlaCacheFolder = (env: NodeJS.ProcessEnv = process.env): string =>
  join(cacheRoot(env), `xla-${TENSORFLOW_VERSION}-${machineKey()}`);

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function machineKey(): string {
  const cpu = /^(?:flags|Features)\s*:.*$/m.exec(readOr('/proc/cpuinfo', ''))?.[0] ?? process.arch;
  const gpus = gpuModels().join('\n');
  const driver = gpus === '' ? '' : readOr('/proc/driver/nvidia/version', '');
  return createHash('sha256').update([cpu, gpus, driver].join('\0')).digest('hex').slice(0, 16);
}

/** What NVIDIA's driver says of each card, without the lines that tell two cards of one model apart. */
function gpuModels(): string[] {
  const folder = '/proc/driver/nvidia/gpus';
  const models = listOr(folder).map((name) => /^Model:.*$/m.exec(readOr(join(folder, name, 'information'), ''))?.[0]);
  return [...new Set(models.map((model) => model ?? 'unknown'))].sort();
}

function readOr(file: string, otherwise: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return otherwise;
  }
}

function listOr(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
