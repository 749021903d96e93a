import { dirname, join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { refuseLinks } from '../../experiment/links.js';
import { holderOf } from '../../experiment/lock.js';
import { packageFolder } from '../../experiment/machine.js';
import type { PlannedRun } from '../../experiment/plan.js';
import { neededBytes } from '../../experiment/share.js';
import {
  inArrays,
  limitSeconds,
  noticeSeconds,
  type SlurmJob,
  slurmScript,
  slurmScriptFile,
} from '../../experiment/slurm.js';
import { maxArraySize, sbatch } from '../../experiment/slurm-client.js';
import { rememberJob, slurmView } from '../../experiment/slurm-jobs.js';
import type { OpenedSuite } from '../../experiment/suite.js';
import { type RunName, runFolder } from '../../records/folders.js';
import { writeWhole } from '../../files/whole.js';
import { writePlan } from '../../records/write.js';
import { command } from '../../shell/program.js';
import { quoted } from '../../shell/quoted.js';
import { UsageError } from '../errors.js';
import { makeFolder } from '../make-folder.js';
import { note, printJson } from '../output.js';
import { openPlan, type PlanSelection } from '../planned.js';
import { type RanksOption, withRanks } from '../ranks-option.js';
import { settingsOption, settingWords } from '../settings-option.js';
import { counted } from '../../words/counted.js';

interface SubmitOptions extends PlanSelection, Pick<RanksOption, 'ranks'> {
  readonly to: 'slurm';
  readonly time: string;
  readonly cores: string;
  readonly memory?: string;
  readonly parallel?: string;
  readonly runsPerTask: string;
  readonly sbatch: readonly string[];
  readonly scriptOnly?: boolean;
  readonly json?: boolean;
}

export function submitCommand(): Command {
  return new Command('submit')
    .description('hand the runs of a suite that are neither done nor under way to a cluster, as array jobs')
    .argument('<suite>', 'a suite file, in a folder that the cluster sees')
    .addOption(new Option('--to <cluster>', 'what the cluster runs').choices(['slurm']).makeOptionMandatory())
    .option('--only <glob>', 'only variants whose name fits')
    .option('--seeds <list>', "other seeds than the suite's, such as 0-4")
    .option('--out <dir>', 'where records go', 'experiments')
    .addOption(new Option('--device <device>', "instead of the suite's").choices(['auto', 'gpu', 'cpu', 'wasm']))
    .addOption(settingsOption())
    .option('--time <limit>', "a task's limit; it saves before and is queued again", '04:00:00')
    .option('--ranks <number>', "processes that train each run together, a task each, instead of the suite's")
    .option('--cores <number>', 'cores of a task', '4')
    .option('--memory <MiB>', 'memory of a task (default: by the largest network)')
    .option('--parallel <tasks>', 'tasks at a time (default: as many as the cluster gives)')
    .option('--runs-per-task <number>', 'runs that a task trains one after the other, for short ones', '1')
    .option('--sbatch <argument...>', 'more for sbatch, such as --sbatch=--partition=gpu', [])
    .option('--script-only', 'write the script, do not call sbatch')
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'after',
      `
Examples:
  ablate submit configs/suites/paper-resnet50.yaml --to slurm --device gpu --sbatch=--partition=gpu
  ablate status configs/suites/paper-resnet50.yaml`,
    )
    .action(submitAction);
}

