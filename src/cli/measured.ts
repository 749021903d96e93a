import { type MeasuringOn, measureStep } from '../bench/measure-step.js';
import { type Availability, checkDevice } from '../engine/available.js';
import { type Device, EnvironmentError } from '../engine/engine.js';
import type { TimedNetwork } from '../experiment/estimate.js';
import type { PlannedRun } from '../experiment/plan.js';
import type { Catalogue } from '../roadmap/catalogue.js';
import { counted } from '../words/counted.js';
import { note } from './output.js';

/**
 * Times the steps of every network once, whatever the number of its runs; one that cannot be timed is said and left out. On a
 * CPU as many copies as runs go side by side, since they share its memory and its cores' clock as the runs will.
 */
export async function timeNetworks(
  left: readonly PlannedRun[],
  catalogue: Catalogue,
  { parallel, ...on }: MeasuringOn & { readonly parallel: number },
): Promise<TimedNetwork[]> {
  const networks = new Map(left.map((run) => [`${run.macs} ${run.params}`, run]));
  const timed: TimedNetwork[] = [];
  for (const { spec, macs, params } of networks.values()) {
    const { variant: name, network, recipe, recompute = 'none', compiler = 'tensorflow', plugins } = spec;
    try {
      const copies = await Promise.all(
        Array.from({ length: on.onCpu ? parallel : 1 }, () =>
          measureStep({ name, spec: network, recipe, recompute, compiler, plugins, catalogue }, on),
        ),
      );
      const picturesPerSecond = copies.reduce((sum, copy) => sum + copy.picturesPerSecond / copies.length, 0);
      const batch = copies[0]?.batch;
      timed.push({ macs, params, imagesPerSecond: picturesPerSecond });
      note(
        `${name}: ${picturesPerSecond.toPrecision(3)} pictures/s, ${batch} a step; ${timed.length} of ${counted(networks.size, 'network')} timed`,
      );
    } catch (error) {
      note(`${name} could not be timed: ${(error as Error).message}`);
    }
  }
  return timed;
}

/** What training would run on; a device that is missing is no reason not to plan. */
export function availability(device: Device): Pick<Availability, 'engine' | 'gpu'> {
  try {
    return checkDevice(device);
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    note(error.message);
    return { engine: device === 'webgpu' ? 'webgpu' : 'tensorflow', gpu: device === 'gpu' || device === 'webgpu' };
  }
}
