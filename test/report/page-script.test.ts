/** The page's script on the data that the page gives it: what it says of two networks is what the records and `ablate compare` say. */
import { createContext, runInContext } from 'node:vm';
import { beforeAll, describe, expect, it } from 'vitest';
import { networksData, scriptJson, type PageData } from '../../src/report/html/page-data.js';
import { pageScript } from '../../src/report/html/script.js';
import { pairOf, sideFrom } from '../../src/report/pair.js';
import { readPlanOf, readSuite } from '../../src/report/read.js';
import { study, type Study } from '../../src/report/study.js';
import { writeSynthetic } from './synthetic.js';

interface Script {
  differenceOf(
    data: Data,
    before: number,
    after: number,
  ): { mean: number; interval: [number, number] | null; verdict: string | null };
  sentencesOf(data: Data, before: number, after: number): string[];
  costsOf(data: Data, before: number, after: number, difference: unknown): string[][];
  classesOf(data: Data, before: number, after: number, difference: unknown): string[][];
  boxAt(boxes: number[][], x: number, y: number): number;
}
type Data = Omit<PageData, 'figures'>;

const nothing = { querySelectorAll: () => [], getElementById: () => null, querySelector: () => null };
const script = createContext({ document: nothing }) as unknown as Script;
runInContext(pageScript(), script as object);

const seeds = [0, 1, 2, 3, 4];
const variants = [
  { name: 'base', kind: 'base' as const, top1: [80, 80.4, 79.8, 80.1, 80.2], macs: 20e6 },
  { name: 'gelu', parent: 'base', top1: [83, 83.2, 83.1, 82.9, 83.3], macs: 21e6 },
  { name: 'norms', parent: 'gelu', top1: [83.1, 82.7, 83.4, 83, null], macs: 12.5e6, params: 0.75e6 },
  // The road's end: that less the base is one of the differences that the report judges.
  { name: 'last', parent: 'norms', top1: [83, 82.9, 83.3, 83.1, 83.2], macs: 12.5e6, params: 0.75e6 },
];
let folder: string;
let made: Study;
let data: Data;
beforeAll(async () => {
  folder = await writeSynthetic({ suite: 'three', variants, seeds, pictures: 1000 });
  made = study(readSuite(folder));
  data = JSON.parse(scriptJson(networksData(made)));
});

describe('two networks, chosen', () => {
  it('that the report judges have its interval and verdict, both ways round', () => {
    const [, gelu] = made.rows;
    const there = script.differenceOf(data, 0, 1);
    expect(there.mean).toBeCloseTo(gelu?.delta?.mean ?? Number.NaN, 4);
    expect(there.interval?.[0]).toBeCloseTo(gelu?.judged?.interval?.[0] ?? Number.NaN, 4);
    expect(there.verdict).toBe('helps');
    const back = script.differenceOf(data, 1, 0);
    expect(back.mean).toBe(-there.mean);
    expect(back.interval).toEqual([-(there.interval?.[1] ?? 0), -(there.interval?.[0] ?? 0)]);
    expect(back.verdict).toBe('hurts');
    expect(script.sentencesOf(data, 0, 1)[1]).toContain('together with those of all other comparisons');
  });

  it('that it does not judge have what `ablate compare` gives', () => {
    const plan = readPlanOf(folder);
    const [base, , norms] = plan.variants.map((variant) => sideFrom(folder, plan, variant));
    const { paired } = pairOf(base as never, norms as never);
    const found = script.differenceOf(data, 0, 2);
    expect(found.mean).toBeCloseTo(paired?.change.difference?.mean ?? Number.NaN, 4);
    expect(found.interval?.[0]).toBeCloseTo(paired?.judged.interval?.[0] ?? Number.NaN, 4);
    expect(found.interval?.[1]).toBeCloseTo(paired?.judged.interval?.[1] ?? Number.NaN, 4);
    expect(script.sentencesOf(data, 0, 2)).toEqual([
      expect.stringMatching(/^norms less base: \+2\.98 points, between \+\d\.\d\d and \+\d\.\d\d with 95%: helps\.$/),
      expect.stringMatching(/^Paired by 4 seeds: 0-3\. It is one comparison, judged alone/),
    ]);
    expect(script.sentencesOf(data, 2, 0)[0]).toMatch(/^base less norms: −2\.98 points, between −.*: hurts\.$/);
  });

  it('have their costs beside each other, in units that a person reads', () => {
    const rows = script.costsOf(data, 0, 2, script.differenceOf(data, 0, 2));
    expect(rows.slice(0, 3)).toEqual([
      ['top-1, %', '80.10', '83.05', '+2.98'],
      ['MACs', '20.0 M', '12.5 M', '−7.50 M'],
      ['parameters', '1.00 M', '750 k', '−250 k'],
    ]);
  });

  it('have every class with its gain over the seeds of both: those of the predictions', () => {
    const classes = script.classesOf(data, 0, 2, script.differenceOf(data, 0, 2));
    expect(classes).toHaveLength(10);
    // Of as many pictures each, classes gain on average what the whole does.
    const gains = classes.map(([, , , gain]) => Number(gain?.replace('−', '-')));
    expect(gains.reduce((sum, gain) => sum + gain, 0) / 10).toBeCloseTo(2.98, 0);
    expect(gains).toEqual([...gains].sort((a, b) => b - a));
    const [name = '', before] = classes[0] ?? [];
    const place = data.classes.indexOf(name);
    const shares = [0, 1, 2, 3].map((seed) => data.networks[0]?.classes?.[seed]?.[place] ?? Number.NaN);
    expect(Number(before)).toBeCloseTo(shares.reduce((sum, one) => sum + one, 0) / 4, 1);
  });

  it('without a judged pair have the difference and the command that judges it', () => {
    const without = { ...data, pairs: [] };
    expect(script.sentencesOf(without, 0, 1)).toEqual([
      'gelu less base: +3.00 points.',
      'Paired by 5 seeds: 0-4. How sure that is says `ablate compare base gelu --in three`.',
    ]);
    expect(script.sentencesOf(data, 1, 1)).toEqual(['Choose two networks that differ.']);
  });
});

it('a place belongs to the nearest of the boxes around it', () => {
  const boxes = [
    [0, 0, 20, 20],
    [10, 0, 20, 20],
    [100, 100, 5, 5],
  ];
  expect(script.boxAt(boxes, 12, 10)).toBe(0);
  expect(script.boxAt(boxes, 18, 10)).toBe(1);
  expect(script.boxAt(boxes, 50, 50)).toBe(-1);
});
