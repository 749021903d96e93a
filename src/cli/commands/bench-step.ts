import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Command, Option } from 'commander';
import { buildModel } from '../../architecture/build.js';
import { interleave } from '../../bench/interleave.js';
import { type Provenance, provenance, provenanceText } from '../../bench/provenance.js';
import { writeSection } from '../../bench/results-file.js';
import { type StepContender, stepContenders } from '../../bench/step-contenders.js';
import { writeStart } from '../../bench/same-start.js';
import { stepFigure } from '../../bench/step-figure.js';
import { type StepRow, stepRow } from '../../bench/step-rows.js';
import { rowLine, stepFindings, stepTable } from '../../bench/step-table.js';
import { type StepNetwork, type StepSize, stepTask } from '../../bench/task.js';
import type { Precision } from '../../engine/engine.js';
import { networkOf } from '../../experiment/network.js';
import { counted } from '../../words/counted.js';
import { createCatalogue } from '../../roadmap/catalogue.js';
import { Exit, exitCodes, UsageError } from '../errors.js';
import { addNamedNetworkOptions, baseOf, type NamedNetworkOptions, specOf, whole } from '../network-options.js';
import { makeFolder } from '../make-folder.js';
import { openSuiteHere } from '../open-suite.js';
import { printJson, printText } from '../output.js';
import { fits, fitsNone } from '../select.js';
import { textTable } from '../table.js';
import { type NetworkProfile, printProfiles, printProfilesAsJson, profileNetwork } from '../step-profiles.js';
import { createTicker, type Ticker } from '../ticker.js';
import { checkPictureFile, writeFigure } from '../write-figure.js';
import { type SettingsOption, settingsOption } from '../settings-option.js';

interface BenchStepOptions extends NamedNetworkOptions, SettingsOption {
  readonly torch?: string;
  readonly tcmalloc?: string;
  readonly torchCompile?: boolean;
  readonly wasm?: boolean;
  readonly xla?: boolean;
  readonly device: 'cpu' | 'gpu';
  readonly only?: string;
  readonly batch?: number;
  readonly threads: number;
  readonly rounds: number;
  readonly steps?: number;
  readonly precision: Precision;
  readonly profile?: boolean;
  readonly json?: boolean;
  readonly chart?: string;
  readonly markdown?: string;
}

export function benchStepCommand(): Command {
  const command = new Command('step')
    .description(
      'time the training step of every network of a suite, or of one network, beside PyTorch where a Python with torch is given; in turn, medians',
    )
    .argument('[suite]', 'a suite file; its data is not needed')
    .optionsGroup('Instead of a suite:');
  return addNamedNetworkOptions(command)
    .optionsGroup('Options:')
    .option('--torch <python>', 'a Python with torch, and timm for Swin')
    .option('--tcmalloc <library>', 'PyTorch also with this allocator preloaded, such as libtcmalloc_minimal.so.4')
    .option('--torch-compile', 'PyTorch also by torch.compile')
    .option('--wasm', 'also the wasm engine')
    .option('--xla', 'also steps that XLA compiles')
    .addOption(new Option('--device <device>', 'where all of them run').choices(['cpu', 'gpu']).default('cpu'))
    .option('--only <glob>', 'only variants whose name fits')
    .option('--batch <pictures>', 'pictures a step (default: 64; 8 from 128 pixels on)', whole)
    .option('--threads <count>', 'threads of each contender', whole, 2)
    .option('--rounds <count>', 'turns of every contender', whole, 7)
    .option('--steps <count>', 'steps a turn (default: 3; 1 from 128 pixels on)', whole)
    .addOption(new Option('--precision <type>').choices(['float32', 'bfloat16', 'bfloat16x3']).default('float32'))
    .option(
      '--profile',
      'instead: where the time of our step goes, by kind and by part of the network, beside the floor that the machine sets',
    )
    .addOption(settingsOption())
    .option('--json', 'one JSON document on stdout')
    .option('--chart <file>', 'draw it: .svg or .png, with its numbers beside it as .csv')
    .option('--markdown <file>', 'put it into this file, in place of its former self, with the chart beside it')
    .addHelpText(
      'after',
      `
Examples:
  ablate bench step configs/suites/quickstart.yaml --torch python3
  ablate bench step configs/suites/paper-resnet50.yaml --torch python3 --tcmalloc libtcmalloc_minimal.so.4
  ablate bench step configs/suites/paper-resnet50.yaml --only resnet-50 --precision bfloat16 --profile
  ablate bench step --model convnext-tiny --resolution 224 --batch 8 --torch python3 --torch-compile`,
    )
    .action((suite: string | undefined, options: BenchStepOptions) => benchStep(suite, options));
}

