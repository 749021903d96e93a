import { describe, expect, it } from 'vitest';
import { createGenerator } from '../../src/random/generator.js';
import { pairingOf, skewnessLimit, skewnessOf } from '../../src/statistics/assumptions.js';
import { type Comparison, judgeFamily } from '../../src/statistics/family.js';
import { nullDistribution } from '../../src/statistics/null-distribution.js';
import { pairedDifference } from '../../src/statistics/paired.js';
import { seedsFor } from '../../src/statistics/power.js';
import { bySeed } from './reference.js';
import { contrasts, networks, steps } from './road.js';

/** Steps of a road from normal errors of one spread; `effects` in points. */
function drawn(effects: readonly number[], { seeds = 5, sd = 0.3, stream = 'drawn' } = {}): Comparison[] {
  const random = createGenerator(3, stream);
  let level = 80;
  const results = [0, ...effects].map((effect) => {
    level += effect;
    return bySeed(Array.from({ length: seeds }, () => level + sd * random.normal()));
  });
  return effects.map((_, at) => ({
    terms: [
      [String(at + 1), 1],
      [String(at), -1],
    ],
    difference: pairedDifference(results[at + 1] as Map<number, number>, results[at] as Map<number, number>),
  }));
}
const verdicts = (family: ReturnType<typeof judgeFamily>) =>
  family.judged.map(({ verdict }) => verdict.why ?? verdict.verdict);

describe('critical values on the road of 16 steps', () => {
  const table: [d0: number, ...byCount: [simultaneous: number, individual: number][]][] = [
    [1, [8.99, 3.26], [5.35, 2.59], [4.17, 2.31], [3.85, 2.23]],
    [2, [6.84, 2.89], [4.86, 2.48], [4.0, 2.27], [3.78, 2.21]],
    [4, [5.44, 2.61], [4.33, 2.35], [3.81, 2.22], [3.63, 2.17]],
    [8, [4.65, 2.45], [3.9, 2.24], [3.6, 2.15], [3.48, 2.13]],
    [Number.POSITIVE_INFINITY, [3.95, 2.29], [3.31, 2.1], [3.11, 2.03], [3.08, 2.02]],
  ];

  it.each(table)('are those of 100,000 draws, d0 = %s', (d0, ...byCount) => {
    [3, 5, 8, 10].forEach((n, at) => {
      const [simultaneous, individual] = byCount[at] as [number, number];
      const tolerance = n === 3 ? 0.05 : 0.03;
      const found = nullDistribution(contrasts(n), d0);
      expect(Math.abs(found.simultaneous(0.95, n) / simultaneous - 1)).toBeLessThan(tolerance);
      expect(Math.abs(found.individual(0.95, n) / individual - 1)).toBeLessThan(tolerance);
      expect(found.adjustedP(found.simultaneous(0.95, n), n)).toBeCloseTo(0.05, 3);
    });
  });

  it("are Student's for one comparison, and the same every time", () => {
    const [one] = contrasts(3);
    const alone = nullDistribution([one as typeof contrasts extends (n: number) => (infer C)[] ? C : never], 0);
    expect(alone.simultaneous(0.95, 3)).toBeCloseTo(4.302652729749464, 10);
    const twice = [0, 1].map(() => nullDistribution(contrasts(3), 3).simultaneous(0.95, 3));
    expect(twice[0]).toBe(twice[1]);
  });

  it('leave a comparison of few seeds to itself: the others pay little for it', () => {
    const mixed = contrasts(8).map((contrast, at) => (at === 0 ? { ...contrast, seeds: [0, 1, 2] } : contrast));
    const [all, some] = [nullDistribution(contrasts(8), 4), nullDistribution(mixed, 4)];
    expect(some.simultaneous(0.95, 8)).toBeLessThan(1.06 * all.simultaneous(0.95, 8));
    expect(some.simultaneous(0.95, 3)).toBeGreaterThan(1.2 * some.simultaneous(0.95, 8));
  });
});

