import { fileURLToPath } from 'node:url';
import { keptMemory } from '../engine/kept-memory.js';
import type { OpTime } from '../engine/profile.js';
import { startContender, withContenders } from './contender-process.js';
import { type MachineRates, type Profile, profileOf } from './profile.js';

interface Answer {
  readonly times: readonly number[];
  readonly about: string;
  readonly profile?: { readonly ops: readonly OpTime[]; readonly seconds: number; readonly rates: MachineRates };
}

export interface ProfiledStep extends Profile {
  readonly rates: MachineRates;
  /** The engine, its version and kernels. */
  readonly about: string;
}

/** Steps that come before, in which memory is found. */
const warmUpSteps = 2;

/**
 * Where the time of a network's training step goes, in a process of its own.
 *
 * @param path the file with its task.
 * @throws with the engine's own reason where there can be no step; where the kernels tell nothing of their time.
 */
export async function profileStep(path: string, threads: number, steps: number): Promise<ProfiledStep> {
  const program = fileURLToPath(new URL('./step-worker.js', import.meta.url));
  const contender = startContender([process.execPath, program, path, 'cpu'], keptMemory());
  return withContenders([contender], async () => {
    await contender.ask({ steps: warmUpSteps });
    const { times, profile, about } = await contender.ask<Answer>({ steps, profile: true });
    if (!profile) throw new Error(`a profile is told by the fused kernels only; the engine is ${about}`);
    const { ops, seconds: native, rates } = profile;
    const whole = times.reduce((sum, time) => sum + time, 0) / 1000;
    return { ...profileOf({ ops, steps, threads, native, whole }, rates), rates, about };
  });
}