async function benchStep(file: string | undefined, options: BenchStepOptions): Promise<void> {
  if (options.markdown !== undefined) await makeFolder(dirname(options.markdown));
  if (options.tcmalloc?.includes('/') && !existsSync(options.tcmalloc))
    throw new UsageError(`--tcmalloc ${options.tcmalloc}: there is no such file`);
  if (options.chart !== undefined) checkPictureFile(options.chart);
  const { title, networks } = await networksOf(file, options);
  const sizes = networks.map((network) => sizeOf(network, options));
  if (options.profile) return profileSteps(networks, sizes, options);
  const ticker = createTicker();
  const rows: StepRow[] = [];
  try {
    for (const [at, network] of networks.entries()) {
      const place = `${at + 1}/${networks.length} ${network.name}`;
      const size = sizes[at] as Measurement;
      rows.push(await measure(network, size, options, (text) => ticker.show(`${place}: ${text}`)));
      ticker.say(`${at + 1}/${networks.length} ${rowLine(rows.at(-1) as StepRow)}`);
    }
  } finally {
    ticker.close();
  }
  await publish(title, sizes[0] as Measurement, rows, options, ticker);
  const missing = rows.filter(({ measured }) => !measured.some(({ side }) => side === 'ablate'));
  if (missing.length > 0) throw new Exit(exitCodes.someFailed);
}

/** What compares contenders has no part in a profile. */
const COMPARING = ['torch', 'tcmalloc', 'torchCompile', 'wasm', 'chart', 'markdown'] as const;

async function profileSteps(
  networks: readonly StepNetwork[],
  sizes: readonly Measurement[],
  options: BenchStepOptions,
): Promise<void> {
  const other = COMPARING.find((name) => options[name] !== undefined);
  if (other !== undefined) {
    const flag = other.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new UsageError(`--profile takes our step apart and compares with nobody; leave --${flag} out`);
  }
  const { rounds, steps, ...size } = sizes[0] as Measurement;
  const count = rounds * steps;
  const ticker = createTicker();
  const profiles: NetworkProfile[] = [];
  try {
    for (const [at, network] of networks.entries()) {
      ticker.show(`${at + 1}/${networks.length} ${network.name}`);
      profiles.push(await profileNetwork(network, size, count));
    }
  } finally {
    ticker.close();
  }
  const source = provenance(process.argv.slice(2), [...new Set(profiles.map(({ profile }) => profile.about))]);
  const print = options.json ? printProfilesAsJson : printProfiles;
  print(profiles, size, count, source);
}

/** How one network is measured. */
interface Measurement extends StepSize {
  readonly resolution: number;
  readonly rounds: number;
  readonly steps: number;
}

/** Large pictures take seconds a step: small batches, and one step a turn. */
const largeFrom = 128;
export const defaultBatch = (resolution: number): number => (resolution >= largeFrom ? 8 : 64);

function sizeOf({ model }: StepNetwork, { batch, threads, precision, rounds, steps }: BenchStepOptions): Measurement {
  const resolution = model.input[0] as number;
  const large = resolution >= largeFrom;
  return {
    resolution,
    batch: batch ?? defaultBatch(resolution),
    threads,
    precision,
    rounds,
    steps: steps ?? (large ? 1 : 3),
  };
}

