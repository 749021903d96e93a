/** What of a suite a budget pays for: of real suites, planned and never trained. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OpenedPlan, openPlan } from '../../src/cli/planned.js';
import { millisecondsOf } from '../../src/config/budget.js';
import { budgetWords } from '../../src/experiment/budget-words.js';
import { choosePart } from '../../src/experiment/budget.js';
import { type PlannedRun, planSuite } from '../../src/experiment/plan.js';
import { openSuite } from '../../src/experiment/suite.js';
import type { BudgetRecord } from '../../src/records/plan.js';
import { writePlan } from '../../src/records/write.js';

const root = fileURLToPath(new URL('../fixtures/fashion-mnist', import.meta.url));
const suiteOf = (more: string, seeds = '[0, 1, 2, 3, 4]') => `name: bought
dataset: { name: fashion-mnist, root: ${root}, train_limit: 64, test_limit: 32 }
validation: { share: 0.25 }
network: { base: convnext-tiny, scale: { resolution: 32, width: 1/16 } }
recipe: { extends: compact, epochs: 1, batch_size: 16, schedule: { warmup_epochs: 0 } }
seeds: ${seeds}
${more}
`;
const road = `road:
  - kernel-size: { sweep: [5, 9, 11], adopt: 5 }
  - layer-scale: 0.1
compare: [resnet-50]
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ablate-budget-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (text: string, only?: string) => {
  writeFileSync(join(folder, 'suite.yaml'), text);
  return openPlan(join(folder, 'suite.yaml'), { out: folder, ...(only !== undefined && { only }) }, true);
};
const seedsOf = ({ plan }: OpenedPlan) =>
  Object.fromEntries(plan.record.variants.map(({ name, runs }) => [name, runs.length]));

describe('of a road a budget pays', () => {
  it.each([
    [
      30,
      {
        'convnext-tiny': 5,
        'kernel-size-5': 5,
        'kernel-size-9': 5,
        'kernel-size-11': 5,
        'layer-scale-0.1': 5,
        'resnet-50': 5,
      },
    ],
    // Everything with four seeds, and a fifth for the first two.
    [
      26,
      {
        'convnext-tiny': 5,
        'kernel-size-5': 5,
        'kernel-size-9': 4,
        'kernel-size-11': 4,
        'layer-scale-0.1': 4,
        'resnet-50': 4,
      },
    ],
    // A value that the road does not go on with is the first that is left out, then what stands beside the road, then its end.
    [17, { 'convnext-tiny': 4, 'kernel-size-5': 4, 'kernel-size-9': 3, 'layer-scale-0.1': 3, 'resnet-50': 3 }],
    [12, { 'convnext-tiny': 3, 'kernel-size-5': 3, 'layer-scale-0.1': 3, 'resnet-50': 3 }],
    [8, { 'convnext-tiny': 4, 'kernel-size-5': 4 }],
    // Fewer than three seeds, but a comparison.
    [5, { 'convnext-tiny': 2, 'kernel-size-5': 2 }],
  ])('%d runs: the road first, three seeds before a further network, then seeds evenly', async (runs, expected) => {
    const found = await open(suiteOf(`${road}budget: { runs: ${runs} }`));
    expect(seedsOf(found)).toEqual(expected);
    expect(found.runs.length).toBeLessThanOrEqual(runs);
    expect(found.plan.record.budget?.spent).toBe(found.runs.length);
  });

  it('the trials of rates too, and all values of a sweep that its runs decide or none', async () => {
    const tuned = suiteOf(`${road}tune: { learning_rate: [x1, x2], seeds: [100, 101] }\nbudget: { runs: 15 }`);
    const found = await open(tuned);
    expect(seedsOf(found)).toEqual({ 'convnext-tiny': 3, 'kernel-size-5': 3 });
    expect(found.runs.filter(({ trial }) => trial)).toHaveLength(8);
    expect(found.plan.record.tuning?.trials).toHaveLength(4);
    const best = await open(suiteOf(`${road.replace('adopt: 5', 'adopt: best')}budget: { runs: 11 }`));
    expect(seedsOf(best)).toEqual({
      'convnext-tiny': 2,
      'kernel-size-5': 2,
      'kernel-size-9': 2,
      'kernel-size-11': 2,
      'layer-scale-0.1': 2,
    });
    expect(best.plan.record.choices?.[0]?.seeds).toEqual([0, 1]);
  });

  it('and says what is left out and why', async () => {
    const { plan } = await open(suiteOf(`${road}budget: { runs: 12 }`));
    expect(budgetWords(plan.record)[0]).toMatch(
      /^Budget of 12 runs: 4 networks with 3 seeds each \(12 runs\)\. Left out: 2 networks \(kernel-size-9, kernel-size-11\), and 8 further seeds of 4 others\. Each comparison that is kept has its three seeds/,
    );
    const all = await open(suiteOf(`${road}budget: { runs: 1000 }`));
    expect(budgetWords(all.plan.record)[0]).toBe('Budget of 1000 runs: it pays for the whole suite (30 runs).');
    await expect(open(suiteOf(`${road}budget: 0m`))).rejects.toThrow(/budget is above 0/);
  });
});

describe('a network that is too dear is left out, and what needs it', () => {
  /** Runs of a network cost what `prices` says, those of others 1. */
  const choose = async (text: string, limit: number, prices: Record<string, number>, among?: readonly string[]) => {
    writeFileSync(join(folder, 'suite.yaml'), suiteOf(text));
    const opened = await openSuite(join(folder, 'suite.yaml'));
    const of = ({ spec }: PlannedRun) => prices[spec.variant] ?? 1;
    const part = choosePart(opened, planSuite(opened), limit, { of, basis: 'made up' }, among);
    return part && Object.fromEntries(part.kept.map(({ variant, seeds }) => [variant, seeds.length]));
  };
  const four = 'road: [{ kernel-size: 5 }, { layer-scale: 0.1 }, { recipe: { mixup: 0.8 } }]\n';
  const loo = `strategy: leave-one-out\n${four}compare: [resnet-50]\n`;

  it('but cheaper ones behind it are kept, of the road without each step', async () => {
    expect(await choose(loo, 15, { 'without-kernel-size': 10 })).toEqual({
      'convnext-tiny': 3,
      'whole-road': 3,
      'without-layer-scale': 3,
      'without-mixup': 3,
      'resnet-50': 3,
    });
  });

  it('and of a road all that stands on it', async () => {
    const prices = { 'layer-scale-0.1': 10 };
    expect(await choose(`${four}compare: [resnet-50]\n`, 15, prices)).toEqual({
      'convnext-tiny': 5,
      'kernel-size-5': 5,
      'resnet-50': 5,
    });
    // Nothing is compared with what is not there.
    expect(await choose(loo, 5, { 'whole-road': 9 })).toEqual({ 'convnext-tiny': 5 });
  });

  it('a further seed too: the others have it all the same, and none has two more', async () => {
    expect(await choose(loo, 27, { 'without-kernel-size': 4 })).toEqual({
      'convnext-tiny': 3,
      'whole-road': 3,
      'without-kernel-size': 3,
      'without-layer-scale': 3,
      'without-mixup': 3,
      'resnet-50': 3,
    });
    expect(await choose(loo, 32, { 'without-kernel-size': 4 })).toEqual({
      'convnext-tiny': 4,
      'whole-road': 4,
      'without-kernel-size': 3,
      'without-layer-scale': 4,
      'without-mixup': 4,
      'resnet-50': 4,
    });
  });

  it('of random orders none behind the first that does not fit: which are cheap is no chance', async () => {
    const orders = `strategy: { name: random-orders, orders: 10 }
road: [{ kernel-size: 5 }, { layer-scale: 0.1 }, { recipe: { mixup: 0.8 } }, { recipe: { cutmix: 1 } }]
`;
    writeFileSync(join(folder, 'suite.yaml'), suiteOf(orders));
    const { arrangement } = await openSuite(join(folder, 'suite.yaml'));
    if (arrangement?.kind !== 'random-orders') throw new Error('no orders');
    const onFirst = new Set(arrangement.orders.slice(0, 4).flatMap(({ networks }) => networks));
    const next = arrangement.orders.flatMap(({ networks }) => networks).find((name) => !onFirst.has(name)) as string;
    const kept = await choose(orders, 60, { [next]: 100 });
    expect(Object.keys(kept ?? {}).sort()).toEqual([...onFirst].sort());
  });

  it('of some networks alone the budget is theirs', async () => {
    const without = ['without-layer-scale', 'without-mixup'];
    expect(await choose(loo, 6, {}, without)).toEqual({ 'without-layer-scale': 3, 'without-mixup': 3 });
  });
});

