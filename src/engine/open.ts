import { checkDevice } from './available.js';
import { type Compiler, type Device, type Engine, EnvironmentError, type Precision } from './engine.js';
import { LoadError } from './tensorflow/load.js';

export interface EngineOptions {
  readonly device: Device;
  /** Threads of one operation; default: as many as this process may use cores. */
  readonly threads?: number;
  readonly eager?: boolean;
  /** What compiles steps; wasm and webgpu run them op by op. */
  readonly compiler?: Compiler;
  /** Of matrix products and of what is stored between layers; wasm and webgpu have float32 only. */
  readonly precision?: Precision | 'auto';
  /** Told in a sentence where `auto` had to take a slower engine, or an engine runs slower than it could. */
  readonly onWarning?: (text: string) => void;
}

/**
 * The engine for a device. Asked for one by name, it is that one or an `EnvironmentError` that says what is missing;
 * `auto` is a GPU where TensorFlow sees one, else TensorFlow on the CPU, else, where TensorFlow is not set up or does not
 * load, wasm with a warning that says why.
 */
export async function openEngine({ device, onWarning, ...options }: EngineOptions): Promise<Engine> {
  const { engine, warning } = checkDevice(device);
  if (warning) onWarning?.(warning);
  if (engine === 'tensorflow') {
    const { openTensorflow } = await import('./tensorflow/engine.js');
    try {
      return openTensorflow({ onWarning, ...options, device: device as 'auto' | 'cpu' | 'gpu' });
    } catch (error) {
      if (device !== 'auto' || !(error instanceof LoadError)) throw error;
      onWarning?.(`${error.message}\nUntil then training runs on wasm, several times slower.`);
    }
  }
  const portable = engine === 'webgpu' ? 'webgpu' : 'wasm';
  const { precision = 'auto' } = options;
  if (precision !== 'float32' && precision !== 'auto') {
    throw new EnvironmentError(
      `The ${portable} engine has no bfloat16.\nNext: set precision: float32 or auto in the recipe`,
    );
  }
  if (options.compiler === 'xla') {
    throw new EnvironmentError(
      `The ${portable} engine runs op by op: there is nothing that XLA could compile.\nNext: leave out compiler: xla`,
    );
  }
  if (portable === 'webgpu') return (await import('./webgpu/engine.js')).openWebgpu(onWarning);
  return (await import('./wasm/engine.js')).openWasm();
}
