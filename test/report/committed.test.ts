import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { markdownReport } from '../../src/report/markdown.js';
import { readSuite } from '../../src/report/read.js';
import { composeReport } from '../../src/report/report.js';
import { runsCsv, stepsCsv } from '../../src/report/tables/steps.js';

const folder = fileURLToPath(new URL('../../reports/fashion-mnist-road/', import.meta.url));
const committed = (name: string) => readFileSync(`${folder}${name}`, 'utf8');

it('the committed study is what its committed records say, to the byte', () => {
  const report = composeReport(readSuite(`${folder}records`));
  expect(markdownReport(report)).toBe(committed('report.md'));
  expect(stepsCsv(report.study)).toBe(committed('steps.csv'));
  expect(runsCsv(report.study)).toBe(committed('runs.csv'));
  for (const { name, csv } of report.figures) expect(csv, name).toBe(committed(`${name}.csv`));
});
