import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  type HolderSeen,
  holderOf,
  LockedError,
  lockFolder,
  untilFree,
  waitForLock,
} from '../../src/experiment/lock.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ablate-lock-'));
});
afterEach(() => rm(folder, { recursive: true }));

const file = (): string => join(folder, '.lock');

test('one holder at a time', async () => {
  const release = await lockFolder(folder);
  expect(await holderOf(folder)).toMatchObject({ pid: process.pid, host: hostname(), stopped: false });
  await expect(lockFolder(folder)).rejects.toThrow(LockedError);
  await release();
  expect(await holderOf(folder)).toBeNull();
  await (await lockFolder(folder))();
  expect(await readdir(folder)).toEqual([]);
});

test('of many that ask at once, one gets it', async () => {
  const tries = await Promise.allSettled(Array.from({ length: 20 }, () => lockFolder(folder)));
  expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

test('the lock of a dead process is taken over', async () => {
  const child = spawn(process.execPath, ['-e', '']);
  const { pid } = child;
  await once(child, 'close');
  await writeFile(file(), JSON.stringify({ pid, started: '1', host: hostname() }));
  await (await lockFolder(folder))();
});

test('a later process with the number of a dead one does not hold its lock', async () => {
  await writeFile(file(), JSON.stringify({ pid: process.pid, started: 'long ago', host: hostname() }));
  await (await lockFolder(folder))();
});

test('a lock that was cut off while it was written counts as held for a moment, then as none', async () => {
  await writeFile(file(), '{ "pi');
  const long = new Date(Date.now() - 60_000);
  await utimes(file(), long, long);
  await (await lockFolder(folder))();
});

test('a lock of another machine is believed while it is touched', async () => {
  await writeFile(file(), JSON.stringify({ pid: 1, started: '1', host: 'elsewhere' }));
  await expect(lockFolder(folder)).rejects.toThrow(`process 1 on elsewhere is running this suite in ${folder}`);
  const minutesAgo = new Date(Date.now() - 6 * 60_000);
  await utimes(file(), minutesAgo, minutesAgo);
  await (await lockFolder(folder))();
});

test('waiting ends with the release, or with the signal', async () => {
  const release = await lockFolder(folder);
  const stop = new AbortController();
  const waiting = waitForLock(folder, stop.signal);
  stop.abort();
  expect(await waiting).toBeNull();
  const free = untilFree(folder, new AbortController().signal);
  await release();
  await free;
  const taken = await waitForLock(folder, new AbortController().signal);
  expect(JSON.parse(await readFile(file(), 'utf8'))).toMatchObject({ pid: process.pid });
  await taken?.();
});

test('who waits long is told for whom, and that a stopped process will not let go by itself', async () => {
  const holder = spawn('sleep', ['60']);
  const { pid } = holder;
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const started = stat.split(') ').at(-1)?.split(' ')[19];
  await writeFile(file(), JSON.stringify({ pid, started, host: hostname() }));
  process.kill(pid as number, 'SIGSTOP');
  const stop = new AbortController();
  const seen = await new Promise<HolderSeen>((resolve) => {
    untilFree(folder, stop.signal, resolve);
  });
  stop.abort();
  expect(seen).toMatchObject({ pid, stopped: true });
  expect(await holderOf(folder)).toMatchObject({ pid, stopped: true });
  holder.kill('SIGKILL');
});

test.each(['null', '{"pid":"1"}', '[]', '{"pid":-4,"started":"1","host":"elsewhere"}'])(
  '%s is no lock',
  async (text) => {
    await writeFile(file(), text);
    expect(await holderOf(folder)).toBeNull();
  },
);
