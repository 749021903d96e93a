import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import type { DataTask } from '../../bench/data-worker.js';
import { type Contender, interleave } from '../../bench/interleave.js';
import { openDatasets } from '../../data/open.js';
import { timeStages } from '../../data/stages.js';
import { describeMachine } from '../../experiment/machine.js';
import { networkOf } from '../../experiment/network.js';
import { openSuite } from '../../experiment/suite.js';
import { UsageError } from '../errors.js';
import { note, printJson, printText } from '../output.js';
import { textTable } from '../table.js';

interface BenchDataOptions {
  readonly timm?: string;
  readonly threads: string;
  readonly batch: string;
  readonly batches: string;
  readonly rounds: string;
  readonly json?: boolean;
}

export function benchDataCommand(): Command {
  return new Command('data')
    .description(
      "time a suite's training pictures: pictures a second by stage and in all, beside timm's loader where a Python with timm is given",
    )
    .argument('<suite>', 'a suite file; no network is trained')
    .option('--timm <python>', 'a Python with timm; the dataset must be a folder with train/CLASS/PICTURE')
    .option('--threads <count>', 'threads, and workers of timm', '2')
    .option('--batch <pictures>', 'pictures a batch', '64')
    .option('--batches <count>', 'batches a turn', '8')
    .option('--rounds <count>', 'turns of every contender', '5')
    .option('--json', 'one JSON document on stdout')
    .addHelpText('after', '\nExample:\n  ablate bench data configs/suites/paper-resnet50.yaml --timm python3')
    .action(benchData);
}

async function benchData(file: string, options: BenchDataOptions): Promise<void> {
  const { suite, variants, catalogue } = await openSuite(file);
  const last = variants.at(-1);
  if (!last) throw new UsageError(`${file} has no networks`);
  const { resolution } = networkOf(last.spec, catalogue);
  const { recipe } = last;
  const batch = Number(options.batch);
  const { train } = await openDatasets(suite.dataset);
  const about = {
    augmentation: recipe.augmentation,
    evaluation: recipe.evaluation,
    labelSmoothing: recipe.label_smoothing,
  };
  note('warming up');
  await timeStages(train, resolution, about, batch);
  const stages = await timeStages(train, resolution, about, 2 * batch);

  const task: DataTask = { dataset: suite.dataset, recipe, resolution, batch, threads: Number(options.threads) };
  const folder = await mkdtemp(join(tmpdir(), 'ablate-bench-'));
  try {
    const path = join(folder, 'task.json');
    await writeFile(path, JSON.stringify(task));
    const counts = { rounds: Number(options.rounds), steps: Number(options.batches) };
    const { measured, dropped } = await interleave(contenders(path, options.timm), counts);
    for (const { name, reason } of dropped) note(`${name} did not run: ${reason}`);
    const totals = measured.map(({ name, median, peakBytes }) => ({
      name,
      picturesPerSecond: (1000 * batch) / median,
      peakBytes,
    }));
    const machine = describeMachine();
    const facts = { suite: file, recipe: recipe.name, resolution, batch, threads: task.threads, machine };
    if (options.json) return printJson({ schema: 'ablate/bench-data/1', ...facts, stages, totals });
    const rows = [
      ['read and decode, one thread', stages.decode.toFixed(0), ''],
      ['crop, resize, augment, one thread', stages.augment.toFixed(0), ''],
      ['normalise, erase, mix, one thread', stages.finish.toFixed(0), ''],
      ...totals.map(({ name, picturesPerSecond, peakBytes }) => [
        `${name}, ${task.threads} threads`,
        picturesPerSecond.toFixed(0),
        `${Math.round(peakBytes / 2 ** 20)}`,
      ]),
    ];
    const right = true;
    printText(textTable([{ heading: recipe.name }, { heading: 'pictures/s', right }, { heading: 'MiB', right }], rows));
    printText(`${machine.cpu}, ${machine.cores} cores; resolution ${resolution}, batch ${batch}, in turn, medians`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function contenders(task: string, timm: string | undefined): Contender[] {
  const worker = fileURLToPath(new URL('../../bench/data-worker.js', import.meta.url));
  const script = fileURLToPath(new URL('../../../bench/data_timm.py', import.meta.url));
  const ours: Contender = { name: 'ablate', command: [process.execPath, worker, task] };
  return timm ? [ours, { name: 'timm', command: [timm, script, task] }] : [ours];
}
