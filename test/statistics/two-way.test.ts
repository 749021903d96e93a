import { describe, expect, it } from 'vitest';
import { createGenerator, type Generator } from '../../src/random/generator.js';
import { contrastPictureVariance, pairedPictureVariance, pictureVariance } from '../../src/statistics/pictures.js';
import { twoWay, twoWayIntervals } from '../../src/statistics/two-way.js';
import { unpairedDifference } from '../../src/statistics/unpaired.js';

/** A study whose parts are known: pictures that the change moves, seeds that shift all of them, and each answer's own luck. */
interface Truth {
  readonly seeds: number;
  readonly pictures: number;
  /** Sd over seeds of the share that is right after the change; of one picture's chance that the change moves it. */
  readonly seedSd: number;
  readonly moved: number;
}

/** Each picture is right with a chance of its own; after the change that chance is moved by +-`moved`, by a seed's shift too. */
function draw({ seeds, pictures, seedSd, moved }: Truth, random: Generator) {
  const signs = Array.from({ length: pictures }, () => (random.uniform() < 0.5 ? -1 : 1));
  const bits = (shift: number, by: number) =>
    Uint8Array.from(signs, (sign) => Number(random.uniform() < 0.5 + sign * by + shift));
  const all = Array.from({ length: seeds }, (_, seed) => seed);
  return {
    all,
    after: new Map(all.map((seed) => [seed, bits(seedSd * random.normal(), moved)] as const)),
    before: new Map(all.map((seed) => [seed, bits(0, 0)] as const)),
  };
}

/** In points squared: what the simulation puts into the variance of the mean difference. */
const partsOf = ({ seeds, pictures, seedSd, moved }: Truth) => ({
  seeds: (1e4 * seedSd ** 2) / seeds,
  pictures: (1e4 * moved ** 2) / pictures,
  both: (1e4 * (0.25 + 0.25 - moved ** 2 - seedSd ** 2)) / (seeds * pictures),
});

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('of simulated studies whose parts are known', () => {
  const studies = 150;

  it.each([
    { seeds: 5, pictures: 400, seedSd: 0.03, moved: 0.3 },
    { seeds: 8, pictures: 400, seedSd: 0.01, moved: 0.4 },
    { seeds: 3, pictures: 200, seedSd: 0.05, moved: 0.2 },
  ])('the stated parts are these on average, $seeds seeds and $pictures pictures', (truth) => {
    const random = createGenerator(1, 'two-way studies');
    const found = Array.from({ length: studies }, () => {
      const { after, before, all } = draw(truth, random);
      return twoWay(after, before, all)?.variance as { seeds: number; pictures: number; both: number };
    });
    const parts = partsOf(truth);
    // Of seeds the estimate has n - 1 degrees of freedom a study; cut off at 0 it is a little too large.
    const spread = 3 * Math.sqrt(2 / (truth.seeds - 1) / studies);
    const whole = parts.seeds + parts.both;
    expect(Math.abs(mean(found.map(({ seeds }) => seeds)) - parts.seeds)).toBeLessThan(
      spread * whole + 0.05 * parts.both,
    );
    expect(mean(found.map(({ pictures }) => pictures)) / parts.pictures).toBeCloseTo(1, 1);
    expect(mean(found.map(({ both }) => both)) / parts.both).toBeCloseTo(1, 1);
  });

  it('the bootstrap is as wide as its parts make it (Owen 2007)', () => {
    const truth = { seeds: 8, pictures: 400, seedSd: 0.03, moved: 0.3 };
    const random = createGenerator(2, 'two-way studies');
    const widths = Array.from({ length: 20 }, () => {
      const { after, before, all } = draw(truth, random);
      const interval = twoWayIntervals(after, before, all) as NonNullable<ReturnType<typeof twoWayIntervals>>;
      const sd = ([low, high]: readonly [number, number]) => ((high - low) / 3.92) ** 2;
      return { seeds: sd(interval.seeds), pictures: sd(interval.pictures), both: sd(interval.both) };
    });
    const parts = partsOf(truth);
    const seeds = ((parts.seeds + parts.both) * (truth.seeds - 1)) / truth.seeds;
    const pictures = parts.pictures + parts.both;
    // A seed's variance is known to a half from eight; means of 20 to a tenth.
    expect(mean(widths.map((one) => one.seeds)) / seeds).toBeGreaterThan(0.7);
    expect(mean(widths.map((one) => one.seeds)) / seeds).toBeLessThan(1.3);
    expect(mean(widths.map((one) => one.pictures)) / pictures).toBeCloseTo(1, 0);
    expect(mean(widths.map((one) => one.both)) / (seeds + pictures + parts.both)).toBeCloseTo(1, 0);
  });

  it('the part of the pictures is what the intervals hold, and of equal seeds the unpaired one is near it', () => {
    const { after, before, all } = draw(
      { seeds: 5, pictures: 4000, seedSd: 0.02, moved: 0.3 },
      createGenerator(3, 'two-way'),
    );
    const found = twoWay(after, before, all);
    expect((found?.variance.pictures as number) / (pictureVariance(after, before, all) as number)).toBeCloseTo(1, 2);
    const apart = contrastPictureVariance([
      { weight: 1, runs: [...after.values()] },
      { weight: -1, runs: [...before.values()] },
    ]) as number;
    expect(apart / (found?.variance.pictures as number)).toBeCloseTo(1, 1);
  });

  it('is for a contrast of several networks what independent pictures make it, and goes with the square of its weights', () => {
    const random = createGenerator(5, 'contrast');
    const pictures = 4000;
    // Whether a network has a picture right hangs on the picture alone for three in four, on the seed for the others.
    const network = (share: number) => {
      const sure = Array.from({ length: pictures }, () => Number(random.uniform() < share));
      return Array.from({ length: 4 }, () =>
        Uint8Array.from(sure, (one) => (random.uniform() < 0.75 ? one : Number(random.uniform() < 0.5))),
      );
    };
    const weights = [0.5, 0.5, -0.5, -0.5];
    const runs = weights.map((_, at) => network(0.5 + 0.1 * at));
    const found = contrastPictureVariance(weights.map((weight, at) => ({ weight, runs: runs[at] as Uint8Array[] })));
    const shares = weights.map((_, at) => 0.5 + 0.1 * at);
    // The true share of a picture is 0.875 or 0.125: its variance over pictures is 0.75² p (1 - p).
    const right = shares.reduce((sum, share) => sum + 0.25 * 0.75 ** 2 * share * (1 - share), 0);
    expect((found as number) / ((1e4 * right) / pictures)).toBeCloseTo(1, 1);
    const bySeed = (one: Uint8Array[]) => new Map(one.map((bits, seed) => [seed, bits]));
    const paired = (factor: number) =>
      pairedPictureVariance(
        weights.map((weight, at) => [factor * weight, bySeed(runs[at] as Uint8Array[])] as const),
        [0, 1, 2, 3],
      ) as number;
    expect(paired(1) / (found as number)).toBeCloseTo(1, 1);
    expect(paired(2) / paired(1)).toBeCloseTo(4, 9);
  });
});

