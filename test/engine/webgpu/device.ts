import { describe } from 'vitest';
import { EnvironmentError } from '../../../src/engine/engine.js';
import { findAdapter } from '../../../src/engine/webgpu/adapter.js';

/** Why there is no WebGPU here; null where there is. */
export const missing: string | null = await findAdapter().then(
  () => null,
  (error: Error) => {
    if (!(error instanceof EnvironmentError)) throw error;
    return error.message.split('\n')[0] as string;
  },
);

/** A group of tests that need a device, software included; skipped with the reason where there is none. */
export function describeOnDevice(title: string, tests: () => void): void {
  if (missing === null) describe(title, tests);
  else describe.skip(`${title} (skipped: ${missing})`, tests);
}
