import { Command, Option } from 'commander';
import { renderProblem } from '../../config/problem.js';
import { checkDevice } from '../../engine/available.js';
import { type Aspect, requireSame } from '../../experiment/engine-choice.js';
import { localProcesses } from '../../experiment/executor.js';
import { forgetStarts, giveUp } from '../../experiment/idle-starts.js';
import { LockedError, lockFolder, type Release } from '../../experiment/lock.js';
import { codeVersion, describeMachine, devicesFor } from '../../experiment/machine.js';
import type { PlannedRun } from '../../experiment/plan.js';
import { followSchedule } from '../../experiment/follow.js';
import { runSchedule, type ScheduleSummary } from '../../experiment/schedule.js';
import { shareMachine } from '../../experiment/share.js';
import type { Standing } from '../../experiment/standing.js';
import { storageProblem } from '../../experiment/storage.js';
import { removePartial } from '../../records/folders.js';
import { readPlan, orNull } from '../../records/read.js';
import { writePlan } from '../../records/write.js';
import { command } from '../../shell/program.js';
import { quoted } from '../../shell/quoted.js';
import { Exit, exitCodes, UsageError } from '../errors.js';
import { makeFolder } from '../make-folder.js';
import { note, printJson } from '../output.js';
import { type OpenedPlan, openPlan, type PlanSelection } from '../planned.js';
import { createProgress } from '../progress.js';
import { duration } from '../progress-state.js';
import { type RanksOption, withRanks } from '../ranks-option.js';
import { settingsOption, settingWords } from '../settings-option.js';
import { inStages, ready } from '../stages.js';
import { watchSignals } from '../signals.js';

interface RunOptions extends PlanSelection, RanksOption {
  readonly parallel?: string;
  readonly precision?: 'float32' | 'bfloat16';
  readonly eager?: boolean;
  readonly shared?: boolean;
  readonly giveUpAfter?: string;
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
    .addOption(settingsOption())
    .option('--parallel <runs>', 'runs at a time (default: as many as cores and memory allow)')
    .option('--ranks <number>', "processes that train each run together, instead of the suite's")
    .option('--hosts <list>', 'host:port of each rank, where each is started by itself; rank 0 writes the records')
    .option('--rank <number>', 'which of --hosts this one is')
    .addOption(
      new Option('--compiler <compiler>', "of training steps, instead of the suite's").choices(['tensorflow', 'xla']),
    )
    .addOption(
      new Option('--precision <type>', "what a recipe's `precision: auto` is to be").choices(['float32', 'bfloat16']),
    )
    .option('--eager', 'op by op instead of compiled steps: slower, for debugging')
    .option('--shared', 'let others train the same suite at the same time, here or on machines that share the folder')
    .option('--give-up-after <starts>', 'fail a run when so many starts in a row ended where they began')
    .option('--json', 'one JSON document on stdout when all is done')
    .addHelpText(
      'after',
      `
Examples:
  ablate run configs/suites/quickstart.yaml
  ablate run configs/suites/fashion-mnist-road.yaml --only "kernel-size-*" --seeds 0-4
  ablate run configs/suites/quickstart.yaml --set recipe.epochs=2 --set network.scale.width=1/8
  ablate run suite.yaml --ranks 2
  ablate run suite.yaml --hosts node1:4000,node2:4000 --rank 1        # on node2, and --rank 0 on node1

Ctrl-C saves every run and ends with exit code 75; the same command goes on. Another one, two seconds later or more, ends at
once.`,
    )
    .action(runAction);
}

