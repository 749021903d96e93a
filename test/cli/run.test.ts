import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { failedResult } from '../experiment/fakes/records.js';
import { ablate, program } from './command.js';
import { holdStarts } from './hold.js';

const data = fileURLToPath(new URL('../fixtures/fashion-mnist', import.meta.url));
const tiny = (epochs: number): string => `name: tiny
dataset: { name: fashion-mnist, root: ${data}, train_limit: 64, test_limit: 32 }
network: { base: resnet-50, scale: { resolution: 32, width: 1/8, stem_stride: 2 } }
recipe: { extends: compact, epochs: ${epochs}, batch_size: 16, schedule: { warmup_epochs: 0 } }
base_recipe: compact-sgd
road: [training-recipe, gelu]
seeds: [0]
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ablate-run-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(epochs: number): string {
  const file = join(folder, 'tiny.yaml');
  writeFileSync(file, tiny(epochs));
  return file;
}

const call = (command: string, file: string, ...rest: string[]) => {
  const { status, stdout, stderr } = ablate([command, file, '--out', join(folder, 'out'), '--json', ...rest]);
  return { status, stderr, document: stdout === '' ? null : JSON.parse(stdout) };
};
const result = (variant: string, seed = 0) =>
  JSON.parse(readFileSync(join(folder, 'out', 'tiny', variant, `seed-${seed}`, 'result.json'), 'utf8'));
const states = (document: { runs: { variant: string; seed: number; state: string }[] }): string[] =>
  document.runs.map(({ variant, seed, state }) => `${variant} ${seed} ${state}`);

test('plan and status read, and leave nothing', () => {
  const file = write(1);
  for (const command of ['plan', 'status']) {
    const { status, document } = call(command, file);
    expect(status).toBe(0);
    expect(states(document)).toEqual(['resnet-50 0 waiting', 'training-recipe 0 waiting', 'gelu 0 waiting']);
  }
  expect(readdirSync(folder)).toEqual(['tiny.yaml']);
});

test.each([
  ['the other is asked for by no name', []],
  ['auto is asked for, which names none', ['--device', 'auto']],
])('a suite does not go on with another engine where %s', (_, words) => {
  const file = write(1);
  const [out, suite] = [join(folder, 'begun'), join(folder, 'begun', 'tiny')];
  mkdirSync(suite, { recursive: true });
  const plan = { suite: 'tiny', description: '', dataset: '', base: '', strategy: '', seeds: [], variants: [] };
  const begun = { schema: 'ablate/plan/1', ...plan, engine: { engine: 'webgpu', gpu: true } };
  writeFileSync(join(suite, 'plan.json'), JSON.stringify(begun));
  const { status, stderr } = ablate(['run', file, '--out', out, ...words]);
  expect(stderr).toContain('the suite tiny was begun on webgpu on a GPU; here it would go on with');
  expect(status).toBe(3);
  expect(readdirSync(suite)).toEqual(['plan.json']);
});

test.each([
  ['--compiler', ['--compiler', 'xla']],
  ["the suite's field", ['--set', 'runner.compiler=xla']],
])('what was begun by TensorFlow is not gone on with by XLA, unless by name: %s', (_, words) => {
  const file = write(1);
  const out = mkdtempSync(join(folder, 'compiler-'));
  const suite = join(out, 'tiny');
  mkdirSync(suite, { recursive: true });
  const plan = { suite: 'tiny', description: '', dataset: '', base: '', strategy: '', seeds: [], variants: [] };
  const begun = { schema: 'ablate/plan/1', ...plan, engine: { engine: 'wasm', gpu: false } };
  writeFileSync(join(suite, 'plan.json'), JSON.stringify(begun));
  const { status, stderr } = ablate(['run', file, '--out', out, '--device', 'wasm', ...words]);
  // wasm was asked for by name and is what it was begun on; XLA is another matter.
  if (words[0] === '--set') expect(stderr).toContain('--compiler tensorflow is how it began');
  else expect(stderr).toContain('there is nothing that XLA could compile');
  expect(status).toBe(3);
  expect(ablate(['run', file, '--out', out, '--eager', ...words]).stderr).toContain('--eager runs op by op');
});

test('a suite is trained once; a change trains again only what it changes; other seeds are kept', () => {
  const file = write(1);
  const first = call('run', file, '--only', 'training-recipe,gelu');
  expect(first.stderr).toMatch(/done +gelu seed 0: top-1/);
  expect(first.status).toBe(0);
  expect(first.document).toMatchObject({ schema: 'ablate/run-summary/1', failed: [], left: [] });
  expect(first.document.done).toHaveLength(2);
  const gelu = result('gelu');
  expect(gelu).toMatchObject({ schema: 'ablate/result/1', status: 'done', steps: 4 });

  // Where there is nothing to train, it does not matter on what: the plan says that it was begun elsewhere.
  const planFile = join(folder, 'out', 'tiny', 'plan.json');
  const begun = JSON.parse(readFileSync(planFile, 'utf8'));
  writeFileSync(planFile, JSON.stringify({ ...begun, engine: { engine: 'webgpu', gpu: true } }));
  writeFileSync(`${planFile}.123.partial`, '{');
  const again = call('run', file, '--only', 'training-recipe,gelu');
  writeFileSync(planFile, JSON.stringify(begun));
  expect(existsSync(`${planFile}.123.partial`)).toBe(false);
  expect(again.status).toBe(0);
  expect(again.stderr).not.toMatch('start');
  expect(result('gelu')).toEqual(gelu);

  expect(call('run', file, '--only', 'gelu', '--seeds', '3').status).toBe(0);
  expect(states(call('status', file).document)).toEqual([
    'resnet-50 0 waiting',
    'training-recipe 0 done',
    'gelu 0 done',
  ]);
  const plan = JSON.parse(readFileSync(join(folder, 'out', 'tiny', 'plan.json'), 'utf8'));
  expect(plan.variants.at(-1).runs.map(({ seed }: { seed: number }) => seed)).toEqual([0, 3]);

  write(2);
  expect(states(call('status', file).document)).toEqual([
    'resnet-50 0 waiting',
    'training-recipe 0 stale',
    'gelu 0 stale',
  ]);
  expect(call('run', file, '--only', 'gelu').status).toBe(0);
  expect(result('gelu')).toMatchObject({ steps: 8 });

  write(1);
  expect(states(call('plan', file).document).slice(1)).toEqual(['training-recipe 0 done', 'gelu 0 done']);
  expect(call('run', file, '--only', 'gelu').stderr).not.toMatch('start');
  expect(result('gelu')).toEqual(gelu);

  const failed = failedResult(gelu.hash, 'the layer scaled:\n  a shape of [2, 3] was expected');
  const resultFile = join(folder, 'out', 'tiny', 'gelu', 'seed-0', 'result.json');
  writeFileSync(resultFile, JSON.stringify(failed));
  expect(ablate(['status', file, '--out', join(folder, 'out')]).stdout).toContain(
    'failed   the layer scaled: a shape of [2, 3] was expected',
  );
  writeFileSync(resultFile, JSON.stringify(gelu));
});

test('Ctrl-C saves with exit code 75 and the command that goes on, which gives what an uncut run would', async () => {
  const file = write(4);
  const hold = holdStarts(folder, [1]);
  const run = (out: string, env = {}) =>
    spawn(process.execPath, [program, 'run', file, '--only', 'gelu', '--out', join(folder, out)], {
      env: { ...process.env, ...env },
    });
  const cut = run('cut', hold.env);
  let said = '';
  cut.stderr.on('data', (chunk) => {
    said += chunk;
  });
  await hold.held(1);
  cut.kill('SIGINT');
  // The worker has been told by then.
  while (!said.includes('saving every run')) await new Promise((resolve) => setTimeout(resolve, 20));
  hold.release(1);
  const [code] = await once(cut, 'close');
  expect(code).toBe(75);
  expect(said).toContain(
    `go on with: node ${relative('', program)} run ${file} --only gelu --out ${join(folder, 'cut')}`,
  );

  await once(run('cut'), 'close');
  await once(run('uncut'), 'close');
  const [one, other] = ['cut', 'uncut'].map((out) =>
    evaluations(textOf(join(folder, out, 'tiny', 'gelu', 'seed-0', 'metrics.jsonl'))),
  );
  expect(one).toHaveLength(4);
  expect(one).toEqual(other);
});

test('weights that a run kept evaluate to what its record says, averages too', () => {
  const file = join(folder, 'kept.yaml');
  const recipe = 'recipe: { extends: compact, ema: { decay: 0.5 },';
  writeFileSync(file, `${tiny(1).replace('recipe: { extends: compact,', recipe)}runner: { keep_weights: true }\n`);
  expect(call('run', file, '--only', 'gelu').status).toBe(0);
  const seed = join(folder, 'out', 'tiny', 'gelu', 'seed-0');
  const evaluate = (weights: string) =>
    JSON.parse(
      ablate([
        ...['evaluate', '--run', seed, '--data', 'fashion-mnist', '--root', data, '--limit', '32', '--batch', '16'],
        ...['--weights', join(seed, weights), '--json'],
      ]).stdout,
    );
  const { top1, top5, loss, ema } = result('gelu');
  for (const [weights, right] of [
    ['weights.safetensors', { top1, top5, loss }],
    ['weights-ema.safetensors', ema],
  ]) {
    const found = evaluate(weights);
    expect([found.top1, found.top5]).toEqual([right.top1, right.top5]);
    expect(Math.abs(found.loss / right.loss - 1)).toBeLessThan(1e-5);
  }
  expect(ema.loss).not.toBe(loss);
});

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

const evaluations = (text: string): unknown[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ kind }) => kind === 'evaluation');

test('runs that share a process are those of processes of their own', () => {
  const file = write(1);
  const [together, apart] = ['together', 'apart'].map((name) => join(folder, name)) as [string, string];
  const run = (out: string, ...words: string[]) => ablate(['run', file, '--parallel', '1', '--out', out, ...words]);
  expect(run(together, '--seeds', '0,1').status).toBe(0);
  const variants = ['resnet-50', 'training-recipe', 'gelu'];
  for (const variant of variants)
    for (const seed of ['0', '1']) expect(run(apart, '--only', variant, '--seeds', seed).status).toBe(0);
  const read = (out: string, variant: string, seed: number, name: string) =>
    readFileSync(join(out, 'tiny', variant, `seed-${seed}`, name), 'utf8');
  for (const variant of variants) {
    for (const seed of [0, 1]) {
      const [a, b] = [together, apart].map((out) => {
        const { top1, top5, loss, trainLoss, steps, predictions, peakMemoryBytes } = JSON.parse(
          read(out, variant, seed, 'result.json'),
        );
        const losses = read(out, variant, seed, 'metrics.jsonl').match(/"loss":[^,}]+/g);
        return { numbers: { top1, top5, loss, trainLoss, steps, predictions, losses }, peakMemoryBytes };
      }) as [{ numbers: object; peakMemoryBytes: number }, { numbers: object; peakMemoryBytes: number }];
      expect(a.numbers, `${variant} seed ${seed}`).toEqual(b.numbers);
      // Of a run, not of all that its process has done: what these add up to would be more.
      expect(Math.abs(a.peakMemoryBytes / b.peakMemoryBytes - 1), `${variant} seed ${seed}`).toBeLessThan(0.15);
      expect(read(together, variant, seed, 'log.txt')).toMatch(new RegExp(`^--- \\S+ ${variant} seed ${seed}\n`));
    }
  }
});
