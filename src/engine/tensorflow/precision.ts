import { type Compiler, EnvironmentError, type Precision } from '../engine.js';
import type { Kernels } from './kernels.js';
import { command } from '../../shell/program.js';

/** What decides whether bfloat16 can be had, or pieces of it. */
export interface PrecisionFacts {
  readonly gpu: boolean;
  readonly compiler?: Compiler;
  /** Null where they are not compiled. */
  readonly kernels: Pick<Kernels, 'instructionSet' | 'multipliesBfloat16'> | null;
}

/**
 * What a precision comes to on this device. `auto` is bfloat16 where the CPU multiplies it, else float32. Throws an
 * `EnvironmentError` where another than float32 was asked for by name and cannot be had.
 */
export function resolvePrecision(wish: Precision | 'auto', facts: PrecisionFacts): Precision {
  if (wish === 'float32') return wish;
  const reason = obstacle(facts);
  if (reason === null) return wish === 'auto' ? 'bfloat16' : wish;
  if (wish === 'auto') return 'float32';
  throw new EnvironmentError(
    `precision ${wish} cannot be had: ${reason}.\nNext: set precision: float32 or auto in the recipe`,
  );
}

function obstacle({ gpu, compiler, kernels }: PrecisionFacts): string | null {
  if (gpu) return 'on GPUs it has not been tried';
  if (compiler === 'xla') return 'it is the fused kernels that multiply it, and XLA compiles without them';
  if (!kernels) return `the fused kernels, which multiply it, are not compiled (${command('setup')})`;
  if (kernels.multipliesBfloat16) return null;
  return `the fused kernels are compiled for ${kernels.instructionSet}, which has no product of bfloat16 (AVX512-BF16)`;
}
