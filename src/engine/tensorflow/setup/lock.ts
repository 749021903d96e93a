import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statSync, utimesSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cacheRoot } from './cache.js';

const HEARTBEAT_MS = 2_000;
const STALE_MS = 20_000;

/**
 * Runs `work` while no other process, on this machine or on one that shares the disk, runs anything under the same
 * lock file. The holder touches the file every two seconds; a lock untouched for twenty, or whose process is gone,
 * is taken over. Nothing relies on the lock for correctness (folders are published by rename): it saves a second
 * download.
 */
export async function withLock<T>(file: string, waiting: (holder: string) => void, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(file), { recursive: true });
  let told = false;
  while (!acquire(file)) {
    const holder = readHolder(file);
    if (isStale(file, holder)) {
      rmSync(file, { force: true });
      continue;
    }
    if (!told) waiting(holder);
    told = true;
    await sleep(500);
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    try {
      utimesSync(file, now, now);
    } catch {
      // Taken over or removed by hand: publishing by rename keeps the cache whole all the same.
    }
  }, HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    rmSync(file, { force: true });
  }
}

/** Runs `work` while no other process changes the cache of engines. */
export const withSetupLock = <T>(progress: (text: string) => void, work: () => Promise<T>): Promise<T> =>
  withLock(
    join(cacheRoot(), 'setup.lock'),
    (holder) => progress(`another setup is at work (${holder}); waiting for it`),
    work,
  );

const me = (): string => `process ${process.pid} on ${hostname()}`;

function acquire(file: string): boolean {
  try {
    const handle = openSync(file, 'wx');
    writeSync(handle, me());
    closeSync(handle);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function readHolder(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function isStale(file: string, holder: string): boolean {
  const match = /^process (\d+) on (.*)$/.exec(holder);
  if (match && match[2] === hostname() && !isAlive(Number(match[1]))) return true;
  try {
    return Date.now() - statSync(file).mtimeMs > STALE_MS;
  } catch {
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
