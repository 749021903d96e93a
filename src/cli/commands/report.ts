import { stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { Command } from 'commander';
import { isMapping } from '../../config/merge.js';
import { readSource } from '../../config/source.js';
import { RecordsError, readSuite } from '../../report/read.js';
import type { Change } from '../../report/compare.js';
import type { Row } from '../../report/study.js';
import { type WrittenReport, writeReport } from '../../report/write.js';
import type { Family, Judged } from '../../statistics/family.js';
import type { PairedDifference } from '../../statistics/paired.js';
import { UsageError } from '../errors.js';
import { makeFolder } from '../make-folder.js';
import { note, printJson, printText } from '../output.js';
import { noPluginsOption } from '../plugins-option.js';
import { textTable } from '../table.js';
import { counted } from '../../words/counted.js';

interface ReportOptions {
  readonly out?: string;
  readonly experiments: string;
  readonly json?: boolean;
}

export function reportCommand(): Command {
  return new Command('report')
    .description('write figures, tables, Markdown and an HTML page from the records of a suite, finished or not')
    .argument('<suite>', 'a suite file, or a folder of records')
    .option('--out <dir>', 'where the report goes (default: reports/<suite name>)')
    .option('--experiments <dir>', 'where the records of suite files are', 'experiments')
    .addOption(noPluginsOption('changes nothing: a report reads records alone and runs no plug-in in any case'))
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'after',
      `
Examples:
  ablate report configs/suites/quickstart.yaml
  ablate report experiments/quickstart --out /tmp/report`,
    )
    .action(async (suite: string, options: ReportOptions) => {
      try {
        const folder = await recordsFolder(suite, options.experiments);
        const records = readSuite(folder);
        const out = options.out ?? join('reports', records.plan.suite);
        await makeFolder(out);
        const written = await writeReport(records, out);
        if (options.json) printJson(documentOf(written, folder, out));
        else printReport(written);
      } catch (error) {
        if (error instanceof RecordsError) throw new UsageError(error.message);
        throw error;
      }
    });
}

/** The folder itself, or that of the suite's name: the file need not be valid beyond its name to be reported on. */
async function recordsFolder(suite: string, experiments: string): Promise<string> {
  const found = await stat(suite).catch(() => null);
  if (!found) throw new UsageError(`${suite} does not exist; name a suite file or a folder of records`);
  if (found.isDirectory()) return suite;
  const { value } = await readSource(suite);
  const name: unknown = isMapping(value) ? value['name'] : null;
  if (typeof name !== 'string' || !/^[a-z0-9][a-z0-9-]*$/.test(name)) {
    throw new UsageError(
      `${suite} has no usable \`name:\`, so its records cannot be found; \`ablate validate ${suite}\` says what is wrong`,
    );
  }
  return join(experiments, name);
}

function printReport({ report, files }: WrittenReport): void {
  for (const { level, text } of report.notices) note(`${level}: ${text}`);
  const { columns, rows } = report.tables.steps;
  printText(
    [
      textTable(columns, rows),
      '',
      ...report.summary,
      '',
      `${counted(files.length, 'file')}, the page first: ${shown(files[0] as string)}`,
    ].join('\n'),
  );
}

/** As a person would type it from here. */
const shown = (file: string): string => {
  const path = relative('.', file);
  return path.startsWith('..') ? file : path;
};

function documentOf({ report, files }: WrittenReport, folder: string, out: string): object {
  const { study, notices, summary } = report;
  return {
    schema: 'ablate/report/1',
    suite: study.plan.suite,
    records: folder,
    out,
    files,
    notices,
    summary,
    testImages: study.testImages.length === 1 ? study.testImages[0] : null,
    judgement: judgementOf(study.family),
    rows: study.rows.map(rowOf),
    challenges: study.challenges.map(({ end, comparator, change, judged }) => ({
      variant: end.variant.name,
      against: comparator.variant.name,
      ...differenceOf(change.difference, judged, change),
    })),
  };
}

function judgementOf({ size, prior, usual, correction, margin, flips }: Family): object {
  return {
    comparisons: size,
    correction,
    margin,
    priorDegrees: Number.isFinite(prior.degrees) ? prior.degrees : null,
    priorSd: Math.sqrt(prior.variance),
    ...usual,
    signFlips: flips,
  };
}

function differenceOf(delta: PairedDifference | null, judged: Judged | null, change: Change | null): object {
  return {
    delta: delta && {
      mean: delta.mean,
      sd: delta.sd,
      moderatedSd: judged?.moderatedSd ?? null,
      interval: judged?.interval ?? null,
      intervalAlone: judged?.individual ?? null,
      pairs: delta.seeds.length,
      seeds: delta.seeds,
      p: judged?.adjustedP ?? null,
      pSignFlips: judged?.jointP ?? null,
      pEquivalent: judged?.equivalenceP ?? null,
    },
    verdict: judged?.verdict.verdict ?? null,
    why: judged?.verdict.why ?? null,
    because: change?.because ?? null,
    lean: judged?.lean ?? null,
    seedsNeeded: judged?.seedsNeeded ?? null,
  };
}

function rowOf({ variant, states, bySeed, top1, floor, delta, judged, change, ...row }: Row): object {
  return {
    variant: variant.name,
    parent: variant.parent,
    adopted: variant.adopted,
    sameAs: variant.sameAs ?? null,
    runs: states.map((state) => ({
      seed: state.seed,
      status: state.status,
      ...(state.status === 'failed' ? { reason: state.reason } : {}),
      ...(state.status === 'done' ? { top1: state.result.top1 } : {}),
    })),
    top1: top1 && { mean: top1.mean, sd: top1.sd, seeds: bySeed.size, testSetStandardError: floor },
    ...differenceOf(delta, judged, change),
    atChance: row.atChance,
    macs: variant.macs,
    deltaMacs: row.deltaMacs,
    params: variant.params,
    imagesPerSecond: row.imagesPerSecond?.mean ?? null,
  };
}
