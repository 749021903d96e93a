import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildModel } from '../../architecture/build.js';
import { provenance, provenanceText } from '../../bench/provenance.js';
import { writeSection } from '../../bench/results-file.js';
import {
  type SideTurn,
  sidesFindings,
  sidesTable,
  type SuiteSides,
  timed,
  timesAsFast,
} from '../../bench/suite-sides.js';
import type { StepNetwork } from '../../bench/task.js';
import { beyondTorch, writeTorchSuite } from '../../bench/torch-suite.js';
import { openDatasets } from '../../data/open.js';
import { EnvironmentError } from '../../engine/engine.js';
import { networkOf } from '../../experiment/network.js';
import type { Share } from '../../experiment/share.js';
import { runFolder } from '../../records/folders.js';
import { orNull, readResult, readRun } from '../../records/read.js';
import { UsageError } from '../errors.js';
import { printJson, printText } from '../output.js';
import type { OpenedPlan } from '../planned.js';
import { textTable } from '../table.js';
import { createTicker } from '../ticker.js';

export interface TorchSuiteOptions {
  readonly torch: string;
  readonly tcmalloc?: string;
  readonly rounds: number;
  readonly json?: boolean;
  readonly markdown?: string;
  /** The words of the command line that choose and change the runs, for `ablate run`. */
  readonly selection: readonly string[];
}

/**
 * Trains a suite by this program and by `bench/suite_torch.py`, in turn, each timed from outside: from the suite's file to
 * the report, and from its task to its results.
 */
export async function benchSuiteTorch(
  file: string,
  { opened, runs }: OpenedPlan,
  share: Share,
  out: string,
  options: TorchSuiteOptions,
): Promise<void> {
  const { suite } = opened;
  const beyond = [...new Set(runs.flatMap(({ spec }) => beyondTorch(spec.recipe)))];
  if (beyond.length > 0)
    throw new UsageError(
      `PyTorch's side does not train with ${beyond.join(', ')}; bench/suite_torch.py says what it does, --set changes a field`,
    );
  const networks = networksOf(opened, new Set(runs.map(({ spec }) => spec.variant)));
  const ticker = createTicker();
  const sides: { ours: SideTurn[]; torch: SideTurn[] } = { ours: [], torch: [] };
  let about = '';
  let task = '';
  let engines: string[] = [];
  try {
    for (let round = 1; round <= options.rounds; round++) {
      const say = (side: string) => (line: string) =>
        ticker.show(`${side}, turn ${round} of ${options.rounds}: ${line}`);
      const folder = join(out, `turn-${round}`);
      sides.ours.push(await trainOurs(file, suite.name, folder, options.selection, runs, say('ablate')));
      ticker.say(`ablate ${sides.ours.at(-1)?.seconds.toFixed(1)} s`);
      if (round === 1) {
        const starts = engineStarts(join(folder, suite.name), runs);
        engines = starts.map(
          ({ engine }) =>
            `${engine.engine} ${engine.version}, ${engine.device}, ${engine.precision}, kernels ${engine.kernels}`,
        );
        task = await writeTorchSuite(out, {
          ...{ runs, share, networks },
          datasets: await openDatasets(suite.dataset, [...networks.values()][0]?.model.classes),
          precisions: new Map(starts.map(({ variant, engine }) => [variant, engine.precision])),
        });
      }
      const script = fileURLToPath(new URL('../../../bench/suite_torch.py', import.meta.url));
      const env: Record<string, string> = options.tcmalloc === undefined ? {} : { LD_PRELOAD: options.tcmalloc };
      const { seconds, output } = await timed([options.torch, script, task], { env, say: say('PyTorch') });
      const answer = JSON.parse(output) as { about: string; runs: SideTurn['runs'] };
      about = answer.about;
      sides.torch.push({ seconds, runs: answer.runs });
      ticker.say(`PyTorch ${seconds.toFixed(1)} s`);
      await rm(folder, { recursive: true });
    }
  } finally {
    ticker.close();
  }
  await publish(suite.name, sides, share, [...new Set(engines), about], options);
}

function networksOf(
  { variants, plugins, catalogue }: OpenedPlan['opened'],
  wanted: ReadonlySet<string>,
): Map<string, StepNetwork> {
  const chosen = variants.filter(({ variant }) => wanted.has(variant.name));
  return new Map(
    chosen.map(({ variant: { name }, spec }) => {
      const network = networkOf(spec, catalogue);
      return [name, { name, spec, plugins, network, model: buildModel(network) }];
    }),
  );
}

/** `ablate run` and `ablate report` as a person starts them, in processes of their own. */
async function trainOurs(
  file: string,
  name: string,
  folder: string,
  selection: readonly string[],
  runs: OpenedPlan['runs'],
  say: (line: string) => void,
): Promise<SideTurn> {
  await mkdir(folder, { recursive: true });
  const program = [process.execPath, process.argv[1] as string] as const;
  const trained = await timed([...program, 'run', file, '--out', folder, ...selection], { say });
  const reported = await timed([...program, 'report', join(folder, name), '--out', join(folder, 'report')], { say });
  return {
    seconds: trained.seconds + reported.seconds,
    runs: runs.map(({ spec: { variant, seed } }) => {
      const result = orNull(readResult(runFolder(join(folder, name), variant, seed)));
      if (result?.status !== 'done')
        throw new EnvironmentError(`${variant} seed ${seed} did not end; \`ablate run ${file}\` says why`);
      return { variant, seed, top1: result.top1, peakBytes: result.peakMemoryBytes };
    }),
  };
}

function engineStarts(suiteFolder: string, runs: OpenedPlan['runs']) {
  return runs.flatMap(({ spec: { variant, seed } }) => {
    const run = orNull(readRun(runFolder(suiteFolder, variant, seed)));
    return run ? [{ variant, engine: run.engine }] : [];
  });
}

async function publish(
  name: string,
  sides: SuiteSides,
  { parallel, threads }: Share,
  versions: readonly string[],
  { json, markdown, rounds }: TorchSuiteOptions,
): Promise<void> {
  const source = provenance(process.argv.slice(2), versions);
  const title = `A whole suite beside PyTorch: ${name}`;
  const method = `Both train the same road by the same recipe on the same pictures, in turn, ${rounds} times, timed from outside: ours from the suite's file to the report, PyTorch's program (bench/suite_torch.py) from pictures already decoded to its table of results.`;
  const table = sidesTable(sides);
  const findings = sidesFindings(sides, parallel);
  if (markdown)
    await writeSection(markdown, { id: `suite-torch-${name}`, title, provenance: source, method, table, findings });
  if (json)
    return printJson({
      schema: 'ablate/bench-suite-torch/1',
      suite: name,
      ...source,
      parallel,
      threads,
      ratio: timesAsFast(sides),
      ...sides,
    });
  printText(
    [textTable(table.columns, table.rows), '', ...findings, '', title, provenanceText(source), method].join('\n'),
  );
}