describe('--only', () => {
  const text = suiteOf(`${road}budget: { runs: 9 }`);

  it('has the budget pay for what it leaves, and the plan keeps what the whole suite gets', async () => {
    const found = await open(text, 'kernel-size-*');
    expect(found.runs.map(({ spec }) => `${spec.variant} ${spec.seed}`)).toEqual(
      ['kernel-size-5', 'kernel-size-9', 'kernel-size-11'].flatMap((name) =>
        [0, 1, 2].map((seed) => `${name} ${seed}`),
      ),
    );
    expect(budgetWords(found.plan.record, found.part)[0]).toMatch(/^Budget of 9 runs: 3 networks with 3 seeds each/);
    const whole = { 'convnext-tiny': 3, 'kernel-size-5': 3, 'layer-scale-0.1': 3 };
    expect(seedsOf(found)).toEqual({ ...whole, 'kernel-size-9': 3, 'kernel-size-11': 3 });
    mkdirSync(join(folder, 'bought'), { recursive: true });
    await writePlan(join(folder, 'bought'), found.plan.record);
    const after = await open(text);
    expect(seedsOf(after)).toEqual(seedsOf(found));
    expect(new Set(after.runs.map(({ spec }) => spec.variant))).toEqual(new Set(Object.keys(whole)));
    expect(budgetWords(after.plan.record, after.part)[1]).toBe(
      'Beside it, asked for by --only: kernel-size-9, kernel-size-11.',
    );
  });

  it('stays as it was at its first start, beside what the whole suite gets', async () => {
    const { plan } = await open(text, 'kernel-size-*');
    const { only, ...whole } = plan.record.budget as BudgetRecord;
    const changed = [{ ...only?.[0], kept: [{ variant: 'kernel-size-9', seeds: [1] }] }] as typeof only;
    mkdirSync(join(folder, 'bought'), { recursive: true });
    await writePlan(join(folder, 'bought'), { ...plan.record, budget: { ...whole, only: changed } });
    const again = await open(text, 'kernel-size-*');
    expect(again.runs.map(({ spec }) => `${spec.variant} ${spec.seed}`)).toEqual(['kernel-size-9 1']);
    const other = await open(text, 'resnet-50');
    expect(other.runs).toHaveLength(5);
    expect(other.plan.record.budget?.only).toHaveLength(2);
    expect(other.plan.record.budget?.kept).toEqual(whole.kept);
  });

  it('pays for a part where the whole is too much, and then leaves the plan whole', async () => {
    const cube = 'strategy: factorial\nroad: [{ kernel-size: 5 }, { layer-scale: 0.1 }, { recipe: { mixup: 0.8 } }]\n';
    const small = suiteOf(`${cube}budget: { runs: 7 }`);
    await expect(open(small)).rejects.toThrow(
      /^the budget of 7 runs in .*suite\.yaml is less than the least that factorial can use, 8 runs: 8 networks that are read together, with one seed each; raise it/,
    );
    const found = await open(small, 'kernel-size-5');
    expect(found.runs).toHaveLength(5);
    expect(found.plan.record.variants).toHaveLength(8);
    expect(budgetWords(found.plan.record)).toEqual([
      'Budget of 7 runs: it pays for nothing of the whole suite.',
      'Beside it, asked for by --only: kernel-size-5.',
    ]);
  });
});