async function runAction(file: string, given: RunOptions): Promise<void> {
  const { options, seat } = withRanks(given);
  const wish = options.parallel === undefined ? null : wholeNumber('--parallel', options.parallel);
  const giveUpAfter = options.giveUpAfter === undefined ? null : wholeNumber('--give-up-after', options.giveUpAfter);
  const selection = { ...options, measureCosts: true };
  const first = await openPlan(file, selection, true);
  const { opened, runs, suiteFolder } = first;
  const { suite } = opened;
  const available = checkDevice(options.device ?? suite.runner.device);
  if (available.warning) note(available.warning);
  const named = namedIn(options);
  const before = orNull(readPlan(suiteFolder));
  const begunOn = before?.engine ?? null;
  const open = runs.some((run) => !['done', 'elsewhere'].includes((first.standings.get(run) as Standing).state));
  const compiler = options.compiler ?? suite.runner.compiler;
  if (options.eager && compiler === 'xla')
    throw new UsageError('--eager runs op by op, and XLA compiles whole steps; add --compiler tensorflow');
  if (begunOn && open) {
    const found = { engine: available.engine, gpu: available.gpu, ...(compiler === 'xla' && { compiler }) } as const;
    requireSame({ ...begunOn, precision: undefined }, found, `the suite ${suite.name}`, named);
  }
  const decides = suite.tune !== null || opened.sweeps.length > 0;
  if (seat && decides)
    throw new UsageError(
      '--hosts: what runs choose, rates and values of sweeps, stands in the records of one machine; train there with --ranks first',
    );
  const leads = seat === null || seat.rank === 0;
  const release = leads ? await takeFolder(suiteFolder, options.shared === true) : null;
  let progress = createProgress(process.stderr, ready(first));
  const interruption = watchSignals({
    onFirst: () =>
      progress.say(
        `saving every run${process.stderr.isTTY ? '; Ctrl-C once more, in some seconds, ends at once' : ''}`,
      ),
  });
  const began = Date.now();
  let engine = begunOn;
  try {
    const machine = { ...describeMachine(), ...devicesFor(available) };
    // By all runs, not by those that are left: the threads of a run must not depend on when the suite was cut off.
    // The other ranks, where they are other programs', share other cores.
    const share = seat
      ? shareMachine(runs, 1, machine)
      : shareMachine(runs, wish ?? suite.runner.parallel, machine, suite.runner.ranks);
    if (share.note) progress.say(share.note);
    for (const warning of opened.warnings)
      progress.say(renderProblem({ ...warning, message: `warning: ${warning.message}` }));
    const summary = await inStages(first, () => openPlan(file, selection, true), stage);
    finish(summary, suiteFolder, [quoted(file), ...repeated(options)], Date.now() - began, options.json === true);

    /** Trains what of a plan can be trained: all but what waits for a learning rate. */
    async function stage({ plan, standings }: OpenedPlan, these: readonly PlannedRun[], at: number) {
      if (at > 0) progress = createProgress(process.stderr, these);
      // One of many that share the suite knows only its own part of what was asked for.
      const known = options.shared && before && !decides ? before : plan.record;
      const record = { ...known, ...(engine && { engine }) };
      if (leads) await writePlan(suiteFolder, record);
      let noted: Promise<void> = Promise.resolve();
      const hopeless = giveUpAfter === null || !leads ? [] : await giveUp(these, standings, giveUpAfter, suiteFolder);
      const train = leads ? runSchedule : followSchedule;
      const summary = await train({
        runs: these.filter((run) => !hopeless.some((one) => one.run === run)),
        // Another process may have done some of it while this one waited for the lock.
        standings: options.shared ? undefined : standings,
        suiteFolder,
        executor: localProcesses(),
        share,
        ranks: suite.runner.ranks,
        seat,
        eager: options.eager === true,
        precision: options.precision ?? null,
        engine,
        named,
        onEngine: (found) => {
          engine = found;
          noted = noted.then(() => writePlan(suiteFolder, { ...record, engine: found }));
        },
        codeVersion: codeVersion(),
        onEvent: (event) => progress.onEvent(event),
        stop: interruption.stop,
        kill: interruption.kill,
      });
      await noted;
      progress.close();
      if (giveUpAfter !== null && leads) await forgetStarts(summary.done, suiteFolder);
      return { ...summary, failed: [...summary.failed, ...hopeless] };
    }
  } catch (error) {
    throw storageProblem(error as Error, suiteFolder);
  } finally {
    progress.close();
    interruption.release();
    await release?.();
  }
}

/** What of the engine the command line names; `auto` names no device. */
const namedIn = ({ device, compiler, precision }: RunOptions): Aspect[] => [
  ...(device !== undefined && device !== 'auto' ? (['device'] as const) : []),
  ...(compiler !== undefined ? (['compiler'] as const) : []),
  ...(precision !== undefined ? (['precision'] as const) : []),
];

/** Makes the suite's folder and, where it is not shared, locks it and removes what a killed start was writing there. */
async function takeFolder(suiteFolder: string, shared: boolean): Promise<Release | null> {
  try {
    await makeFolder(suiteFolder);
    if (shared) return null;
    const release = await lockFolder(suiteFolder);
    await removePartial(suiteFolder);
    return release;
  } catch (error) {
    throw error instanceof LockedError ? new UsageError(error.message) : storageProblem(error as Error, suiteFolder);
  }
}

/** The options that the next start needs to go on with the same runs. */
export function repeated(options: RunOptions): string[] {
  const { only, seeds, out, device, compiler, parallel, precision, set, eager, shared, hosts, rank } = options;
  const where = out === 'experiments' ? undefined : out;
  const given = { only, seeds, out: where, device, compiler, parallel, precision, hosts, rank };
  const words = Object.entries(given).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, quoted(value)],
  );
  return [...words, ...settingWords(set), ...(eager ? ['--eager'] : []), ...(shared ? ['--shared'] : [])];
}

function finish(
  { done, failed, left }: ScheduleSummary,
  suiteFolder: string,
  words: readonly string[],
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
  for (const { run, reason } of failed) note(`failed: ${run.spec.variant} seed ${run.spec.seed}: ${indented(reason)}`);
  if (left.length > 0) note(`go on with: ${command(`run ${words.join(' ')}`)}`);
  else note(`next: ${command(`report ${quoted(suiteFolder)}`)}`);
  if (code !== exitCodes.done) throw new Exit(code);
}

/** All lines of a reason, those after the first set in. */
const indented = (reason: string): string => reason.trimEnd().replaceAll('\n', '\n  ');

function wholeNumber(option: string, text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new UsageError(`${option} takes a whole number above 0, found "${text}"`);
  return Number(text);
}
