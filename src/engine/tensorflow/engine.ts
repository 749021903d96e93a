import { type Compiler, type Engine, EnvironmentError, type Precision } from '../engine.js';
import type { GroupOptions } from '../group.js';
import { withContract } from '../contract.js';
import { eagerStep } from '../eager.js';
import { withBfloat16Maps } from './bfloat16-maps.js';
import { compileStep } from './compile/compile.js';
import { joinGroup } from './group/join.js';
import { type LoadedTensorflow, type LoadOptions, loadTensorflow } from './load.js';
import { type Kernels, loadKernels } from './kernels.js';
import { createProfiler } from './profiler.js';
import { resolvePrecision } from './precision.js';
import { createRenewal } from './renewal.js';
import { createAfter } from './ops/after.js';
import { createTensorflowOps } from './ops/ops.js';
import { command } from '../../shell/program.js';
import { registerOwnKernels } from './own-kernels.js';
import { prepareTfjs } from '../tfjs/prepare.js';

/** How steps are run. */
interface StepOptions {
  /** Runs steps op by op instead of compiled: for debugging, and as the compiled step's reference. */
  readonly eager?: boolean;
  /** What compiles them. XLA knows TensorFlow's own ops only, so that the fused kernels are left out with it. */
  readonly compiler?: Compiler;
  readonly precision?: Precision | 'auto';
}

export interface TensorflowOptions extends LoadOptions, StepOptions {
  /** Told, in a sentence, where the engine is slower than it could be. */
  readonly onWarning?: ((text: string) => void) | undefined;
}

/** The engine that counts: TensorFlow's library under tfjs, on a GPU or the CPU. Throws an `EnvironmentError` where it is not set up. */
export function openTensorflow({ onWarning, device, threads, ...options }: TensorflowOptions): Engine {
  if (options.compiler === 'xla' && options.eager) {
    throw new EnvironmentError(
      'XLA compiles whole steps, and --eager runs them op by op.\nNext: leave out one of them',
    );
  }
  const loaded = loadTensorflow({ device, threads });
  const kernels = options.compiler === 'xla' ? null : loadKernels(loaded);
  if (options.compiler === 'xla' && !loaded.backend.isUsingGpuDevice) {
    onWarning?.("On a CPU, XLA is for checks: its steps take several times as long as the fused kernels'.");
  } else if (!loaded.backend.isUsingGpuDevice && !kernels) {
    onWarning?.(
      `The fused kernels are not compiled for these sources: steps take about twice as long. Next: ${command('setup')}`,
    );
  }
  return engineOn(loaded, kernels, options);
}

/** The engine of a loaded TensorFlow, with the fused kernels or, where they are null, on its own ops as on a GPU. */
export function engineOn(
  loaded: LoadedTensorflow,
  kernels: Kernels | null,
  { eager = false, compiler = 'tensorflow', precision: wish = 'float32' }: StepOptions,
): Engine {
  prepareTfjs(loaded.tf);
  registerOwnKernels(loaded);
  const gpu = loaded.backend.isUsingGpuDevice;
  const precision = resolvePrecision(wish, { gpu, compiler, kernels });
  const profiler = kernels && !eager ? createProfiler(kernels) : undefined;
  const ops = withContract({
    ...createTensorflowOps(loaded, kernels, precision),
    ...(eager ? {} : createAfter(loaded, compiler)),
  });
  return {
    ops,
    description: {
      engine: 'tensorflow',
      version: loaded.version,
      device: gpu ? 'gpu' : 'cpu',
      threads: loaded.threads,
      compiled: !eager,
      kernels: kernels ? `fused, ${kernels.instructionSet}` : 'tensorflow',
      ...(compiler === 'xla' && { compiler }),
      precision,
    },
    prepare: async (given, variables, examples) => {
      const step = precision === 'bfloat16' ? withBfloat16Maps(loaded.backend, given, variables) : given;
      if (eager) return eagerStep(loaded.tf, step);
      const compiled = compileStep(loaded, step, variables, examples, compiler);
      profiler?.add(compiled);
      return compiled;
    },
    // XLA has no collectives of the CPU's.
    ...(eager || compiler === 'xla' ? {} : { join: (options: GroupOptions) => joinGroup(loaded, options) }),
    profiler,
    // A card's memory stays with the process, and what XLA has compiled.
    ...(gpu || compiler === 'xla' ? {} : { renewal: createRenewal(loaded.backend.binding) }),
  };
}
