/** Predictions on their way from the records into every form of the report, against SciPy, statsmodels and NumPy: test/fixtures/report/make_report.py. */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { reportDocument } from '../../src/cli/report-document.js';
import type { Predictions } from '../../src/records/predictions.js';
import { networksData } from '../../src/report/html/page-data.js';
import { type Pair, pairOf, sideFrom } from '../../src/report/pair.js';
import { readPlanOf, readSuite } from '../../src/report/read.js';
import { writeReport, type WrittenReport } from '../../src/report/write.js';
import { temporaryFolder, writeSynthetic } from './synthetic.js';

const fixture = (path: string) => JSON.parse(readFileSync(new URL(`../fixtures/${path}`, import.meta.url), 'utf8'));

interface Calibrated {
  error: number;
  byChance: number;
  overconfidence: number;
}
interface Reference {
  predicted: number[][];
  top1: number[];
  delta: { mean: number; sd: number; pictures: number; interval: number[]; p: number; picturesShare: number };
  churn: { start: number; end: number; equalSeeds: number; otherSeeds: number };
  mcNemar: { gained: number; lost: number; p: number }[];
  calibration: { start: Calibrated; end: Calibrated };
  classes: { start: number; end: number }[];
  confusions: { right: number; named: number; start: number; end: number }[];
  twoWay: { seeds: number; pictures: number; both: number };
}
const expected: Reference = fixture('report/report.json');
const { classes, label, networks } = fixture('statistics/predictions.json') as {
  classes: number;
  label: number[];
  networks: { confidence: number[] }[];
};

const predictionsOf = (at: number): Predictions => {
  const predicted = Uint32Array.from(expected.predicted[at] as number[]);
  return {
    classes,
    label: Uint32Array.from(label),
    predicted,
    // Of a picture that could not be read there is none.
    loss: Float32Array.from(predicted, (one, picture) =>
      one === classes ? Number.NaN : one === label[picture] ? 0.5 : 2,
    ),
    confidence: Float32Array.from(networks[at]?.confidence ?? []),
  };
};
const percent = (from: number) => expected.top1.slice(from, from + 3).map((share) => 100 * share);

let written: WrittenReport;
let markdown: string;
let pair: Pair;
// biome-ignore lint/suspicious/noExplicitAny: a document as its readers have it
let document: any;
beforeAll(async () => {
  const folder = await writeSynthetic({
    classes,
    variants: [
      { name: 'start', kind: 'base', top1: percent(0) },
      { name: 'end', parent: 'start', steps: ['end'], top1: percent(3) },
    ],
    predictions: (variant, seed) => predictionsOf(variant === 'start' ? seed : 3 + seed),
  });
  const out = await temporaryFolder();
  written = await writeReport(readSuite(folder), out);
  markdown = await readFile(join(out, 'report.md'), 'utf8');
  document = JSON.parse(JSON.stringify(reportDocument(written, folder, out)));
  const plan = readPlanOf(folder);
  const [start, end] = plan.variants.map((variant) => sideFrom(folder, plan, variant));
  pair = pairOf(start as never, end as never);
});

/** Cells of a line of a table of the Markdown. */
const line = (heading: string, first: string): string[] => {
  const lines = markdown.split(heading)[1]?.split('\n') ?? [];
  const found = lines.find((one) => one.startsWith(`| ${first} |`));
  return found?.split(' | ').map((cell) => cell.replaceAll('|', '').trim()) ?? [];
};
const signed = (value: number, digits: number) => `${value > 0 ? '+' : '−'}${Math.abs(value).toFixed(digits)}`;

