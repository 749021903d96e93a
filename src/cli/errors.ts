import { ConfigError } from '../config/problem.js';
import { DataError } from '../data/error.js';
import { EnvironmentError } from '../engine/engine.js';
import { LayerError } from '../layers/layer.js';
import { RoadError } from '../roadmap/catalogue.js';
import { WeightsError } from '../weights/safetensors.js';

/** Exit codes that scripts rely on. */
export const exitCodes = { done: 0, someFailed: 1, badInput: 2, environment: 3, interrupted: 75 } as const;

/** The command line was not what the command takes. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Ends the program with a code, after everything that was to be said has been said. */
export class Exit extends Error {
  override readonly name = 'Exit';
  constructor(readonly code: number) {
    super(`exit ${code}`);
  }
}

/** The code for an error, and what a person reads; null where the error is a defect of ours. */
export function expectedError(error: unknown): { code: number; text: string } | null {
  if (error instanceof ConfigError) return { code: exitCodes.badInput, text: error.render() };
  if (error instanceof EnvironmentError || error instanceof DataError)
    return { code: exitCodes.environment, text: error.message };
  const bad = [UsageError, RoadError, LayerError, WeightsError].some((kind) => error instanceof kind);
  return bad ? { code: exitCodes.badInput, text: (error as Error).message } : null;
}
