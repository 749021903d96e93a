import { type Device, type EngineName, EnvironmentError } from './engine.js';
import { installedFlavours } from './tensorflow/load.js';
import { requirePackages } from './webgpu/adapter.js';
import { command } from '../shell/program.js';

/** What a device will come to, without loading it. */
export interface Availability {
  readonly engine: EngineName;
  readonly gpu: boolean;
  /** A sentence where it is not what one would wish for. */
  readonly warning: string | null;
}

/**
 * Looks whether an engine for the device is set up. Throws an `EnvironmentError` with the next command where the device
 * was asked for by name and its library is missing. Whether a GPU's driver works shows only when it is loaded.
 */
export function checkDevice(device: Device): Availability {
  if (device === 'wasm') return { engine: 'wasm', gpu: false, warning: null };
  if (device === 'webgpu') {
    requirePackages();
    return { engine: 'webgpu', gpu: true, warning: null };
  }
  const flavours = installedFlavours();
  if (device === 'gpu' && !flavours.includes('gpu')) {
    throw new EnvironmentError(
      `TensorFlow with CUDA is not set up here.\nNext: ${command('setup --gpu')}, or --device cpu`,
    );
  }
  if (flavours.length > 0)
    return { engine: 'tensorflow', gpu: device !== 'cpu' && flavours.includes('gpu'), warning: null };
  if (device === 'cpu')
    throw new EnvironmentError(
      `The tensorflow engine is not set up here.\nNext: ${command('setup')}, or --device wasm`,
    );
  const warning = `The tensorflow engine is not set up here: training runs on wasm, several times slower. Next: ${command('setup')}`;
  return { engine: 'wasm', gpu: false, warning };
}
