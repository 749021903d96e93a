import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePorts } from '../../src/experiment/free-ports.js';
import { ablate, program } from './command.js';
import { type Hold, holdStarts } from './hold.js';

const data = fileURLToPath(new URL('../fixtures/fashion-mnist', import.meta.url));
const suite = `name: shared
dataset: { name: fashion-mnist, root: ${data}, train_limit: 64, test_limit: 40 }
network: { base: convnext-tiny, scale: { resolution: 32, width: 1/16, stem_stride: 4 } }
recipe: { extends: compact, epochs: 4, batch_size: 16, micro_batch_size: 4, precision: float32, schedule: { warmup_epochs: 0 } }
runner: { save_every: 0, keep_weights: true, parallel: 1, device: cpu }
seeds: [0]
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ablate-shared-'));
  writeFileSync(join(folder, 'shared.yaml'), suite);
  const alone = ablate(['run', 'shared.yaml', '--out', 'alone'], { cwd: folder });
  expect(alone.status, alone.stderr).toBe(0);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, maxRetries: 5, retryDelay: 200 }));

const recordOf = (out: string, name: string): string => join(folder, out, 'shared', 'convnext-tiny', 'seed-0', name);
const read = (out: string, name: string): string =>
  existsSync(recordOf(out, name)) ? readFileSync(recordOf(out, name), 'utf8') : '';
const starts = (out: string): { ranks?: number }[] => JSON.parse(read(out, 'run.json') || '{"starts":[]}').starts;

/** What a run gives, but for what time it took. */
function numbersOf(out: string): unknown {
  const { top1, top5, loss, best, ema, trainLoss } = JSON.parse(read(out, 'result.json'));
  const written = read(out, 'metrics.jsonl').trim().split('\n');
  return {
    metrics: written.map((line) => ({ ...JSON.parse(line), imagesPerSecond: 0 })),
    result: { top1, top5, loss, best, ema, trainLoss },
    weights: createHash('sha256')
      .update(readFileSync(recordOf(out, 'weights.safetensors')))
      .digest('hex'),
  };
}

/** The worker that a program has started last. */
function workerOf(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
  return Number(children.at(-1));
}

const started: ChildProcess[] = [];
afterAll(() => {
  for (const child of started) child.kill('SIGKILL');
});

/** A program that is one rank of the run, under a launcher of another kind: this test. */
function start(rank: number, hosts: string, hold: Hold) {
  const words = ['run', 'shared.yaml', '--out', 'ranks', '--hosts', hosts, '--rank', String(rank)];
  const child = spawn(process.execPath, [program, ...words], {
    cwd: folder,
    env: { ...process.env, ...hold.env, ABLATE_RANKS_PATIENCE: '60,60,2' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  started.push(child);
  let told = '';
  child.stderr.on('data', (chunk) => {
    told += chunk;
  });
  return { pid: child.pid as number, ended: once(child, 'close'), told: () => told };
}

test('two programs train one run, whatever becomes of their workers, as one process does', async () => {
  const hosts = (await freePorts(2)).join(',');
  const hold = holdStarts(folder, [1, 2]);
  const first = start(0, hosts, hold);
  // A late one.
  await sleep(1000);
  const second = start(1, hosts, hold);

  await hold.held(1);
  process.kill(workerOf(second.pid), 'SIGKILL');
  hold.release(1);
  await hold.held(2);
  process.kill(workerOf(first.pid), 'SIGSTOP');
  hold.release(2);

  const codes = [(await first.ended)[0], (await second.ended)[0]];
  expect(codes, `${first.told()}\n${second.told()}`).toEqual([0, 0]);
  expect(numbersOf('ranks')).toEqual(numbersOf('alone'));
  expect(starts('ranks').map(({ ranks }) => ranks)).toEqual([2, 2, 2]);
}, 240_000);

test('a run that two processes began goes on with one and with four, to the same bits', async () => {
  const hold = holdStarts(folder, [1, 2]);
  const words = (ranks: number) => ['run', 'shared.yaml', '--out', 'other-numbers', '--ranks', String(ranks)];
  for (const [at, ranks] of [2, 1].entries()) {
    const cut = spawn(process.execPath, [program, ...words(ranks)], {
      cwd: folder,
      env: { ...process.env, ...hold.env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    started.push(cut);
    const ended = once(cut, 'close');
    let told = '';
    cut.stderr.on('data', (chunk) => {
      told += chunk;
    });
    await hold.held(at + 1);
    cut.kill('SIGINT');
    while (!told.includes('saving every run')) await sleep(20);
    hold.release(at + 1);
    expect((await ended)[0], told).toBe(75);
  }
  const last = ablate(words(4), { cwd: folder });
  expect(last.status, last.stderr).toBe(0);
  expect(numbersOf('other-numbers')).toEqual(numbersOf('alone'));
  expect(starts('other-numbers').map(({ ranks = 1 }) => ranks)).toEqual([2, 1, 4]);
}, 120_000);

test('a suite that its ranks cannot share is refused where it says so', () => {
  const { status, stderr } = ablate(['run', 'shared.yaml', '--ranks', '3'], { cwd: folder });
  expect(status).toBe(2);
  expect(stderr).toContain(
    '--set runner.ranks=3: 3 ranks cannot share the steps of convnext-tiny, which have 4 passes of 4 pictures; 3 ranks do not divide batch_size 16 either',
  );
});