describe('in the report as JSON, to 1e-9', () => {
  it('are the difference, its interval with the choice of pictures in it, and its p', () => {
    const { delta, verdict } = document.rows[1];
    const { mean, sd, interval, p, pictures } = expected.delta;
    expect(pictures).toBeGreaterThan(1);
    expect(delta.mean).toBeCloseTo(mean, 9);
    expect(delta.sd).toBeCloseTo(sd, 9);
    expect(delta.interval[0]).toBeCloseTo(interval[0] as number, 9);
    expect(delta.interval[1]).toBeCloseTo(interval[1] as number, 9);
    expect(delta.p).toBeCloseTo(p, 9);
    expect(verdict).toBe(p < 0.05 ? 'helps' : 'unresolved');
  });

  it('are churn, McNemar, the parts of the doubt and calibration', () => {
    const [start, end] = document.pictures;
    expect(start.churn).toBeCloseTo(expected.churn.start, 12);
    expect(end.churn).toBeCloseTo(expected.churn.end, 12);
    expect(end.step.churn).toBeCloseTo(expected.churn.equalSeeds, 12);
    expect(end.step.differing).toBe(expected.mcNemar.filter(({ p }) => p < 0.05).length);
    expect(end.step.seeds).toBe(3);
    expect(end.step.picturesShare).toBeCloseTo(expected.delta.picturesShare, 9);
    for (const part of ['error', 'byChance', 'overconfidence'] as const) {
      expect(start.calibration[part], part).toBeCloseTo(expected.calibration.start[part], 9);
      expect(end.calibration[part], part).toBeCloseTo(expected.calibration.end[part], 9);
    }
  });
});

describe('in the report as Markdown', () => {
  it('are a network picture by picture', () => {
    const share = (value: number, digits = 1) => (100 * value).toFixed(digits);
    const { churn, calibration, delta, mcNemar } = expected;
    expect(line('## Picture by picture', 'end')).toEqual([
      'end',
      share(churn.end),
      share(churn.equalSeeds),
      `${mcNemar.filter(({ p }) => p < 0.05).length} of 3`,
      `${share(1 - delta.picturesShare, 0)}%`,
      `${share(delta.picturesShare, 0)}%`,
      share(calibration.end.error),
      share(calibration.end.byChance),
      signed(100 * calibration.end.overconfidence, 1),
    ]);
  });

  it('are the classes and the confusions that changed most', () => {
    expected.classes.forEach(({ start, end }, at) => {
      const cells = line('## Picture by picture', `class ${at}`);
      expect(cells.slice(0, 4)).toEqual([`class ${at}`, start.toFixed(1), end.toFixed(1), signed(end - start, 1)]);
    });
    for (const { right, named, start, end } of expected.confusions)
      expect(markdown).toContain(
        `| class ${right} | class ${named} | ${start.toFixed(1)} | ${end.toFixed(1)} | ${signed(end - start, 1)} |`,
      );
  });
});

describe('in a comparison of the two', () => {
  it('are McNemar by seed, churn and the parts of the variance', () => {
    const { pictures } = pair;
    pictures?.mcNemar.forEach(({ gained, lost, p }, at) => {
      const other = expected.mcNemar[at] as Reference['mcNemar'][number];
      expect([gained, lost]).toEqual([other.gained, other.lost]);
      expect(Math.abs(p / other.p - 1)).toBeLessThan(1e-9);
    });
    expect(pictures?.mcNemar).toHaveLength(3);
    expect(pictures?.churn.before).toBeCloseTo(expected.churn.start, 12);
    expect(pictures?.churn.after).toBeCloseTo(expected.churn.end, 12);
    expect(pictures?.churn.equalSeeds).toBeCloseTo(expected.churn.equalSeeds, 12);
    expect(pictures?.churn.otherSeeds).toBeCloseTo(expected.churn.otherSeeds, 12);
    for (const part of ['seeds', 'pictures', 'both'] as const)
      expect(pictures?.doubt?.variance[part], part).toBeCloseTo(expected.twoWay[part], 9);
  });

  it('is the same interval on the page, where a reader chooses them', () => {
    const { pairs, networks: shown } = networksData(written.report.study);
    expect(pairs).toHaveLength(1);
    expect(pairs[0]?.interval?.[0]).toBeCloseTo(expected.delta.interval[0] as number, 4);
    expect(pairs[0]?.mean).toBeCloseTo(expected.delta.mean, 4);
    const mean = (side: number, at: number) =>
      [0, 1, 2].reduce((sum, seed) => sum + (shown[side]?.classes?.[seed]?.[at] ?? Number.NaN) / 3, 0);
    expected.classes.forEach(({ start, end }, at) => {
      expect(mean(0, at)).toBeCloseTo(start, 2);
      expect(mean(1, at)).toBeCloseTo(end, 2);
    });
  });
});