it('equal arguments give equal intervals; too little gives none', () => {
  const { after, before, all } = draw({ seeds: 3, pictures: 50, seedSd: 0, moved: 0.1 }, createGenerator(4, 'two-way'));
  expect(twoWayIntervals(after, before, all)).toEqual(twoWayIntervals(after, before, all));
  expect(twoWay(after, before, [0])).toBeNull();
  expect(twoWay(after, before, [0, 9])).toBeNull();
  expect(twoWay(after, new Map([...before, [0, Uint8Array.of(1)]]), all)).toBeNull();
});

describe('an unpaired difference', () => {
  // scipy.stats.ttest_ind([81.2, 82.1, 81.7, 82.4], [80.1, 81.9, 80.6], equal_var=False), SciPy 1.17.1
  it("is Welch's", () => {
    const found = unpairedDifference([81.2, 82.1, 81.7, 82.4], [80.1, 81.9, 80.6]);
    expect(found).toMatchObject({
      p: expect.closeTo(0.1993932948192203, 9),
      degrees: expect.closeTo(2.9404095763133675, 9),
    });
    expect(found?.interval[0]).toBeCloseTo(-0.9355039711728175, 9);
    expect(found?.interval[1]).toBeCloseTo(2.902170637839486, 9);
  });

  it('is wider where the choice of pictures is part of it, and none of one seed', () => {
    const [a, b] = [
      [1, 2, 3],
      [2, 3, 5],
    ];
    const width = (pictures: number) => {
      const [low, high] = unpairedDifference(a, b, pictures)?.interval ?? [0, 0];
      return high - low;
    };
    expect(width(0.5)).toBeGreaterThan(width(0));
    expect(unpairedDifference([1], b)).toBeNull();
    expect(unpairedDifference([1, 1], [2, 2])).toBeNull();
  });
});