describe('the committed study, 16 steps with three seeds', () => {
  const family = judgeFamily(steps());
  const t = steps().map(
    ({ difference }, at) => ((difference?.mean ?? 0) / (family.judged[at]?.moderatedSd ?? 1)) * Math.sqrt(3),
  );

  it('has the prior, critical values and moderated t that the simulation printed', () => {
    expect(Math.abs(family.prior.degrees - 4.5111)).toBeLessThan(1e-4);
    expect(Math.abs(family.prior.variance - 0.844975)).toBeLessThan(1e-4);
    expect(Math.abs((family.usual?.simultaneous ?? 0) / 5.27 - 1)).toBeLessThan(0.05);
    expect(Math.abs((family.usual?.individual ?? 0) / 2.57 - 1)).toBeLessThan(0.05);
    for (const [step, value] of [
      ...[[0, 6.779] as const, [3, -9.54] as const, [12, 12.386] as const],
      ...[[4, 4.89] as const, [6, -2.901] as const, [11, 4.253] as const, [14, -2.685] as const],
    ])
      expect(Math.abs((t[step] as number) - value)).toBeLessThan(1e-3);
  });

  it('resolves three steps, lets four lean, and names no other', () => {
    expect(family.judged.flatMap(({ verdict }, at) => (verdict.why === null ? [[at, verdict.verdict]] : []))).toEqual([
      [0, 'helps'],
      [3, 'hurts'],
      [12, 'helps'],
    ]);
    expect(family.judged.flatMap(({ lean }, at) => (lean ? [[at, lean]] : []))).toEqual([
      [4, 'up'],
      [6, 'down'],
      [11, 'up'],
      [14, 'down'],
    ]);
    const [low, high] = family.judged[12]?.interval ?? [0, 0];
    expect(Math.abs((high - low) / 2 / 2.54 - 1)).toBeLessThan(0.05);
  });

  it('says what speaks for and against its assumptions', () => {
    expect(skewnessOf(networks)?.value).toBeCloseTo(-0.18, 3);
    expect(pairingOf(networks)?.correlation).toBeCloseTo(0.0486, 3);
  });
});

