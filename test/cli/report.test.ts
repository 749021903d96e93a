import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunResult } from '../../src/records/result.js';
import { ablate } from './command.js';

const data = fileURLToPath(new URL('../fixtures/fashion-mnist', import.meta.url));
const suite = `name: real
dataset: { name: fashion-mnist, root: ${data}, train_limit: 96, test_limit: 50 }
network: { base: resnet-50, scale: { resolution: 32, width: 1/16, stem_stride: 2 } }
recipe: { extends: compact, epochs: 1, batch_size: 32, schedule: { warmup_epochs: 0 }, ema: { decay: 0.5 } }
base_recipe: compact-sgd
road: [training-recipe, stage-ratio]
seeds: [0, 1]
`;

let folder: string;
let file: string;
let run: ReturnType<typeof call>;
const call = (...args: string[]) => {
  const { status, stdout, stderr } = ablate(args, { cwd: folder });
  return { status, stderr, document: JSON.parse(stdout) };
};
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ablate-report-'));
  file = join(folder, 'real.yaml');
  writeFileSync(file, suite);
  run = call('run', file, '--only', 'training-recipe,stage-ratio', '--json');
});
afterAll(() => rmSync(folder, { recursive: true }));

type Done = Extract<RunResult, { status: 'done' }>;
const resultOf = (variant: string, seed: number): Done =>
  JSON.parse(readFileSync(join(folder, 'experiments', 'real', variant, `seed-${seed}`, 'result.json'), 'utf8'));

test('the report of real runs has the numbers of their records', () => {
  expect(run).toMatchObject({ status: 0, document: { schema: 'ablate/run-summary/1', failed: [], left: [] } });
  const { status, document } = call('report', file, '--json');
  expect(status).toBe(0);
  expect(document).toMatchObject({ schema: 'ablate/report/1', suite: 'real', testImages: 50 });
  for (const variant of ['training-recipe', 'stage-ratio']) {
    const row = document.rows.find((one: { variant: string }) => one.variant === variant);
    const results = [0, 1].map((seed) => resultOf(variant, seed));
    expect(row.runs.map(({ top1 }: { top1: number }) => top1)).toEqual(results.map(({ top1 }) => top1));
    expect(row.top1.mean).toBeCloseTo(50 * results.reduce((sum, { top1 }) => sum + top1, 0), 10);
    // Of 50 pictures: each share is a whole number of fiftieths.
    for (const { top1, top5, ema } of results) {
      for (const share of [top1, top5, ema?.top1 as number]) expect((share * 50) % 1).toBeCloseTo(0, 10);
      expect(top5).toBeGreaterThanOrEqual(top1);
    }
    const cost = JSON.parse(
      readFileSync(join(folder, 'experiments', 'real', variant, 'seed-0', 'run.json'), 'utf8'),
    ).cost;
    expect([row.macs, row.params]).toEqual([cost.macs, cost.params]);
  }
  const stage = document.rows.find((one: { variant: string }) => one.variant === 'stage-ratio');
  const deltas = [0, 1].map((seed) => resultOf('stage-ratio', seed).top1 - resultOf('training-recipe', seed).top1);
  expect(stage.delta).toMatchObject({
    pairs: 2,
    mean: expect.closeTo(50 * (deltas[0] as number) + 50 * (deltas[1] as number), 10),
  });
  const csv = readFileSync(join(folder, 'reports', 'real', 'runs.csv'), 'utf8').split('\r\n');
  expect(csv.filter((line) => line.includes(',done,'))).toHaveLength(4);
  const page = readFileSync(join(folder, 'reports', 'real', 'index.html'), 'utf8');
  expect(page).toContain(`${(50 * (resultOf('stage-ratio', 0).top1 + resultOf('stage-ratio', 1).top1)).toFixed(2)}`);
});

test('plan, flops and the stored plan say one cost for each variant', () => {
  const plan = call('plan', file, '--json').document;
  const flops = call('flops', file, '--json').document;
  const stored = JSON.parse(readFileSync(join(folder, 'experiments', 'real', 'plan.json'), 'utf8'));
  const firstKeys = [plan, flops, stored].map((document) => Object.keys(document)[0]);
  expect(firstKeys).toEqual(['schema', 'schema', 'schema']);
  type Cost = { readonly macs: number; readonly params: number };
  const costs = (rows: readonly (Cost & { variant?: string; name?: string })[]) =>
    new Map(rows.map(({ variant, name, macs, params }) => [variant ?? name, [macs, params]]));
  expect(costs(plan.runs)).toEqual(costs(flops.rows));
  expect(costs(stored.variants)).toEqual(costs(flops.rows));
});

test('through npm, standard output is the document alone', () => {
  const { status, stdout } = spawnSync('npm', ['run', '-s', 'ablate', '--', 'plan', file, '--json'], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    encoding: 'utf8',
  });
  expect(status).toBe(0);
  expect(JSON.parse(stdout).schema).toBe('ablate/plan-summary/1');
});
