import { describe, expect, it } from 'vitest';
import type { RunRecord } from '../../src/records/run.js';
import { designDifferences } from '../../src/report/design.js';
import { pairOf, sideFrom } from '../../src/report/pair.js';
import { readPlanOf } from '../../src/report/read.js';
import { pairClasses, pairCosts, pairDesign, pairPictures, pairSentences } from '../../src/report/tables/pair.js';
import { type Synthetic, writeSynthetic } from './synthetic.js';

/** A suite's folder with networks `a` and `b`. */
const suite = (a: (number | null)[], b: (number | null)[], more: Partial<Synthetic> = {}) =>
  writeSynthetic({
    variants: [
      { name: 'a', kind: 'base', top1: a, macs: 20e6 },
      { name: 'b', parent: 'a', top1: b, macs: 30e6 },
    ],
    pictures: 200,
    change: (record) => ({ ...record, testImages: 200 }),
    ...more,
  });

const side = (folder: string, name: string) => {
  const plan = readPlanOf(folder);
  const variant = plan.variants.find((one) => one.name === name);
  if (!variant) throw new Error(name);
  return sideFrom(folder, plan, variant);
};

describe('two networks of one suite', () => {
  it('are paired by seed and judged by Student, the choice of pictures in the interval', async () => {
    const folder = await suite([80, 81, 82], [83, 84.5, 84.5], { pictures: undefined as unknown as number });
    const pair = pairOf(side(folder, 'a'), side(folder, 'b'));
    // Differences 3, 3.5, 2.5: mean 3, sd 0.5, t(0.975, 2) = 4.30265 and so ± 1.24207.
    expect(pair.paired?.judged.interval?.[0]).toBeCloseTo(3 - 1.24207, 4);
    expect(pair.paired?.judged.interval?.[1]).toBeCloseTo(3 + 1.24207, 4);
    expect(pairSentences(pair)[0]).toMatch(
      /^b less a: \+3\.00 points, between \+1\.76 and \+4\.24 .*: helps \(p 0\.0091\)/,
    );
    expect(pairPictures(pair)[0]).toContain('Not all of these runs keep predictions');
    const kept = await suite([80, 81, 82], [83, 84.5, 84.5]);
    const wide = pairOf(side(kept, 'a'), side(kept, 'b'));
    const width = ({ paired }: typeof wide) =>
      (paired?.judged.interval?.[1] ?? 0) - (paired?.judged.interval?.[0] ?? 0);
    expect(width(wide)).toBeGreaterThanOrEqual(width(pair));
    expect(pairPictures(wide).join(' ')).toMatch(/seed 0 \+\d+ −\d+, p .*Of the variance of the difference/s);
    expect(wide.pictures?.mcNemar.map(({ gained, lost }) => gained - lost)).toEqual([6, 7, 5]);
    expect(pairClasses(wide)?.rows).toHaveLength(10);
    expect(pairCosts(wide).rows[2]).toEqual(['MMACs', '20.0', '30.0', '+10.0']);
  });

  it('of which one has other seeds too are compared over the common ones, and that is said', async () => {
    const folder = await suite([80, 81, 82], [83, null, 84.5]);
    const pair = pairOf(side(folder, 'a'), side(folder, 'b'));
    expect(pair.paired?.change.difference).toMatchObject({ seeds: [0, 2], unpaired: [1] });
    expect(pairSentences(pair)[1]).toContain('only one of the two has 1');
    expect(pairSentences(pair)[0]).toContain('two seeds, not judged');
  });
});

describe('two networks of two suites', () => {
  it('of one name are two networks; without a common seed their means are compared (Welch)', async () => {
    const one = await suite([81.2, 82.1, 81.7, 82.4], [0, 0, 0, 0], {
      seeds: [0, 1, 2, 3],
      pictures: undefined as never,
    });
    const other = await suite([80.1, 81.9, 80.6], [0, 0, 0], {
      seeds: [7, 8, 9],
      suite: 'other',
      pictures: undefined as never,
    });
    const pair = pairOf(side(other, 'a'), side(one, 'a'));
    // As scipy.stats.ttest_ind has it for these, see test/statistics/two-way.test.ts.
    expect(pair.unpaired?.p).toBeCloseTo(0.1993932948, 9);
    expect(pairSentences(pair)[1]).toContain('No seed is common (7-9 and 0-3)');
    expect(pair.because).toEqual([]);
  });

  it('on other data get no verdict, and what differs in the design is listed', async () => {
    const one = await suite([80, 81, 82], [81, 82, 83]);
    const changed = (record: RunRecord): RunRecord => ({
      ...record,
      testImages: 200,
      datasetFingerprint: 'others',
      spec: {
        ...record.spec,
        network: { ...record.spec.network, steps: [{ id: 'gelu', options: {} }] },
        recipe: { ...record.spec.recipe, epochs: 9 },
      },
    });
    const other = await suite([90, 91, 92], [0, 0, 0], { suite: 'other', change: changed });
    const pair = pairOf(side(one, 'a'), side(other, 'a'));
    expect(pairSentences(pair)).toEqual(['a of other less a of made-up: +10.00 points, and no verdict: other data.']);
    expect(pairDesign(pair)?.rows).toEqual([
      ['recipe.epochs', '3', '9'],
      ['step gelu', '–', 'on'],
    ]);
    expect(pair.pictures?.classes).toEqual([]);
  });

  it('that are one run say so; one at chance and one without runs are not judged', async () => {
    const folder = await suite([10, 11, 10.5], [80, 81, 82]);
    expect(pairOf(side(folder, 'a'), side(folder, 'a')).because).toContain('they are the same runs');
    expect(pairOf(side(folder, 'a'), side(folder, 'b')).because).toEqual(['a is at chance']);
    const empty = await suite([null, null, null], [80, 81, 82], { suite: 'empty' });
    expect(pairSentences(pairOf(side(empty, 'a'), side(empty, 'b')))[0]).toBe(
      'Nothing can be compared: a has no finished run.',
    );
  });
});

it('designs that differ in the same fields differ in none of the others', () => {
  const record = (change: object): RunRecord =>
    ({
      spec: {
        network: { base: 'resnet-50', steps: [], resolution: 32, width: 1, stemStride: 2, classes: 10, ...change },
        recipe: { name: 'one', epochs: 3 },
        dataset: { name: 'fashion-mnist', root: '/somewhere' },
      },
    }) as unknown as RunRecord;
  expect(designDifferences(record({}), record({}))).toEqual([]);
  expect(
    designDifferences(record({}), record({ width: 0.5, steps: [{ id: 'kernel-size', options: { kernel: 9 } }] })),
  ).toEqual(
    expect.arrayContaining([
      { field: 'network.width', before: '1', after: '0.5' },
      { field: 'step kernel-size', before: null, after: '{"kernel":9}' },
    ]),
  );
});
