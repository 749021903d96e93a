import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { buildModel } from '../../architecture/build.js';
import { type Bottleneck, describeBottleneck, findBottleneck, type Rates } from '../../bench/bottleneck.js';
import type { DataTask } from '../../bench/data-worker.js';
import { type Contender, interleave, type Measured } from '../../bench/interleave.js';
import { provenance } from '../../bench/provenance.js';
import { writeSection } from '../../bench/results-file.js';
import { measureStep, type StepRate } from '../../bench/measure-step.js';
import { countCost } from '../../cost/count.js';
import { openDatasets } from '../../data/open.js';
import { type Stages, timeStages } from '../../data/stages.js';
import { usualThreads } from '../../data/threads/preparer.js';
import { checkDevice } from '../../engine/available.js';
import type { Device } from '../../engine/engine.js';
import { describeMachine } from '../../experiment/machine.js';
import { networkOf } from '../../experiment/network.js';
import type { OpenedSuite, SuiteVariant } from '../../experiment/suite.js';
import type { Table } from '../../report/tables/table.js';
import { UsageError } from '../errors.js';
import { whole } from '../network-options.js';
import { openSuiteHere } from '../open-suite.js';
import { note, printJson, printText } from '../output.js';
import { fits, fitsNone } from '../select.js';
import { textTable } from '../table.js';
import { counted } from '../../words/counted.js';
import { type SettingsOption, settingsOption } from '../settings-option.js';

interface BenchDataOptions extends SettingsOption {
  readonly timm?: string;
  readonly only?: string;
  readonly model?: string;
  readonly device?: Device;
  readonly step: boolean;
  readonly threads?: number;
  readonly batch: number;
  readonly batches: number;
  readonly rounds: number;
  readonly markdown?: string;
  readonly json?: boolean;
}

export function benchDataCommand(): Command {
  return new Command('data')
    .description(
      "time a suite's training pictures by stage and in all, and say whether they or the network limit training; beside timm's loader where a Python with timm is given",
    )
    .argument('<suite>', 'a suite file')
    .option('--only <glob>', 'the network to compare with: of those that fit, and of all, the one with the fewest MACs')
    .option('--model <name>', "instead: a network by name, at the suite's resolution and width")
    .addOption(
      new Option('--device <device>', "where its step is timed, instead of the suite's").choices([
        'auto',
        'gpu',
        'cpu',
        'wasm',
        'webgpu',
      ]),
    )
    .option('--no-step', 'time the pictures only')
    .option('--timm <python>', 'a Python with timm; the dataset must be a folder with train/CLASS/PICTURE')
    .option(
      '--threads <count>',
      'threads, and workers of timm (default: those that a run alone here would have)',
      whole,
    )
    .option('--batch <pictures>', 'pictures a batch', whole, 64)
    .option('--batches <count>', 'batches a turn', whole, 8)
    .option('--rounds <count>', 'turns of every contender', whole, 5)
    .option('--markdown <file>', 'also write the result into its section of this file')
    .addOption(settingsOption())
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'after',
      `
Examples:
  ablate bench data configs/suites/quickstart.yaml
  ablate bench data my-suite.yaml --model convnext-base --device gpu
  ablate bench data my-suite.yaml --timm python3 --threads 2`,
    )
    .action(benchData);
}

async function benchData(file: string, options: BenchDataOptions): Promise<void> {
  const opened = await openSuiteHere(file, options);
  const { suite } = opened;
  const chosen = chooseNetwork(opened, options, file);
  const { variant, spec, recipe } = chosen;
  const { resolution } = networkOf(spec, opened.catalogue);
  const { batch } = options;
  const { train } = await openDatasets(suite.dataset);
  const { augmentation, evaluation } = recipe;
  const machine = describeMachine();
  const preparation = { resolution, augmentation, evaluation, fill: [0, 0, 0] as const, small: train.size !== null };
  const threads = options.threads ?? usualThreads(preparation, machine.cores);

  note('timing the stages');
  const about = { augmentation, evaluation, labelSmoothing: recipe.label_smoothing };
  await timeStages(train, resolution, about, batch);
  const stages = await timeStages(train, resolution, about, 2 * batch);
  note('timing the pipeline');
  const measured = await timePipelines({ dataset: suite.dataset, recipe, resolution, batch, threads }, options);
  const totals = measured.map(
    ({ name, median, peakBytes, firstPeakBytes }): Total => ({
      name,
      picturesPerSecond: (1000 * batch) / median,
      peakBytes,
      firstPeakBytes,
    }),
  );
  const data = totals.find(({ name }) => name === 'ablate')?.picturesPerSecond;
  const step =
    options.step && data !== undefined ? await timeStep(opened, chosen, options.device, machine.cores) : null;
  const rates: Rates | null =
    step && data !== undefined
      ? { ...step, step: step.picturesPerSecond, data, threads, finish: stages.finish, cores: machine.cores }
      : null;
  const bottleneck: Bottleneck | null = rates && findBottleneck(rates);
  const verdict = rates && bottleneck && describeBottleneck(variant.name, rates, bottleneck);

  const stepRow = step
    ? [[`training step of ${variant.name}, batch ${step.batch}`, step.picturesPerSecond.toFixed(1), '', '']]
    : [];
  const right = true;
  const table: Table = {
    columns: [
      { heading: 'what' },
      ...['pictures/s', 'MiB after one turn', `after ${options.rounds}`].map((heading) => ({ heading, right })),
    ],
    rows: [...stageRows(stages), ...totals.map((total) => totalRow(total, threads)), ...stepRow],
  };
  const what = `${recipe.name} at ${resolution}×${resolution}, batch ${batch}`;
  if (options.markdown) {
    await writeSection(options.markdown, {
      id: `data-${suite.name}-${recipe.name}-${resolution}-${batch}-${threads}`,
      title: `Training pictures: ${what}, on ${counted(machine.cores, 'core')}`,
      provenance: provenance(
        process.argv.slice(2),
        measured.map(({ about }) => about),
      ),
      method: `${counted(train.length, 'picture')} of ${train.name}, from files to normalised batches; contenders in turn, ${counted(options.batches, 'batch', 'batches')} a turn for ${counted(options.rounds, 'turn')}, medians; memory is each contender's peak so far.`,
      table,
      findings: verdict ? [verdict] : [],
    });
    note(`wrote ${options.markdown}`);
  }
  if (options.json) {
    return printJson({
      schema: 'ablate/bench-data/2',
      ...{ suite: file, network: variant.name, recipe: recipe.name, resolution, batch, threads, machine },
      stages,
      totals,
      step,
      bottleneck: bottleneck && { ...bottleneck, sentence: verdict },
    });
  }
  printText(textTable(table.columns, table.rows));
  printText(`${machine.cpu}, ${counted(machine.cores, 'core')}; ${what}, in turn, medians`);
  if (verdict) printText(`\n${verdict}`);
}

