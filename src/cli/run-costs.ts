import { trainingPictures } from '../data/catalogue.js';
import { restOf } from '../data/hold-out.js';
import type { Compiler, Device } from '../engine/engine.js';
import type { RunCosts } from '../experiment/budget.js';
import { estimateTime, findSpeeds } from '../experiment/estimate.js';
import { describeMachine, devicesFor } from '../experiment/machine.js';
import type { Plan } from '../experiment/plan.js';
import { shareMachine } from '../experiment/share.js';
import type { OpenedSuite } from '../experiment/suite.js';
import { UsageError } from './errors.js';
import { availability, timeNetworks } from './measured.js';

interface TrainedOn {
  readonly device?: Device;
  readonly compiler?: Compiler;
  /** Where records are. */
  readonly out: string;
  /** Whether steps are timed where no run tells how fast they are. */
  readonly measureCosts?: boolean;
}

/** Each run costs one. */
export const countRuns: RunCosts = { of: () => 1, basis: null };

/**
 * What each run of a plan costs in milliseconds of this machine, run side by side as `run` runs them. Where none was done here
 * the steps of the networks are timed first, if that is asked for. Throws a `UsageError` where nothing tells how fast they are.
 */
export async function timeRuns(
  { suite, catalogue }: OpenedSuite,
  { runs }: Plan,
  { device = suite.runner.device, compiler = suite.runner.compiler, out, measureCosts = false }: TrainedOn,
): Promise<RunCosts> {
  const { engine, gpu } = availability(device);
  const xla = compiler === 'xla' && ({ compiler: 'xla' } as const);
  const machine = describeMachine();
  const on = { ...machine, ...devicesFor({ engine, gpu }) };
  const { parallel, threads } = shareMachine(runs, suite.runner.parallel, on, suite.runner.ranks);
  const speeds = findSpeeds(out, machine, { engine, gpu, ...xla });
  const timed =
    measureCosts && speeds.length === 0
      ? await timeNetworks(runs, catalogue, { device, threads, parallel, onCpu: !gpu })
      : [];
  const estimate = estimateTime({
    left: runs,
    pictures: restOf(await trainingPictures(suite.dataset), suite.validation),
    parallel,
    threads,
    speeds,
    timed,
    assumable: engine === 'tensorflow' && !gpu && !xla,
  });
  if (!estimate)
    throw new UsageError(
      'budget: how long a run takes here is not known until one is done; add --measure to `ablate plan`, or give the budget in runs, as { runs: 60 }',
    );
  const each = new Map(runs.map((run, at) => [run, (estimate.each[at] as number) / parallel]));
  return { of: (run) => each.get(run) ?? 0, basis: estimate.basis };
}
