/** The studies in reports/: what stands there is what their records say, and the records are of what their suites ask for. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openPlan } from '../../src/cli/planned.js';
import { readPredictions } from '../../src/records/predictions.js';
import { orNull, readPlan, readResult } from '../../src/records/read.js';
import { signed } from '../../src/report/format.js';
import { markdownReport } from '../../src/report/markdown.js';
import { rowPairs } from '../../src/report/pairs.js';
import { readSuite } from '../../src/report/read.js';
import { composeReport } from '../../src/report/report.js';
import { study } from '../../src/report/study.js';
import { runsCsv, stepsCsv } from '../../src/report/tables/steps.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (...path: string[]) => readFileSync(join(root, ...path), 'utf8');

const studies = 'reports/study';
const suites = readdirSync(join(root, studies, 'records'));
const reports = [
  { report: 'reports/fashion-mnist-road', records: 'reports/fashion-mnist-road/records' },
  ...suites.map((name) => ({ report: `${studies}/${name}`, records: `${studies}/records/${name}` })),
];

it.each(reports)('$report is what its committed records say, to the byte', ({ report: folder, records }) => {
  const report = composeReport(readSuite(join(root, records)));
  expect(markdownReport(report)).toBe(read(folder, 'report.md'));
  expect(stepsCsv(report.study)).toBe(read(folder, 'steps.csv'));
  expect(runsCsv(report.study)).toBe(read(folder, 'runs.csv'));
  for (const { name, csv } of report.figures) expect(csv, name).toBe(read(folder, `${name}.csv`));
});

describe.each(suites)('the records of %s', (name) => {
  const records = join(root, studies, 'records');
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
  const text = suites.map((name) => read(studies, name, 'report.md')).join('\n');
  const figuresIn = (some: string) => some.match(/[+−]?\d+\.\d+/g) ?? [];
  const changes = results.match(/[+−][\d.]+ points \([+−][\d.]+ to [+−][\d.]+/g) ?? [];

  it('has no figure that stands in no report', () => {
    const others = changes.reduce((left, change) => left.replace(change, ''), results);
    const reported = new Set(figuresIn(text));
    expect(figuresIn(others).filter((figure) => !reported.has(figure))).toEqual([]);
  });

  it('is, where it is a change with its interval, that of two networks, as the page has it', () => {
    const known = new Set(suites.flatMap(changesOnPage));
    expect(changes.length).toBeGreaterThan(3);
    expect(changes.filter((change) => !known.has(change))).toEqual([]);
  });

  it("stands, where it is in a table, in the report's rows of the same name", () => {
    for (const row of results.split('\n').filter((line) => line.startsWith('| '))) {
      const name = `${row.slice(0, row.indexOf(' |', 1))} `;
      const reported = new Set(text.split('\n').flatMap((line) => (line.startsWith(name) ? figuresIn(line) : [])));
      expect(
        figuresIn(row).filter((figure) => !reported.has(figure)),
        name,
      ).toEqual([]);
    }
  });
});

/** Every two networks, in both directions, as a sentence gives them. */
function changesOnPage(suite: string): string[] {
  const pairs = rowPairs(study(readSuite(join(root, studies, 'records', suite))));
  const words = (mean: number, low: number, high: number) =>
    `${signed(mean)} points (${signed(low)} to ${signed(high)}`;
  return pairs.flatMap(({ mean, interval }) =>
    interval ? [words(mean, ...interval), words(-mean, -interval[1], -interval[0])] : [],
  );
}

/** A variant as planned, without the hashes, which name the pictures too: those are not here. */
const withoutRuns = <Variant extends { runs: unknown }>({ runs: _, ...variant }: Variant): Omit<Variant, 'runs'> =>
  variant;