async function submitAction(file: string, given: SubmitOptions): Promise<void> {
  const { options } = withRanks(given);
  const { opened, plan, runs, suiteFolder, standings } = await openPlan(file, options, true);
  const undone = runs.filter((run) => standings.get(run)?.state !== 'done' && run.awaits === null);
  const slurm = slurmView(suiteFolder);
  const left: PlannedRun[] = [];
  for (const run of undone) {
    const held = await holderOf(runFolder(suiteFolder, run.spec.variant, run.spec.seed));
    if (!held && !slurm?.taskOf(run.spec)) left.push(run);
  }
  const later = runs.filter(({ awaits }) => awaits !== null);
  if (later.length > 0)
    note(
      `${counted(later.length, 'run waits', 'runs wait')} for ${[...new Set(later.map(({ awaits }) => awaits))].join(' or ')}: submit again when these are done`,
    );
  if (left.length < undone.length) note(`${counted(undone.length - left.length, 'run')} queued or running, left alone`);
  if (left.length === 0) {
    note(
      undone.length === 0
        ? `nothing is left of ${counted(runs.length, 'run')}; records in ${suiteFolder}`
        : 'nothing to submit',
    );
    if (options.json)
      printJson({ schema: 'ablate/submit/1', runs: 0, script: null, answer: null, scripts: [], jobs: [] });
    return;
  }
  const job = jobOf(file, options, opened, left);
  const arrays = inArrays(job.runs, job.runsPerTask, maxArraySize());
  const scripts = arrays.map((_, at) => slurmScriptFile(options.out, opened.suite.name, arrays.length > 1 ? at : null));
  await makeFolder(suiteFolder);
  await writePlan(suiteFolder, plan.record);
  await makeFolder(dirname(scripts[0] as string));
  await refuseLinks(suiteFolder, dirname(scripts[0] as string));
  for (const [at, script] of scripts.entries()) {
    await writeWhole(script, slurmScript({ ...job, runs: arrays[at] as RunName[] }));
  }
  note(`${counted(left.length, 'run')} in ${scripts.join(', ')}`);
  const jobs: string[] = [];
  for (const [at, script] of options.scriptOnly ? [] : scripts.entries()) {
    const id = sbatch(script);
    await rememberJob(suiteFolder, { id, runsPerTask: job.runsPerTask, runs: arrays[at] as RunName[] });
    note(`submitted as job ${id}`);
    jobs.push(id);
  }
  const out = options.out === 'experiments' ? '' : ` --out ${quoted(options.out)}`;
  const next = options.scriptOnly
    ? scripts.map((script) => `sbatch ${quoted(script)}`).join(' && ')
    : command(['status', quoted(file), ...settingWords(options.set)].join(' ') + out);
  const answer = jobs.length === 0 ? null : jobs.map((id) => `Submitted batch job ${id}`).join('\n');
  if (options.json)
    printJson({ schema: 'ablate/submit/1', runs: left.length, script: scripts[0], answer, scripts, jobs });
  else note(`next: ${next}`);
}

function jobOf(file: string, options: SubmitOptions, { suite }: OpenedSuite, runs: readonly PlannedRun[]): SlurmJob {
  const largest = Math.max(...runs.map(neededBytes));
  return {
    suite: suite.name,
    program: join(packageFolder, 'bin', 'ablate.js'),
    suiteFile: resolve(file),
    recordsFolder: resolve(options.out),
    runs: runs.map(({ spec }) => spec),
    runsPerTask: positive('--runs-per-task', options.runsPerTask),
    settings: (options.set ?? []).map(({ text }) => text),
    device: options.device ?? null,
    ranks: suite.runner.ranks,
    cores: positive('--cores', options.cores),
    memoryMiB:
      options.memory === undefined ? Math.ceil((1.25 * largest) / 2 ** 20) : positive('--memory', options.memory),
    gpu: (options.device ?? suite.runner.device) === 'gpu',
    time: slurmTime(options.time),
    parallel: options.parallel === undefined ? null : positive('--parallel', options.parallel),
    extra: options.sbatch,
  };
}

/** Seconds; with less, most of a task's time is notice and start. */
const shortestLimit = 300;

function positive(option: string, text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new UsageError(`${option} takes a whole number above 0, found "${text}"`);
  return Number(text);
}

function slurmTime(text: string): string {
  if (/^(\d+-)?\d+(:\d\d){0,2}$/.test(text)) {
    const seconds = limitSeconds(text);
    if (seconds > 0 && seconds < shortestLimit)
      note(
        `--time ${text} is short: a task is told to save ${noticeSeconds} s before, and starting takes some of the rest`,
      );
    return text;
  }
  throw new UsageError(`--time takes Slurm's notation, such as 04:00:00 or 1-12:00:00, found "${text}"`);
}