/** The network that asks for the most pictures a second, of those that the options leave. */
function chooseNetwork({ variants, catalogue }: OpenedSuite, { only, model }: BenchDataOptions, file: string) {
  if (only !== undefined && model !== undefined)
    throw new UsageError('--model names a network by itself; leave --only out');
  const last = variants.at(-1);
  if (!last) throw new UsageError(`${file} has no networks`);
  if (model !== undefined) {
    return { ...last, variant: { ...last.variant, name: model }, spec: { ...last.spec, base: model, steps: [] } };
  }
  const left = variants.filter(({ variant }) => fits(only)(variant.name));
  const macs = (one: SuiteVariant) => countCost(buildModel(networkOf(one.spec, catalogue))).macs;
  const [first, ...others] = left.map((one) => ({ one, macs: macs(one) }));
  if (!first) {
    throw fitsNone(
      only,
      variants.map(({ variant }) => variant.name),
    );
  }
  return others.reduce((least, next) => (next.macs <= least.macs ? next : least), first).one;
}

async function timePipelines(task: DataTask, options: BenchDataOptions): Promise<Measured[]> {
  const folder = await mkdtemp(join(tmpdir(), 'ablate-bench-'));
  try {
    const path = join(folder, 'task.json');
    await writeFile(path, JSON.stringify(task));
    const counts = { rounds: options.rounds, steps: options.batches };
    const { measured, dropped } = await interleave(contenders(path, options.timm), counts);
    for (const { name, reason } of dropped) note(`${name} did not run: ${reason}`);
    return measured;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function timeStep(
  { suite, catalogue, plugins }: OpenedSuite,
  { variant, spec, recipe }: SuiteVariant,
  wanted: Device | undefined,
  threads: number,
): Promise<(StepRate & { readonly shared: boolean }) | null> {
  const device = wanted ?? suite.runner.device;
  const { engine, gpu } = checkDevice(device);
  const shared = !gpu && device !== 'webgpu';
  const { recompute, compiler } = suite.runner;
  const network = { name: variant.name, spec, recipe, recompute, compiler, plugins, catalogue };
  note(`timing the training step of ${variant.name} on ${gpu ? 'the GPU' : engine}`);
  try {
    return { ...(await measureStep(network, { device, threads, onCpu: shared })), shared };
  } catch (error) {
    note(`the step could not be timed: ${(error as Error).message}`);
    return null;
  }
}

const stageRows = ({ decode, augment, finish }: Stages): string[][] => [
  ['read and decode, one thread', decode.toFixed(0), '', ''],
  ['crop, resize, augment, one thread', augment.toFixed(0), '', ''],
  ['normalise, erase, mix, one thread', finish.toFixed(0), '', ''],
];

interface Total {
  readonly name: string;
  readonly picturesPerSecond: number;
  readonly peakBytes: number;
  readonly firstPeakBytes: number;
}

function totalRow({ name, picturesPerSecond, peakBytes, firstPeakBytes }: Total, threads: number): string[] {
  const makers = threads === 0 ? 'no thread of its own' : counted(threads, 'thread');
  return [`${name}, ${makers}`, picturesPerSecond.toFixed(0), mebibytes(firstPeakBytes), mebibytes(peakBytes)];
}

const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)}`;

function contenders(task: string, timm: string | undefined): Contender[] {
  const worker = fileURLToPath(new URL('../../bench/data-worker.js', import.meta.url));
  const script = fileURLToPath(new URL('../../../bench/data_timm.py', import.meta.url));
  const ours: Contender = { name: 'ablate', command: [process.execPath, worker, task] };
  return timm ? [ours, { name: 'timm', command: [timm, script, task] }] : [ours];
}
