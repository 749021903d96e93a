import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { EnvironmentError } from '../../engine/engine.js';
import { packageFolder } from '../../experiment/machine.js';
import { neededBytes } from '../../experiment/share.js';
import { type SlurmJob, slurmScript, slurmScriptFile } from '../../experiment/slurm.js';
import { writePlan } from '../../records/write.js';
import { UsageError } from '../errors.js';
import { makeFolder } from '../make-folder.js';
import { note, printJson } from '../output.js';
import { openPlan, type PlanSelection } from '../planned.js';
import { counted } from '../../words/counted.js';

interface SubmitOptions extends PlanSelection {
  readonly to: 'slurm';
  readonly time: string;
  readonly cores: string;
  readonly memory?: string;
  readonly parallel?: string;
  readonly sbatch: readonly string[];
  readonly scriptOnly?: boolean;
  readonly json?: boolean;
}

export function submitCommand(): Command {
  return new Command('submit')
    .description('hand the runs of a suite that are not done to a cluster: one array job, a run a task')
    .argument('<suite>', 'a suite file, in a folder that the cluster sees')
    .addOption(new Option('--to <cluster>', 'what the cluster runs').choices(['slurm']).makeOptionMandatory())
    .option('--only <glob>', 'only variants whose name fits')
    .option('--seeds <list>', "other seeds than the suite's, such as 0-4")
    .option('--out <dir>', 'where records go', 'experiments')
    .addOption(new Option('--device <device>', "instead of the suite's").choices(['auto', 'gpu', 'cpu', 'wasm']))
    .option('--time <limit>', "a task's limit; it saves before and is queued again", '04:00:00')
    .option('--cores <number>', 'cores of a task', '4')
    .option('--memory <MiB>', 'memory of a task (default: by the largest network)')
    .option('--parallel <tasks>', 'tasks at a time (default: as many as the cluster gives)')
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

async function submitAction(file: string, options: SubmitOptions): Promise<void> {
  const { opened, plan, runs, suiteFolder, standings } = await openPlan(file, options, true);
  const left = runs.filter((run) => standings.get(run)?.state !== 'done');
  const script = slurmScriptFile(options.out, opened.suite.name);
  if (left.length === 0) {
    note(`nothing is left of ${counted(runs.length, 'run')}; records in ${suiteFolder}`);
    if (options.json) printJson({ schema: 'ablate/submit/1', runs: 0, script: null, answer: null });
    return;
  }
  const largest = Math.max(...left.map(neededBytes));
  const job: SlurmJob = {
    suite: opened.suite.name,
    program: join(packageFolder, 'bin', 'ablate.js'),
    suiteFile: resolve(file),
    recordsFolder: resolve(options.out),
    runs: left.map(({ spec }) => spec),
    device: options.device ?? null,
    cores: positive('--cores', options.cores),
    memoryMiB:
      options.memory === undefined ? Math.ceil((1.25 * largest) / 2 ** 20) : positive('--memory', options.memory),
    gpu: (options.device ?? opened.suite.runner.device) === 'gpu',
    time: slurmTime(options.time),
    parallel: options.parallel === undefined ? null : positive('--parallel', options.parallel),
    extra: options.sbatch,
  };
  await makeFolder(suiteFolder);
  await writePlan(suiteFolder, plan.record);
  await makeFolder(dirname(script));
  await writeFile(script, slurmScript(job));
  note(`${counted(left.length, 'run')} in ${script}`);
  const answer = options.scriptOnly ? null : sbatch(script);
  if (answer !== null) note(answer);
  if (options.json) printJson({ schema: 'ablate/submit/1', runs: left.length, script, answer });
  else note(`next: ${answer === null ? `sbatch ${script}` : `ablate status ${file}`}`);
}

/** What sbatch answers: the number of the job. Throws an `EnvironmentError` where it is missing or refuses. */
function sbatch(script: string): string {
  const { status, stdout, stderr, error } = spawnSync('sbatch', [script], { encoding: 'utf8' });
  if (error) {
    throw new EnvironmentError(
      `sbatch cannot be run here: ${error.message}.\nNext: on a machine that has it, sbatch ${script}`,
    );
  }
  if (status !== 0) throw new EnvironmentError(`sbatch refused ${script}: ${stderr.trim()}`);
  return stdout.trim();
}

function positive(option: string, text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new UsageError(`${option} takes a whole number above 0, found "${text}"`);
  return Number(text);
}

function slurmTime(text: string): string {
  if (/^(\d+-)?\d+(:\d\d){0,2}$/.test(text)) return text;
  throw new UsageError(`--time takes Slurm's notation, such as 04:00:00 or 1-12:00:00, found "${text}"`);
}
