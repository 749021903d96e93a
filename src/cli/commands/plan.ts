import { Command, Option } from 'commander';
import { trainingPictures } from '../../data/catalogue.js';
import { restOf } from '../../data/hold-out.js';
import { renderProblem } from '../../config/problem.js';
import { budgetWords } from '../../experiment/budget-words.js';
import { choiceWords } from '../../experiment/choice-words.js';
import { arrangementWords } from '../../experiment/arrangement-words.js';
import { estimateTime, findSpeeds } from '../../experiment/estimate.js';
import { describeMachine, devicesFor } from '../../experiment/machine.js';
import type { PlannedRun } from '../../experiment/plan.js';
import { shareMachine } from '../../experiment/share.js';
import type { Standing } from '../../experiment/standing.js';
import { note, printJson, printText } from '../output.js';
import { leftOutOf } from '../open-suite.js';
import { availability, timeNetworks } from '../measured.js';
import { noPluginsOption } from '../plugins-option.js';
import { openPlan, type PlanSelection } from '../planned.js';
import { duration } from '../progress-state.js';
import { settingsOption } from '../settings-option.js';
import { textTable } from '../table.js';
import { counted, grouped } from '../../words/counted.js';

interface PlanOptions extends PlanSelection {
  readonly measure?: boolean;
  readonly json?: boolean;
}

export function planCommand(): Command {
  return new Command('plan')
    .description(
      'list every run of a suite with its cost, what is done, and how long the rest will take; nothing is trained or written',
    )
    .argument('<suite>', 'a suite file')
    .option('--only <glob>', 'only variants whose name fits')
    .option('--seeds <list>', "other seeds than the suite's, such as 0-4")
    .option('--out <dir>', 'where records are', 'experiments')
    .addOption(
      new Option('--device <device>', "instead of the suite's").choices(['auto', 'gpu', 'cpu', 'wasm', 'webgpu']),
    )
    .addOption(settingsOption())
    .addOption(noPluginsOption())
    .option('--measure', 'time a few training steps of every network that is left, for an estimate where none is done')
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'after',
      `
Examples:
  ablate plan configs/suites/quickstart.yaml
  ablate plan configs/suites/paper-resnet50.yaml --device gpu --measure`,
    )
    .action(async (file: string, options: PlanOptions) => {
      const {
        opened,
        plan,
        runs,
        part,
        standings: stands,
      } = await openPlan(file, { ...options, measureCosts: options.measure === true }, false);
      const { suite } = opened;
      const standings = runs.map((run) => [run, stands.get(run) as Standing] as const);
      const trainedAs = toTrain(standings);
      const left = [...trainedAs.values()];
      const device = options.device ?? suite.runner.device;
      const { engine, gpu } = availability(device);
      const xla = suite.runner.compiler === 'xla' && ({ compiler: 'xla' } as const);
      const machine = describeMachine();
      const share = shareMachine(
        runs,
        suite.runner.parallel,
        { ...machine, ...devicesFor({ engine, gpu }) },
        suite.runner.ranks,
      );
      const on = { device, threads: share.threads, parallel: share.parallel, onCpu: !gpu };
      const timed = options.measure ? await timeNetworks(left, opened.catalogue, on) : [];
      const estimate = estimateTime({
        left,
        pictures: restOf(await trainingPictures(suite.dataset), suite.validation),
        parallel: share.parallel,
        threads: share.threads,
        speeds: left.length > 0 ? findSpeeds(options.out, machine, { engine, gpu, ...xla }) : [],
        timed,
        assumable: engine === 'tensorflow' && !gpu && !xla,
      });
      const timeOf = new Map(left.map((run, at) => [run, estimate?.each[at]]));
      if (options.json) {
        return printJson({
          schema: 'ablate/plan-summary/1',
          suite: suite.name,
          ...leftOutOf(opened),
          runs: standings.map(([run, { state }]) => ({
            variant: run.spec.variant,
            seed: run.spec.seed,
            state,
            ...(isRepeat(run, trainedAs) && { with: trainedAs.get(run.hash)?.spec.variant }),
            macs: run.macs,
            params: run.params,
            epochs: run.spec.recipe.epochs,
            bytes: run.bytes,
            milliseconds: timeOf.get(run) ?? null,
            hash: run.fingerprint === null || run.awaits !== null ? null : run.hash,
            ...(run.trial && { trial: { variant: run.trial.variant, factor: run.trial.factor } }),
          })),
          ...(plan.record.arrangement && { arrangement: plan.record.arrangement }),
          ...(plan.record.choices && { choices: plan.record.choices }),
          ...(plan.record.budget && { budget: { ...plan.record.budget, ...part } }),
          left: left.length,
          parallel: share.parallel,
          threads: share.threads,
          estimate: estimate && { milliseconds: estimate.milliseconds, basis: estimate.basis },
        });
      }
      printText(planTable(standings, trainedAs, (run) => timeOf.get(run)));
      for (const warning of opened.warnings)
        note(renderProblem({ ...warning, message: `warning: ${warning.message}` }));
      if (!suite.validation && opened.sweeps.length === 0 && opened.variants.some(({ variant }) => !variant.adopted))
        note(
          'values of a sweep can only be chosen by the test set here; `validation: { share: 0.1 }` in the suite holds training pictures out to choose by',
        );
      note(
        `${left.length} of ${counted(runs.length, 'run')} left, ${share.parallel} at a time with ${counted(share.threads, 'thread')} each`,
      );
      if (share.note) note(share.note);
      for (const words of [
        ...arrangementWords(plan.record),
        ...choiceWords(plan.record),
        ...budgetWords(plan.record, part),
      ])
        note(words);
      if (!estimate) note('no estimate of the time until a run is done here; --measure times some steps instead');
      else if (left.length > 0) note(`about ${duration(estimate.milliseconds)}, ${estimate.basis}`);
    });
}

