/** Learning rates that are chosen by trials: what is planned, when, and what follows from the records. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OpenedPlan, openPlan } from '../../src/cli/planned.js';
import { inStages, ready } from '../../src/cli/stages.js';
import { ConfigError } from '../../src/config/problem.js';
import { runFolder } from '../../src/records/folders.js';
import { doneResult, failedResult } from '../experiment/fakes/records.js';
import { fakeRun } from '../experiment/fakes/runs.js';

const root = fileURLToPath(new URL('../fixtures/fashion-mnist', import.meta.url));
const suite = `name: tuned
dataset: { name: fashion-mnist, root: ${root}, train_limit: 64, test_limit: 32 }
validation: { share: 0.25 }
tune: { learning_rate: [x0.5, x1, x2], seeds: [100], epochs: 1 }
network: { base: convnext-tiny, scale: { resolution: 32, width: 1/8 } }
recipe: { extends: compact, epochs: 2, batch_size: 16, schedule: { warmup_epochs: 1 } }
road: [{ kernel-size: 5 }]
seeds: [0, 1]
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ablate-tuning-'));
  writeFileSync(join(folder, 'suite.yaml'), suite);
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (more: object = {}) => openPlan(join(folder, 'suite.yaml'), { out: folder, ...more }, true);

/** As if the trials of a network had ended so: a share that was right, or a failure. */
function endTrials({ runs }: OpenedPlan, variant: string, ends: Readonly<Record<string, number | null>>): void {
  for (const { trial, spec, hash } of runs) {
    const end = trial?.variant === variant ? ends[trial.factor] : undefined;
    if (end === undefined) continue;
    const place = runFolder(join(folder, 'tuned'), spec.variant, spec.seed);
    mkdirSync(place, { recursive: true });
    const result = end === null ? failedResult(hash, 'loss is NaN at step 3', 3) : doneResult(hash, { top1: end });
    writeFileSync(join(place, 'result.json'), JSON.stringify(result));
  }
}

const rateOf = ({ runs }: OpenedPlan, variant: string): number | null => {
  const run = runs.find(({ spec }) => spec.variant === variant);
  return run && run.awaits === null ? run.spec.recipe.optimizer.learning_rate : null;
};

it('every network is tried with every rate on the held-out pictures, and its own runs wait', async () => {
  const { runs, plan, standings } = await open();
  const trials = runs.filter(({ trial }) => trial);
  expect(trials.map(({ spec }) => `${spec.variant} ${spec.seed}`)).toEqual(
    ['convnext-tiny', 'kernel-size-5'].flatMap((name) => ['x0.5', 'x1', 'x2'].map((by) => `${name}@${by} 100`)),
  );
  const rates = trials.map(({ spec }) => spec.recipe.optimizer.learning_rate);
  expect(rates.slice(0, 3)).toEqual([0.5, 1, 2].map((factor) => factor * (rates[1] as number)));
  expect(trials[0]?.spec).toMatchObject({ trial: true, recipe: { epochs: 1, schedule: { warmup_epochs: 0.5 } } });
  const others = runs.filter(({ trial }) => !trial);
  expect(others.every(({ awaits, spec }) => awaits === 'its learning rate' && spec.trial === undefined)).toBe(true);
  expect(others.map((run) => standings.get(run)?.state)).toEqual(new Array(4).fill('waiting'));
  expect(new Set(runs.map(({ hash }) => hash)).size).toBe(runs.length);
  expect(plan.record.tuning?.trials).toHaveLength(6);
  expect(plan.record.variants.map(({ name }) => name)).toEqual(['convnext-tiny', 'kernel-size-5']);
});

