/** The studies in reports/: what stands there is what their records say, and the records are of what their suites ask for. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openPlan } from '../../src/cli/planned.js';
import { readPredictions } from '../../src/records/predictions.js';
import { orNull, readPlan, readResult } from '../../src/records/read.js';
import { markdownReport } from '../../src/report/markdown.js';
import { readSuite } from '../../src/report/read.js';
import { composeReport } from '../../src/report/report.js';
import { runsCsv, stepsCsv } from '../../src/report/tables/steps.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (...path: string[]) => readFileSync(join(root, ...path), 'utf8');

const study = 'reports/study';
const suites = readdirSync(join(root, study, 'records'));
const reports = [
  { report: 'reports/fashion-mnist-road', records: 'reports/fashion-mnist-road/records' },
  ...suites.map((name) => ({ report: `${study}/${name}`, records: `${study}/records/${name}` })),
];

it.each(reports)('$report is what its committed records say, to the byte', ({ report: folder, records }) => {
  const report = composeReport(readSuite(join(root, records)));
  expect(markdownReport(report)).toBe(read(folder, 'report.md'));
  expect(stepsCsv(report.study)).toBe(read(folder, 'steps.csv'));
  expect(runsCsv(report.study)).toBe(read(folder, 'runs.csv'));
  for (const { name, csv } of report.figures) expect(csv, name).toBe(read(folder, `${name}.csv`));
});

describe.each(suites)('the records of %s', (name) => {
  const records = join(root, study, 'records');
  const recorded = readdirSync(join(records, name), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('result.json'))
    .map((path) => dirname(path));

  it('are of the networks, recipes and pictures that its suite asks for, each by its hash', async () => {
    const { plan, runs, standings } = await openPlan(
      join(root, `configs/suites/${name}.yaml`),
      { out: records },
      false,
    );
    const done = runs.filter((run) => standings.get(run)?.state === 'done');
    expect(done.map(({ spec }) => `${spec.variant}/seed-${spec.seed}`).sort()).toEqual([...recorded].sort());
    const committed = orNull(readPlan(join(records, name)));
    expect(committed?.tuning?.chosen).toEqual(plan.record.tuning?.chosen);
    expect(committed?.variants.map(withoutRuns)).toEqual(plan.record.variants.map(withoutRuns));
  });

  it('have the accuracies that their pictures, one by one, give', () => {
    for (const path of recorded) {
      const folder = join(records, name, path);
      const result = orNull(readResult(folder));
      if (result?.status !== 'done') throw new Error(`${path} is not done`);
      const predictions = orNull(readPredictions(folder, result));
      // Trials keep none.
      if (path.includes('@')) expect(predictions, path).toBeNull();
      else {
        const right = predictions?.predicted.filter((one, at) => one === predictions.label[at]).length;
        expect(right, path).toBe(Math.round(10_000 * result.top1));
      }
    }
  });
});

describe('what docs/study.md gives as a result', () => {
  const [, results = ''] = read('docs/study.md').split('\n## What came out\n');
  const lines = suites
    .map((name) => join(study, name, 'report.md'))
    .filter((path) => existsSync(join(root, path)))
    .flatMap((path) => read(path).split('\n'));
  const figuresIn = (text: string) => text.match(/[+−]?\d+\.\d+/g) ?? [];
  const figures = (text: readonly string[]) => new Set(text.flatMap(figuresIn));

  it('stands in a report, every figure of it', () => {
    const reported = figures(lines);
    expect(figuresIn(results).filter((figure) => !reported.has(figure))).toEqual([]);
  });

  it("stands, where it is in a table, in the report's rows of the same name", () => {
    for (const row of results.split('\n').filter((line) => line.startsWith('| '))) {
      const name = row.slice(0, row.indexOf(' |', 1) + 2);
      const reported = figures(lines.filter((line) => line.startsWith(name)));
      expect(
        figuresIn(row).filter((figure) => !reported.has(figure)),
        name,
      ).toEqual([]);
    }
  });
});

/** A variant as planned, without the hashes, which name the pictures too: those are not here. */
const withoutRuns = <Variant extends { runs: unknown }>({ runs: _, ...variant }: Variant): Omit<Variant, 'runs'> =>
  variant;