/** Runs that have to be trained by their hash: each once, and none that is done here or elsewhere. */
function toTrain(standings: readonly (readonly [PlannedRun, Standing])[]): Map<string, PlannedRun> {
  const byHash = new Map<string, PlannedRun>();
  for (const [run, { state }] of standings) {
    if (state !== 'done' && state !== 'elsewhere' && !byHash.has(run.hash)) byHash.set(run.hash, run);
  }
  return byHash;
}

/** Whether a run's records will be those of another run, trained once for both. */
const isRepeat = (run: PlannedRun, trainedAs: ReadonlyMap<string, PlannedRun>): boolean =>
  trainedAs.has(run.hash) && trainedAs.get(run.hash) !== run;

/** @param timeOf milliseconds that a run will take, undefined where it is not trained or cannot be told. */
function planTable(
  standings: readonly (readonly [PlannedRun, Standing])[],
  trainedAs: ReadonlyMap<string, PlannedRun>,
  timeOf: (run: PlannedRun) => number | undefined,
): string {
  const headings = ['seed', 'MACs', 'parameters', 'epochs', 'memory, MiB', 'time'];
  const columns = [
    { heading: 'variant' },
    ...headings.map((heading) => ({ heading, right: true })),
    { heading: 'state' },
  ];
  const rows = standings.map(([run, standing]) => {
    const { spec, macs, params, bytes } = run;
    const time = timeOf(run);
    const numbers = [grouped(macs), grouped(params), String(spec.recipe.epochs), grouped(Math.round(bytes / 2 ** 20))];
    const state =
      standing.state === 'elsewhere'
        ? `done in ${standing.folder}`
        : isRepeat(run, trainedAs)
          ? `the same run as ${trainedAs.get(run.hash)?.spec.variant}`
          : run.awaits !== null
            ? `waits for ${run.awaits}`
            : standing.state;
    return [spec.variant, String(spec.seed), ...numbers, time === undefined ? '' : duration(time), state];
  });
  return textTable(columns, rows);
}