it('the best on the held-out pictures is adopted, network by network; of equal ones the nearest to x1; a failed one never', async () => {
  const first = await open();
  const own = first.runs[1]?.spec.recipe.optimizer.learning_rate as number;
  endTrials(first, 'convnext-tiny', { x1: 0.8, x2: 0.9 });
  expect(rateOf(await open(), 'convnext-tiny')).toBeNull();
  endTrials(first, 'convnext-tiny', { 'x0.5': 0.7 });
  endTrials(first, 'kernel-size-5', { 'x0.5': 0.6, x1: 0.6, x2: null });
  const then = await open();
  expect([rateOf(then, 'convnext-tiny'), rateOf(then, 'kernel-size-5')]).toEqual([2 * own, own]);
  expect(then.plan.record.tuning?.chosen).toEqual([
    { variant: 'convnext-tiny', factor: 'x2' },
    { variant: 'kernel-size-5', factor: 'x1' },
  ]);
  // At x1 it is the run of a suite that tunes nothing.
  writeFileSync(join(folder, 'suite.yaml'), suite.replace(/tune: .*\n/, ''));
  const untuned = await open();
  const hashOf = ({ runs }: OpenedPlan, variant: string) => runs.find(({ spec }) => spec.variant === variant)?.hash;
  expect(hashOf(then, 'kernel-size-5')).toBe(hashOf(untuned, 'kernel-size-5'));
  expect(hashOf(then, 'convnext-tiny')).not.toBe(hashOf(untuned, 'convnext-tiny'));
});

it('--only chooses a network with its trials, or one trial by its name', async () => {
  const names = async (only: string, seeds?: string) =>
    (await open({ only, seeds })).runs.map(({ spec }) => `${spec.variant} ${spec.seed}`);
  const trials = ['x0.5', 'x1', 'x2'].map((by) => `kernel-size-5@${by} 100`);
  expect(await names('kernel-size-5', '1')).toEqual([...trials, 'kernel-size-5 1']);
  expect(await names('kernel-size-5@x2', '100')).toEqual(['kernel-size-5@x2 100']);
});

it.each([
  ['without held-out pictures', 'validation: { share: 0.25 }\n', '', /^rates are chosen on held-out pictures; add/],
  ['without x1', '[x0.5, x1, x2]', '[x0.5, x2]', /own rate, x1, must be among them/],
  ['by what is no factor', '[x0.5, x1, x2]', '[x1, 2]', /^write the factor 2 as x2$/],
  ['longer than the runs', 'epochs: 1 }', 'epochs: 5 }', /a trial of 5 epochs is longer than the runs, which have 2/],
])('tuning %s is refused', async (_, from, to, message) => {
  writeFileSync(join(folder, 'suite.yaml'), suite.replace(from, to));
  const error = (await open().catch((thrown) => thrown)) as ConfigError;
  expect(error).toBeInstanceOf(ConfigError);
  expect(error.problems.some((problem) => message.test(problem.message))).toBe(true);
});

describe('a suite in stages', () => {
  const trial = fakeRun('a@x1', 100, { trial: { variant: 'a', factor: 'x1' } });
  const waiting = fakeRun('a', 0, { awaits: 'its learning rate' });
  const planned = (...runs: OpenedPlan['runs'][number][]) => ({ runs }) as unknown as OpenedPlan;

  it('trains what is ready, plans anew, and trains the rest, each once', async () => {
    const stages: string[][] = [];
    const summary = await inStages(
      planned(trial, waiting),
      async () => planned(trial, { ...waiting, awaits: null }),
      async (_, runs) => {
        stages.push(runs.map(({ spec }) => spec.variant));
        return { done: runs, failed: [], left: [] };
      },
    );
    expect(stages).toEqual([['a@x1'], ['a']]);
    expect(summary).toMatchObject({ failed: [], left: [] });
    expect(summary.done.map(({ spec }) => spec.variant)).toEqual(['a@x1', 'a']);
  });

  it('that is interrupted leaves what waits; one whose trials all fail says so', async () => {
    const plan = planned(trial, waiting);
    const run = (left: boolean) =>
      inStages(
        plan,
        async () => plan,
        async (_, runs) => ({
          done: [],
          failed: left ? [] : runs.map((one) => ({ run: one, reason: 'loss is NaN' })),
          left: left ? runs : [],
        }),
      );
    expect((await run(true)).left).toEqual([trial, waiting]);
    const { failed } = await run(false);
    expect(failed.map(({ run: { spec }, reason }) => `${spec.variant}: ${reason}`)).toEqual([
      'a@x1: loss is NaN',
      'a: it waits for its learning rate, which could not be chosen: not all of the runs that decide it have come to an end, or those of every choice have failed',
    ]);
    expect(ready(plan)).toEqual([trial]);
  });
});
