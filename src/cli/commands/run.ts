import { join } from 'node:path';
import { Command, Option } from 'commander';
import { openDatasets } from '../../data/open.js';
import { checkDevice } from '../../engine/available.js';
import type { Device } from '../../engine/engine.js';
import { localProcesses } from '../../experiment/executor.js';
import { LockedError, lockFolder } from '../../experiment/lock.js';
import { codeVersion, describeMachine } from '../../experiment/machine.js';
import { type PlannedRun, planSuite } from '../../experiment/plan.js';
import { runSchedule, type ScheduleSummary } from '../../experiment/schedule.js';
import { shareMachine } from '../../experiment/share.js';
import { writePlan } from '../../experiment/store.js';
import { openSuite } from '../../experiment/suite.js';
import { Exit, exitCodes, UsageError } from '../errors.js';
import { note, printJson } from '../output.js';
import { createProgress, duration } from '../progress.js';
import { parseSeeds, selectRuns } from '../select.js';

interface RunOptions {
  readonly only?: string;
  readonly seeds?: string;
  readonly out: string;
  readonly device?: Device;
  readonly parallel?: string;
  readonly eager?: boolean;
  readonly json?: boolean;
}

export function runCommand(): Command {
  return new Command('run')
    .description('train what a suite asks for and is not done yet; go on with what was cut off')
    .argument('<suite>', 'a suite file')
    .option('--only <glob>', 'only variants whose name fits, such as "kernel-size-*"')
    .option('--seeds <list>', "other seeds than the suite's, such as 0-4 or 0,2")
    .option('--out <dir>', 'where records go', 'experiments')
    .addOption(
      new Option('--device <device>', "instead of the suite's").choices(['auto', 'gpu', 'cpu', 'wasm', 'webgpu']),
    )
    .option('--parallel <runs>', 'runs at a time (default: as many as cores and memory allow)')
    .option('--eager', 'op by op instead of compiled steps: slower, for debugging')
    .option('--json', 'one JSON document on stdout when all is done')
    .addHelpText(
      'after',
      `
Examples:
  ablate run configs/suites/quickstart.yaml
  ablate run configs/suites/fashion-mnist-road.yaml --only "kernel-size-*" --seeds 0-4

Ctrl-C saves every run and ends with exit code 75; the same command goes on. A second Ctrl-C ends at once.`,
    )
    .action(runAction);
}

async function runAction(file: string, options: RunOptions): Promise<void> {
  const wish = options.parallel === undefined ? null : wholeNumber(options.parallel);
  const seeds = options.seeds === undefined ? undefined : parseSeeds(options.seeds);
  const opened = await openSuite(file);
  const plan = planSuite(opened, { device: options.device, seeds: seeds && [...seeds] });
  const runs = selectRuns(plan.runs, options.only, seeds);
  const available = checkDevice(options.device ?? opened.suite.runner.device);
  if (available.warning) note(available.warning);
  // Missing or damaged files are found here, once, rather than by every worker.
  await openDatasets(opened.suite.dataset);

  const machine = { ...describeMachine(), gpu: available.gpu };
  const share = shareMachine(runs, wish ?? opened.suite.runner.parallel, machine);
  if (share.note) note(share.note);
  const suiteFolder = join(options.out, opened.suite.name);
  const release = await lockFolder(suiteFolder).catch((error: Error) => {
    throw error instanceof LockedError ? new UsageError(error.message) : error;
  });
  const interruption = watchSignals();
  const progress = createProgress(process.stderr, runs);
  const began = Date.now();
  try {
    await writePlan(suiteFolder, plan.record);
    const summary = await runSchedule({
      runs,
      suiteFolder,
      executor: localProcesses(),
      ...share,
      eager: options.eager === true,
      codeVersion: codeVersion(),
      onEvent: (event) => progress.onEvent(event),
      stop: interruption.stop,
      kill: interruption.kill,
    });
    progress.close();
    finish(summary, suiteFolder, file, Date.now() - began, options.json === true);
  } finally {
    progress.close();
    interruption.release();
    await release();
  }
}

/** The first Ctrl-C or SIGTERM asks for a saved end, the next one for an end at once. */
function watchSignals() {
  const stop = new AbortController();
  const kill = new AbortController();
  const onSignal = (): void => {
    if (stop.signal.aborted) kill.abort();
    else note('saving every run; once more ends at once');
    stop.abort();
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of signals) process.on(name, onSignal);
  const release = () => {
    for (const name of signals) process.off(name, onSignal);
  };
  return { stop: stop.signal, kill: kill.signal, release };
}

function finish(
  { done, failed, left }: ScheduleSummary,
  suiteFolder: string,
  file: string,
  took: number,
  json: boolean,
): void {
  const code = left.length > 0 ? exitCodes.interrupted : failed.length > 0 ? exitCodes.someFailed : exitCodes.done;
  if (json) {
    const named = ({ spec }: PlannedRun) => ({ variant: spec.variant, seed: spec.seed });
    printJson({
      schema: 'ablate/run-summary/1',
      folder: suiteFolder,
      done: done.map(named),
      failed: failed.map(({ run, reason }) => ({ ...named(run), reason })),
      left: left.map(named),
    });
  }
  const parts = [`${done.length} done`, `${failed.length} failed`, ...(left.length > 0 ? [`${left.length} left`] : [])];
  note(`${parts.join(', ')} in ${duration(took)}; records in ${suiteFolder}`);
  for (const { run, reason } of failed) note(`failed: ${run.spec.variant} seed ${run.spec.seed}: ${reason}`);
  if (left.length > 0) note(`go on with: ablate run ${file}`);
  else note(`report: ablate report ${file}`);
  if (code !== exitCodes.done) throw new Exit(code);
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new UsageError(`--parallel takes a whole number above 0, found "${text}"`);
  return Number(text);
}
