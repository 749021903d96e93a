import type { Engine } from '../engine.js';
import { eagerStep } from '../eager.js';
import { withBfloat16Maps } from './bfloat16-maps.js';
import { compileStep } from './compile/compile.js';
import { type LoadOptions, loadTensorflow } from './load.js';
import { loadKernels } from './kernels.js';
import { type Precision, resolvePrecision } from './precision.js';
import { createAfter } from './ops/after.js';
import { createTensorflowOps } from './ops/ops.js';
import { command } from '../../shell/program.js';
import { registerOwnKernels } from './own-kernels.js';
import { prepareTfjs } from '../tfjs/prepare.js';

export interface TensorflowOptions extends LoadOptions {
  /** Runs steps op by op instead of compiled: for debugging, and as the compiled step's reference. */
  readonly eager?: boolean;
  readonly precision?: Precision;
  /** Told, in a sentence, where the engine is slower than it could be. */
  readonly onWarning?: ((text: string) => void) | undefined;
}

/** The engine that counts: TensorFlow's library under tfjs, on a GPU or the CPU. Throws an `EnvironmentError` where it is not set up. */
export function openTensorflow({
  eager = false,
  precision: wish = 'float32',
  onWarning,
  ...options
}: TensorflowOptions): Engine {
  const loaded = loadTensorflow(options);
  prepareTfjs(loaded.tf);
  registerOwnKernels(loaded);
  const kernels = loadKernels(loaded);
  const gpu = loaded.backend.isUsingGpuDevice;
  if (!gpu && !kernels) {
    onWarning?.(
      `The fused kernels are not compiled for these sources: steps take about twice as long. Next: ${command('setup')}`,
    );
  }
  const precision = resolvePrecision(wish, { gpu, kernels });
  const ops = { ...createTensorflowOps(loaded, kernels, precision), ...(eager ? {} : createAfter(loaded)) };
  return {
    ops,
    description: {
      engine: 'tensorflow',
      version: loaded.version,
      device: gpu ? 'gpu' : 'cpu',
      threads: loaded.threads,
      compiled: !eager,
      kernels: kernels ? `fused, ${kernels.instructionSet}` : 'tensorflow',
      precision,
    },
    prepare: async (given, variables, examples) => {
      const step = precision === 'bfloat16' ? withBfloat16Maps(loaded.backend, given) : given;
      return eager ? eagerStep(loaded.tf, step) : compileStep(loaded, step, variables, examples);
    },
  };
}