async function networksOf(
  file: string | undefined,
  options: BenchStepOptions,
): Promise<{ title: string; networks: StepNetwork[] }> {
  const base = baseOf(options);
  if ((file === undefined) === (base === undefined))
    throw new UsageError('name a suite file, or one network with --model, or with --base and --with');
  if (base !== undefined) {
    const spec = specOf(base, options);
    const network = networkOf(spec, createCatalogue());
    const name = [base, ...(options.with ? [options.with] : [])].join('+');
    return { title: name, networks: [{ name, spec, plugins: [], network, model: buildModel(network) }] };
  }
  const { suite, variants, plugins, catalogue } = await openSuiteHere(file as string, options);
  const networks: StepNetwork[] = [];
  const seen = new Set<string>();
  for (const { variant, spec } of variants.filter(({ variant }) => fits(options.only)(variant.name))) {
    const network = networkOf(spec, catalogue);
    const model = buildModel(network);
    // The same network under another recipe takes the same time.
    const { tree, swin } = stepTask(
      { name: '', spec, plugins, network, model },
      { batch: 1, threads: 1, precision: 'float32' },
    );
    const identity = JSON.stringify([tree, swin]);
    if (!seen.has(identity)) networks.push({ name: variant.name, spec, plugins, network, model });
    seen.add(identity);
  }
  if (networks.length > 0) return { title: suite.name, networks };
  throw fitsNone(
    options.only,
    variants.map(({ variant }) => variant.name),
  );
}

async function measure(
  network: StepNetwork,
  { rounds, steps, ...size }: Measurement,
  options: BenchStepOptions,
  show: (text: string) => void,
): Promise<StepRow> {
  const folder = await mkdtemp(join(tmpdir(), 'ablate-bench-'));
  try {
    const path = join(folder, 'task.json');
    const task = stepTask(network, size);
    await writeFile(path, JSON.stringify(task));
    const start = join(folder, 'start.safetensors');
    if (options.torch !== undefined) await writeStart(start, task, network.network, network.model);
    const contenders = stepContenders(task, path, start, options);
    const { measured, dropped } = await interleave(contenders, {
      rounds,
      steps,
      onTurn: ({ name, round }) => show(round === 0 ? `${name} warms up` : `${name}, turn ${round} of ${rounds}`),
    });
    const sides = new Map(contenders.map(({ name, side }: StepContender) => [name, side]));
    const withSides = measured.map((one) => ({ ...one, side: sides.get(one.name) as StepContender['side'] }));
    return stepRow(network.name, withSides, dropped);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function publish(
  title: string,
  size: Measurement,
  rows: readonly StepRow[],
  options: BenchStepOptions,
  ticker: Ticker,
): Promise<void> {
  const { resolution, batch, threads, precision, rounds, steps } = size;
  const versions = rows.flatMap(({ measured }) => measured.map(({ about }) => about)).sort();
  const source = provenance(process.argv.slice(2), versions);
  const what = `${title}, ${resolution}×${resolution} pixels, batch ${batch}, ${precision}, ${counted(threads, 'thread')}`;
  const figure = stepFigure(`Training step: ${title}`, subtitle(size, source), rows);
  // A part of the networks, or other contenders, do not take the place of the whole table.
  const apart = [
    options.only,
    options.wasm && 'wasm',
    options.torchCompile && 'torch-compile',
    options.xla && 'xla',
    options.device === 'gpu' && 'gpu',
  ].filter(Boolean);
  const name = ['step', title, resolution, batch, precision, threads, ...apart].join('-').replace(/[^\w.-]+/g, '-');
  const method = `Forward pass, backward pass and AdamW from the same first weights and pictures; every contender in turn, ${counted(steps, 'step')} a turn for ${counted(rounds, 'turn')} after a warm-up; medians ± half the interquartile range, and each process's peak memory.`;
  if (options.chart) for (const path of await writeFigure(options.chart, figure)) ticker.say(`wrote ${path}`);
  if (options.markdown) {
    await writeFigure(join(dirname(options.markdown), `${name}.svg`), figure);
    await writeSection(options.markdown, {
      id: name,
      title: `Training step: ${what}`,
      provenance: source,
      method,
      table: stepTable(rows),
      findings: stepFindings(rows, batch),
      picture: { file: `${name}.svg`, alt: figure.alt },
    });
    ticker.say(`wrote ${options.markdown}`);
  }
  if (options.json) return printJson({ schema: 'ablate/bench-step/1', network: title, ...size, ...source, rows });
  const { columns, rows: cells } = stepTable(rows);
  printText(
    [textTable(columns, cells), '', ...stepFindings(rows, batch), what, provenanceText(source), method].join('\n'),
  );
}

const subtitle = ({ resolution, batch, threads, precision }: Measurement, { machine, date }: Provenance): string =>
  `${resolution}×${resolution} pixels · batch ${batch} · ${precision} · ${counted(threads, 'thread')} · ${machine.cpu} · ${date} · right: PyTorch's best over ours`;