describe('verdicts', () => {
  it('are helps, hurts and unresolved, and stand on the interval alone', () => {
    const family = judgeFamily(drawn([3, 0, -3, 0, 0.1]));
    expect(verdicts(family)).toEqual(['helps', 'interval holds 0', 'hurts', 'interval holds 0', 'interval holds 0']);
    for (const { interval, verdict } of family.judged)
      expect((interval?.[0] ?? 0) > 0 || (interval?.[1] ?? 0) < 0).toBe(verdict.why === null);
  });

  it('are equivalent where the interval lies within a margin named before, and never without one', () => {
    const small = drawn([0, 0, 0, 0], { sd: 0.05, seeds: 8 });
    expect(verdicts(judgeFamily(small, { margin: 0.5 }))).toEqual(Array(4).fill('equivalent'));
    expect(verdicts(judgeFamily(small))).toEqual(Array(4).fill('interval holds 0'));
    expect(verdicts(judgeFamily(drawn([0, 0], { sd: 1 }), { margin: 0.5 }))).toEqual(Array(2).fill('interval holds 0'));
  });

  it('are none for what cannot be judged, which is then no part of the family', () => {
    const plain = drawn([3, 0, -3, 0]);
    const with_ = (change: Partial<Comparison>): Comparison[] => [...plain, { ...(plain[1] as Comparison), ...change }];
    const one = pairedDifference(bySeed([81]), bySeed([80]));
    const cases: [Partial<Comparison>, string][] = [
      [{ exempt: 'at chance' }, 'at chance'],
      [{ exempt: 'not comparable' }, 'not comparable'],
      [{ exempt: 'changes nothing' }, 'changes nothing'],
      [{ difference: null }, 'no pairs'],
      [{ difference: one }, 'one seed'],
    ];
    for (const [change, why] of cases) {
      const family = judgeFamily(with_(change));
      expect(verdicts(family).at(-1)).toBe(why);
      expect(family.judged.at(-1)?.interval).toBeNull();
      expect({ ...family, judged: family.judged.slice(0, 4) }).toEqual(judgeFamily(plain));
    }
  });

  it('are none where seeds decide nothing, and none of two seeds however far apart', () => {
    const same = pairedDifference(bySeed([82, 82.1, 82.3]), bySeed([80, 80.1, 80.3]));
    const terms = [['1', 1] as const, ['0', -1] as const];
    expect(verdicts(judgeFamily([{ terms, difference: same }]))).toEqual(['no spread']);
    const two = judgeFamily(drawn([9, 9, 9, 9], { seeds: 2, sd: 0.01 }));
    expect(verdicts(two)).toEqual(Array(4).fill('two seeds'));
    expect(two.judged[0]?.interval).not.toBeNull();
  });

  it('are none of a difference that no seed changes, and it tells nothing of the spread of others', () => {
    const plain = drawn([3, 0, -3, 0, 0, 2], { seeds: 3 });
    const repeat = pairedDifference(bySeed([82, 82.1, 82.3]), bySeed([82, 82.1, 82.3]));
    const terms = [['7', 1] as const, ['6', -1] as const];
    const family = judgeFamily([...plain, { terms, difference: repeat, pictures: 0.01 }]);
    expect(verdicts(family).at(-1)).toBe('no spread');
    expect({ ...family, judged: family.judged.slice(0, 6) }).toEqual(judgeFamily(plain));
  });

  it('lean at three to five seeds only', () => {
    const leans = (seeds: number) =>
      Array.from({ length: 8 }, (_, k) => judgeFamily(drawn([1, 0, -1, 0, 0.6], { seeds, stream: `${k}` })))
        .flatMap(({ judged }) => judged)
        .filter(({ lean }) => lean !== null).length;
    expect(leans(3)).toBeGreaterThan(1);
    expect(leans(6)).toBe(0);
  });

  it('are promised, with so many seeds, of a change that the test pictures are counted in', () => {
    const plain = drawn([1, 0, -1, 0, 2], { seeds: 5 });
    const [none, some] = [0, 0.3 ** 2].map((pictures) => judgeFamily(plain.map((one) => ({ ...one, pictures }))).usual);
    const squared = ({ resolvable, simultaneous }: NonNullable<typeof none>) =>
      (resolvable / (simultaneous + 0.9)) ** 2;
    expect(some?.simultaneous).toBe(none?.simultaneous);
    expect(squared(some as NonNullable<typeof some>)).toBeCloseTo(squared(none as NonNullable<typeof none>) + 0.09, 9);
  });

  it('count the test pictures inside the interval, and only without predictions hold a floor against it', () => {
    const [step] = drawn([0.4], { seeds: 8, sd: 0.1 });
    const of = (change: Partial<Comparison>) => judgeFamily([{ ...(step as Comparison), ...change }]).judged[0];
    expect(of({})?.verdict.verdict).toBe('helps');
    expect(of({ floor: 0.6 })?.verdict.why).toBe('below the floor');
    expect(of({ floor: 0.6, pictures: 0 })?.verdict.verdict).toBe('helps');
    const wide = of({ floor: 0.6, pictures: 0.2 ** 2 });
    expect(wide?.verdict.why).toBe('interval holds 0');
    const reach = ([low, high]: readonly number[]) => ((high as number) - (low as number)) / 2;
    expect(reach(wide?.interval ?? [])).toBeCloseTo(Math.hypot(reach(of({})?.interval ?? []), 2.364624 * 0.2), 5);
  });

  it('of Benjamini and Hochberg find more, on intervals that leave out 0 just there', () => {
    const random = createGenerator(5, 'discovery');
    const comparisons = drawn(
      Array.from({ length: 12 }, () => (random.uniform() < 0.6 ? 0.75 : 0)),
      { seeds: 6 },
    );
    const count = (correction: 'family-wise' | 'false-discovery') =>
      judgeFamily(comparisons, { correction }).judged.filter(({ verdict }) => verdict.why === null).length;
    expect(count('false-discovery')).toBeGreaterThan(count('family-wise'));
    for (const { interval, verdict } of judgeFamily(comparisons, { correction: 'false-discovery' }).judged)
      expect((interval?.[0] ?? 0) > 0 || (interval?.[1] ?? 0) < 0).toBe(verdict.why === null);
  });

  it('stand beside a joint sign-flip p from six seeds', () => {
    expect(judgeFamily(drawn([3, 0], { seeds: 5 })).flips).toBeNull();
    const six = judgeFamily(drawn([3, 0], { seeds: 6 }));
    expect(six.flips).toEqual({ smallest: 2 ** -5, monteCarloError: 0 });
    expect(six.judged[0]?.jointP).toBe(2 ** -5);
    expect(judgeFamily(drawn([3, 0], { seeds: 41 })).flips?.monteCarloError).toBeGreaterThan(0);
  });

  it('come for hundreds of steps with 41 seeds', () => {
    const family = judgeFamily(drawn([5, ...Array(149).fill(0)], { seeds: 41 }));
    expect(family.size).toBe(150);
    expect(family.judged[0]?.verdict.verdict).toBe('helps');
    expect(family.judged.slice(1).filter(({ verdict }) => verdict.why === null).length).toBeLessThan(2);
  });
});