it('networks that are read together are kept together: seeds are what a factorial saves', async () => {
  const cube = 'strategy: factorial\nroad: [{ kernel-size: 5 }, { layer-scale: 0.1 }, { recipe: { mixup: 0.8 } }]\n';
  const found = await open(suiteOf(`${cube}budget: { runs: 20 }`));
  expect(found.plan.record.variants).toHaveLength(8);
  expect(found.runs).toHaveLength(16);
  expect(budgetWords(found.plan.record)[0]).toContain('With fewer than three seeds no verdict is to be had');
});

it('of random orders whole orders are kept, the first that were drawn', async () => {
  const orders = `strategy: { name: random-orders, orders: 10 }
road: [{ kernel-size: 5 }, { layer-scale: 0.1 }, { recipe: { mixup: 0.8 } }, { recipe: { cutmix: 1 } }]
`;
  const all = await open(suiteOf(orders));
  const found = await open(suiteOf(`${orders}budget: { runs: 36 }`));
  const [before, after] = [all, found].map(({ plan }) => plan.record.arrangement);
  if (before?.kind !== 'random-orders' || after?.kind !== 'random-orders') throw new Error('no orders');
  expect(after.orders.length).toBeGreaterThanOrEqual(4);
  expect(after.orders.length).toBeLessThan(10);
  const names = new Set(found.plan.record.variants.map(({ name }) => name));
  expect(after.orders.every(({ networks }) => networks.every((name) => names.has(name)))).toBe(true);
  expect(before.orders.slice(0, 4)).toEqual(after.orders.slice(0, 4));
});

