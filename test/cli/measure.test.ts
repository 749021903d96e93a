import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ablate } from './command.js';

const data = fileURLToPath(new URL('../fixtures/fashion-mnist', import.meta.url));
const suite = `name: tiny
dataset: { name: fashion-mnist, root: ${data}, train_limit: 64, test_limit: 32 }
network: { base: resnet-50, scale: { resolution: 32, width: 1/16, stem_stride: 2 } }
recipe: { extends: compact, epochs: 1, batch_size: 16, schedule: { warmup_epochs: 0 } }
base_recipe: compact-sgd
road: [training-recipe, gelu]
seeds: [0]
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ablate-measure-'));
  writeFileSync(join(folder, 'tiny.yaml'), suite);
});
afterAll(() => rmSync(folder, { recursive: true }));

test('bench data says what limits training', () => {
  const { status, stdout, stderr } = ablate(
    ['bench', 'data', 'tiny.yaml', '--only', 'gelu', '--batch', '16', '--batches', '1', '--rounds', '1', '--json'],
    { cwd: folder },
  );
  expect(status, stderr).toBe(0);
  const { network, step, totals, bottleneck } = JSON.parse(stdout);
  expect(network).toBe('gelu');
  const rates = [step.picturesPerSecond, totals[0].picturesPerSecond];
  expect(bottleneck.factor).toBeCloseTo(Math.max(...rates) / Math.min(...rates));
  expect(bottleneck.limit).toBe(rates[1] < rates[0] ? 'data' : 'compute');
  expect(bottleneck.sentence).toMatch(/^(Data|Compute) limits gelu: its step takes /);
  expect(ablate(['bench', 'data', 'tiny.yaml', '--only', 'nothing'], { cwd: folder })).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('--only "nothing" fits no network'),
  });
});

test('plan --measure estimates by steps timed just now, and writes nothing', () => {
  const { status, stdout, stderr } = ablate(['plan', 'tiny.yaml', '--only', 'gelu', '--measure', '--json'], {
    cwd: folder,
  });
  expect(status, stderr).toBe(0);
  const { runs, estimate } = JSON.parse(stdout);
  expect(runs[0].milliseconds).toBeGreaterThan(0);
  expect(estimate.basis).toMatch(/^by the steps of 1 network, timed just now/);
  expect(stderr).toMatch(/^gelu: .* pictures\/s, 16 a step; 1 of 1 network timed$/m);
  expect(readdirSync(folder)).toEqual(['tiny.yaml']);
});
