import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunResult } from '../../src/records/result.js';
import { holderOf } from '../../src/experiment/lock.js';
import { runFolder } from '../../src/records/folders.js';
import { orNull, readResult } from '../../src/records/read.js';

const suiteProgram = fileURLToPath(new URL('./fakes/suite.mjs', import.meta.url));
const variants = Array.from({ length: 8 }, (_, index) => `run${index}`);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ablate-kill-'));
});
afterEach(() => rm(folder, { recursive: true, maxRetries: 5, retryDelay: 200 }));

const start = (...names: readonly string[]): ChildProcess =>
  spawn(process.execPath, [suiteProgram, folder, ...names], { stdio: ['ignore', 'pipe', 'pipe'] });

async function outputOf(suite: ChildProcess): Promise<string> {
  let text = '';
  suite.stdout?.on('data', (chunk) => {
    text += chunk;
  });
  suite.stderr?.on('data', (chunk) => {
    text += chunk;
  });
  await once(suite, 'close');
  return text;
}

async function results(): Promise<Map<string, RunResult>> {
  const found = new Map<string, RunResult>();
  for (const variant of variants) {
    const result = orNull(readResult(runFolder(folder, variant, 0)));
    if (result?.status === 'done') found.set(variant, result);
  }
  return found;
}

/** The process that trains right now, by its lock. */
async function someWorker(): Promise<number | null> {
  for (const variant of variants) {
    const holder = await holderOf(runFolder(folder, variant, 0));
    if (holder) return holder.pid;
  }
  return null;
}

test('killed at any moment and started again, a suite finishes and repeats no finished run', async () => {
  let done = new Map<string, RunResult>();
  for (let round = 0; round < 8; round++) {
    const suite = start(...variants);
    const ended = once(suite, 'close');
    await sleep(300 + 500 * Math.random());
    if (round % 2 === 1) {
      const worker = await someWorker();
      try {
        if (worker !== null) process.kill(worker, 'SIGKILL');
      } catch {
        // It had ended by itself.
      }
      await sleep(100 * Math.random());
    }
    // Its workers save and end by themselves; the next start must not get into their way.
    suite.kill('SIGKILL');
    await ended;
    const now = await results();
    for (const [variant, result] of done) expect(now.get(variant), `${variant} in round ${round}`).toEqual(result);
    done = now;
  }

  expect(JSON.parse(await outputOf(start(...variants)))).toEqual({ done: variants.length, failed: 0, left: 0 });
  const last = await results();
  for (const [variant, result] of done) expect(last.get(variant)).toEqual(result);
  for (const variant of variants)
    expectOneAtATime(await readFile(join(runFolder(folder, variant, 0), 'trace.txt'), 'utf8'));
});

/** Each process that worked on a run did so in one piece, and none after one that reached the end. */
function expectOneAtATime(trace: string): void {
  const lines = trace
    .trim()
    .split('\n')
    .map((line) => line.split(' ').map(Number) as [number, number]);
  const owners = lines.map(([pid]) => pid).filter((pid, index, all) => pid !== all[index - 1]);
  expect(owners.length).toBe(new Set(owners).size);
  expect(lines.at(-1)?.[1]).toBe(20);
}

test('a second start on the same folder is refused while the first one runs, and not after it died', async () => {
  const first = start('endless', 'a');
  while (readResult(runFolder(folder, 'a', 0)).state !== 'read') await sleep(20);
  expect(await outputOf(start('a'))).toMatch(`process ${first.pid} is running this suite in ${folder}; wait for it`);
  first.kill('SIGKILL');
  await once(first, 'close');
  expect(JSON.parse(await outputOf(start('a')))).toEqual({ done: 1, failed: 0, left: 0 });
});

test('workers whose parent died save and end', async () => {
  const suite = start('endless');
  const run = runFolder(folder, 'endless', 0);
  while (!(await holderOf(run))) await sleep(20);
  suite.kill('SIGKILL');
  while (await holderOf(run)) await sleep(20);
  expect(JSON.parse(await readFile(join(run, 'checkpoint', 'count.json'), 'utf8')).step).toBeGreaterThan(0);
});