it('never costs more than it may, never leaves a network without its parent; no comparison has more than a seed more than another', async () => {
  writeFileSync(join(folder, 'suite.yaml'), suiteOf(`${road}tune: { learning_rate: [x1, x2] }\nbudget: { runs: 1 }`));
  const opened = await openSuite(join(folder, 'suite.yaml'));
  const plan = planSuite(opened);
  const parents = new Map(opened.variants.map(({ variant }) => [variant.name, variant.parent]));
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.array(fc.double({ min: 0.5, max: 3, noNaN: true }), { minLength: 5 }),
      (limit, prices) => {
        const place = new Map(plan.runs.map((run, at) => [run, at]));
        const of = (run: (typeof plan.runs)[number]) => prices[(place.get(run) ?? 0) % prices.length] as number;
        const part = choosePart(opened, plan, limit, { of, basis: 'made up' });
        if (!part) {
          const [name] = parents.keys();
          const least = plan.runs.filter(
            ({ spec, trial }) => trial?.variant === name || (spec.variant === name && spec.seed === 0),
          );
          expect(least.reduce((sum, run) => sum + of(run), 0)).toBeGreaterThan(limit);
          return;
        }
        const kept = new Map(part.kept.map(({ variant, seeds }) => [variant, seeds]));
        const paid = plan.runs.filter(({ spec, trial }) =>
          trial ? kept.has(trial.variant) : kept.get(spec.variant)?.includes(spec.seed),
        );
        expect(paid.reduce((sum, run) => sum + of(run), 0)).toBeCloseTo(part.spent, 8);
        expect(part.spent).toBeLessThanOrEqual(limit);
        for (const name of kept.keys()) {
          const parent = parents.get(name) ?? null;
          if (parent !== null) expect(kept.has(parent)).toBe(true);
        }
        const counts = [...kept.values()].map(({ length }) => length);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      },
    ),
    { numRuns: 200 },
  );
});

it('of a time stays what it was at the first start, whatever runs take since; a changed suite is chosen for anew', async () => {
  const text = suiteOf(`${road}budget: 1m`);
  const first = await open(text);
  expect(first.plan.record.budget?.basis).toMatch(/a guess until a run is done/);
  const changed = {
    ...first.plan.record,
    budget: { ...(first.plan.record.budget as BudgetRecord), kept: [{ variant: 'convnext-tiny', seeds: [0] }] },
  };
  mkdirSync(join(folder, 'bought'), { recursive: true });
  await writePlan(join(folder, 'bought'), changed);
  expect(seedsOf(await open(text))).toEqual({ 'convnext-tiny': 1 });
  expect(seedsOf(await open(text.replace('1m', '2m')))).not.toEqual({ 'convnext-tiny': 1 });
});

it.each([
  ['2h', 7_200_000],
  ['90m', 5_400_000],
  ['1h 30m', 5_400_000],
  ['1h30m', 5_400_000],
])('%s is %d ms', (text, milliseconds) => {
  expect(millisecondsOf(text)).toBe(milliseconds);
});
