import { type Device, type Engine, EnvironmentError } from './engine.js';

export interface EngineOptions {
  readonly device: Device;
  /** Threads of one operation; default: as many as this process may use cores. */
  readonly threads?: number;
  readonly eager?: boolean;
  /** Told once, in a sentence, where `auto` had to take a slower engine. */
  readonly onWarning?: (text: string) => void;
}

/**
 * The engine for a device. Asked for one by name, it is that one or an `EnvironmentError` that says what is missing;
 * `auto` is a GPU where TensorFlow sees one, else TensorFlow on the CPU, else wasm with a warning.
 */
export async function openEngine({ device, onWarning, ...options }: EngineOptions): Promise<Engine> {
  if (device === 'wasm') return openWasm();
  if (device === 'webgpu')
    throw new EnvironmentError('The webgpu engine is not built yet; use --device cpu or --device wasm');
  const { openTensorflow } = await import('./tensorflow/engine.js');
  try {
    return openTensorflow({ ...options, device });
  } catch (error) {
    if (device !== 'auto' || !(error instanceof EnvironmentError)) throw error;
    const reason = error.message.split('\n')[0];
    onWarning?.(`${reason} Training runs on wasm, on one core and several times slower; run: npx ablate setup`);
    return openWasm();
  }
}

const openWasm = async (): Promise<Engine> => (await import('./wasm/engine.js')).openWasm();
