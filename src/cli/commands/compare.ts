import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Command } from 'commander';
import { nearest } from '../../config/problem.js';
import { type Pair, pairOf, type PairSide, sideFrom } from '../../report/pair.js';
import { readPlanOf, RecordsError } from '../../report/read.js';
import { pairClasses, pairCosts, pairDesign, pairPictures, pairSentences } from '../../report/tables/pair.js';
import type { Table } from '../../report/tables/table.js';
import { UsageError } from '../errors.js';
import { printJson, printText } from '../output.js';
import { recordsFolder } from '../records-folder.js';
import { type SettingsOption, settingsOption } from '../settings-option.js';
import { textTable } from '../table.js';

interface CompareOptions extends SettingsOption {
  readonly in?: string;
  readonly experiments: string;
  readonly json?: boolean;
}

export function compareCommand(): Command {
  return new Command('compare')
    .description('set any two trained networks side by side, also of two suites: the second less the first')
    .argument('<before>', 'the folder of a network’s records, or with --in its name')
    .argument('<after>', 'another one')
    .option('--in <suite>', 'a suite file or a folder of records, whose networks the names are')
    .option('--experiments <dir>', 'where the records of suite files are', 'experiments')
    .addOption(settingsOption())
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'after',
      `
Examples:
  ablate compare kernel-size-7 kernel-size-9 --in configs/suites/fashion-mnist-road.yaml
  ablate compare experiments/fashion-mnist-road/gelu experiments/my-road/gelu`,
    )
    .action(async (before: string, after: string, options: CompareOptions) => {
      if (options.set && options.in === undefined)
        throw new UsageError('--set sets fields of the suite file that --in names; add --in SUITE, or leave --set out');
      try {
        const pair = pairOf(await sideOf(before, options), await sideOf(after, options));
        if (options.json) printJson(documentOf(pair));
        else printPair(pair);
      } catch (error) {
        if (error instanceof RecordsError) throw new UsageError(error.message);
        throw error;
      }
    });
}

/** A network by its name in `--in`, or by its folder. */
async function sideOf(text: string, options: CompareOptions): Promise<PairSide> {
  if (options.in !== undefined && !text.includes('/'))
    return sideIn(await recordsFolder(options.in, options.experiments, options.set), text);
  const folder = resolve(text);
  const found = await stat(folder).catch(() => null);
  if (!found?.isDirectory())
    throw new UsageError(
      `${text} is no folder of records; name one such as experiments/SUITE/NETWORK, or a network with --in SUITE`,
    );
  if (existsSync(join(folder, 'plan.json')))
    throw new UsageError(
      `${text} holds a whole suite; name one of its networks, ${join(text, 'NETWORK')}, or use --in ${text}`,
    );
  if (/^seed-\d+$/.test(basename(folder)) && !existsSync(join(dirname(folder), 'plan.json')))
    throw new UsageError(`${text} is a single run; networks are compared over their seeds: name ${dirname(text)}`);
  return sideIn(dirname(text), basename(folder));
}

function sideIn(folder: string, name: string): PairSide {
  const plan = readPlanOf(folder);
  const variant = plan.variants.find((one) => one.name === name);
  if (variant) return sideFrom(folder, plan, variant);
  const known = plan.variants.map((one) => one.name);
  const guess = nearest(name, known);
  throw new UsageError(
    `the plan in ${folder} has no network "${name}"; ${guess ? `did you mean "${guess}"?` : `it has ${known.join(', ')}`}`,
  );
}

function printPair(pair: Pair): void {
  const table = (title: string, found: Table | null) =>
    found ? ['', title, '', textTable(found.columns, found.rows)] : [];
  const { design } = pair;
  printText(
    [
      ...pairSentences(pair),
      ...table('Accuracy and cost', pairCosts(pair)),
      ...(design?.length === 0
        ? ['', 'The two designs do not differ.']
        : table('In what the designs differ', pairDesign(pair))),
      ...(design === null ? ['', 'A run.json is missing, so it cannot be told in what the designs differ.'] : []),
      '',
      ...pairPictures(pair),
      ...table('Class by class', pairClasses(pair)),
    ].join('\n'),
  );
}

function documentOf(pair: Pair): object {
  const { before, after, paired, unpaired, because, design, pictures } = pair;
  const difference = paired?.change.difference ?? null;
  return {
    schema: 'ablate/comparison/1',
    before: sideDocument(before),
    after: sideDocument(after),
    paired: paired && {
      seeds: difference?.seeds ?? [],
      differences: difference?.differences ?? [],
      unpaired: difference?.unpaired ?? [],
      leftOut: paired.change.unlike,
      mean: difference?.mean ?? null,
      sd: difference?.sd ?? null,
      picturesVariance: paired.change.comparison.pictures ?? null,
      interval: paired.judged.interval,
      p: paired.judged.adjustedP,
      verdict: because.length > 0 ? 'unresolved' : paired.judged.verdict.verdict,
      why: paired.judged.verdict.why,
    },
    unpaired,
    because,
    design,
    pictures: pictures && {
      churn: pictures.churn,
      mcNemar: pictures.mcNemar,
      doubt: pictures.doubt,
      classes: pictures.classes.map(({ name, start, end, difference: { mean }, judged }) => ({
        name,
        before: start,
        after: end,
        mean,
        interval: judged.interval,
        verdict: judged.verdict.verdict,
      })),
    },
  };
}

const sideDocument = ({ folder, suite, row, trainingSeconds }: PairSide): object => ({
  folder,
  suite,
  variant: row.variant.name,
  top1: row.top1,
  bySeed: Object.fromEntries(row.bySeed),
  macs: row.variant.macs,
  params: row.variant.params,
  imagesPerSecond: row.imagesPerSecond?.mean ?? null,
  peakMemoryBytes: row.peakMemoryBytes?.mean ?? null,
  trainingSeconds: trainingSeconds?.mean ?? null,
});