describe('assumptions', () => {
  it('single bad seeds are seen and named', () => {
    const random = createGenerator(11, 'bad seeds');
    const of = (bad: number) =>
      skewnessOf(
        Array.from({ length: 12 }, (_, network) => ({
          name: `n${network}`,
          results: bySeed(
            Array.from({ length: 8 }, (_, seed) => 80 + 0.3 * random.normal() - (seed === network % 8 ? bad : 0)),
          ),
        })),
      );
    expect(of(0)?.value).toBeGreaterThan(skewnessLimit);
    expect(of(2)?.value).toBeLessThan(skewnessLimit);
    expect(of(2)?.lowest.residual).toBeLessThan(-1.5);
    expect(skewnessOf([{ name: 'a', results: bySeed([1, 2]) }])).toBeNull();
  });

  it('a step whose spread is wider than the others is named, and its single interval widened', () => {
    const plain = drawn(Array(11).fill(0), { seeds: 5 });
    const random = createGenerator(13, 'wide');
    const wide = pairedDifference(
      bySeed(Array.from({ length: 5 }, () => 80 + 9 * random.normal())),
      bySeed(Array.from({ length: 5 }, () => 80)),
    );
    const family = judgeFamily([...plain, { terms: [['x', 1] as const, ['y', -1] as const], difference: wide }]);
    expect(family.judged.map(({ wide: is }) => is)).toEqual([...Array(11).fill(false), true]);
  });
});

describe('seeds for a change', () => {
  it('are as the study says: by spread of the difference, Student, alone and among 16', () => {
    const of = (sd: number, comparisons: number, critical: number) =>
      seedsFor(1, { variance: sd * sd, pictures: 0, seeds: 5, critical, priorDegrees: 0, comparisons });
    // Student alone, t(0.975, 4); among 16 by Bonferroni, t(1 - 0.025 / 16, 4).
    const [alone, among] = [2.776445, 6.2541];
    for (const [sd, one, many] of [
      [0.5, 5, 8],
      [0.8, 8, 14],
      [1, 10, 19],
      [1.25, 15, 27],
      [2, 34, 63],
    ] as const) {
      expect(Math.abs((of(sd, 1, alone) ?? 0) - one)).toBeLessThanOrEqual(1);
      expect(Math.abs((of(sd, 16, among) ?? 0) - many)).toBeLessThanOrEqual(1);
    }
  });

  it('are none where the test pictures alone are too few', () => {
    const precision = { variance: 1, seeds: 5, critical: 2.8, priorDegrees: 4, comparisons: 1 };
    expect(seedsFor(0.5, { ...precision, pictures: 0.3 ** 2 })).toBeNull();
    expect(seedsFor(0.5, { ...precision, pictures: 0 })).toBeGreaterThan(20);
  });
});
