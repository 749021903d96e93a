import { type Compiler, EnvironmentError } from '../engine.js';
import type { Kernels } from './kernels.js';
import { command } from '../../shell/program.js';

/** What a recipe may ask for. */
export type Precision = 'float32' | 'bfloat16' | 'auto';

/** What decides whether bfloat16 can be had. */
export interface PrecisionFacts {
  readonly gpu: boolean;
  readonly compiler?: Compiler;
  /** Null where they are not compiled. */
  readonly kernels: Pick<Kernels, 'instructionSet' | 'multipliesBfloat16'> | null;
}

/**
 * What a precision comes to on this device. `auto` is bfloat16 where the CPU multiplies it, else float32. Throws an
 * `EnvironmentError` where bfloat16 was asked for by name and cannot be had.
 */
export function resolvePrecision(wish: Precision, facts: PrecisionFacts): 'float32' | 'bfloat16' {
  if (wish === 'float32') return wish;
  const reason = obstacle(facts);
  if (reason === null) return 'bfloat16';
  if (wish === 'auto') return 'float32';
  throw new EnvironmentError(
    `precision bfloat16 cannot be had: ${reason}.\nNext: set precision: float32 or auto in the recipe`,
  );
}

function obstacle({ gpu, compiler, kernels }: PrecisionFacts): string | null {
  if (gpu) return 'on GPUs it has not been tried';
  if (compiler === 'xla') return 'it is the fused kernels that multiply it, and XLA compiles without them';
  if (!kernels) return `the fused kernels, which multiply it, are not compiled (${command('setup')})`;
  if (kernels.multipliesBfloat16) return null;
  return `the fused kernels are compiled for ${kernels.instructionSet}, which has no product of bfloat16 (AVX512-BF16)`;
}
