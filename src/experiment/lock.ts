import { readFileSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

/** Another process works on the same folder. */
export class LockedError extends Error {
  override readonly name = 'LockedError';
}

/** Who holds a lock. */
export interface Holder {
  readonly pid: number;
  /** Distinguishes a process from a later one with its number. */
  readonly started: string;
  readonly host: string;
}

export type Release = () => Promise<void>;

const lockFile = (folder: string): string => join(folder, '.lock');

/**
 * Takes a suite's folder for this process, so that no run is trained twice at once. A lock whose process is gone is taken
 * over. Throws a `LockedError` that names the holder.
 */
export async function lockFolder(folder: string): Promise<Release> {
  const taken = await tryLock(folder);
  if (typeof taken === 'function') return taken;
  if (taken.host === hostname()) {
    throw new LockedError(
      `process ${taken.pid} is running this suite in ${folder}; wait for it, or end it and run again`,
    );
  }
  throw new LockedError(
    `process ${taken.pid} on ${taken.host} is running this suite in ${folder}; wait for it, or start both with --shared.\nWhere that machine is gone, its lock lapses 5 minutes after it was last touched`,
  );
}

/** Takes a folder as soon as its holder lets go of it; null where the signal comes first. */
export async function waitForLock(
  folder: string,
  signal: AbortSignal,
  onWait: OnWait = () => {},
): Promise<Release | null> {
  const tell = patiently(onWait);
  for (;;) {
    const taken = await tryLock(folder);
    if (typeof taken === 'function') return taken;
    if (signal.aborted) return null;
    tell(taken);
    await sleep(pollMilliseconds);
  }
}

/** Waits until nobody holds a folder or the signal comes; takes nothing. */
export async function untilFree(folder: string, signal: AbortSignal, onWait: OnWait = () => {}): Promise<void> {
  const tell = patiently(onWait);
  while (!signal.aborted) {
    const holder = await holderOf(folder);
    if (!holder) return;
    tell(holder);
    await sleep(pollMilliseconds);
  }
}

/** The process that works on a folder right now, or null. */
export async function holderOf(folder: string): Promise<HolderSeen | null> {
  const holder = await readHolder(lockFile(folder));
  return holder !== null && (await isAlive(holder, lockFile(folder))) ? seen(holder) : null;
}

/** Who is waited for, and whether that process was stopped (SIGSTOP, Ctrl-Z) and so will never let go by itself. */
export interface HolderSeen extends Holder {
  readonly stopped: boolean;
}

const seen = (holder: Holder): HolderSeen => ({
  ...holder,
  stopped: holder.host === hostname() && isStopped(holder.pid),
});

/** Told once where a wait is longer than a saving worker takes at most, and again where its holder is stopped. */
type OnWait = (holder: HolderSeen) => void;

const patienceMilliseconds = 2000;

function patiently(onWait: OnWait): (holder: Holder) => void {
  const began = Date.now();
  let told = '';
  return (holder) => {
    if (Date.now() - began < patienceMilliseconds) return;
    const found = seen(holder);
    const now = `${found.host} ${found.pid} ${found.stopped}`;
    if (now !== told) onWait(found);
    told = now;
  };
}

/** Whether a process of this machine is stopped; false where the system does not say. */
export const isStopped = (pid: number): boolean => 'Tt'.includes(processFields(pid)?.[0] ?? ' ');

const pollMilliseconds = 100;
/** How often a holder shows that it lives, and how long another machine's may not have done so. */
const touchMilliseconds = 15_000;
const silentMilliseconds = 300_000;
/** A lock is written at once after it is made; older than this and still not readable, its maker died in between. */
const writingMilliseconds = 2000;

/** The release, or who holds the folder. */
async function tryLock(folder: string): Promise<Release | Holder> {
  await mkdir(folder, { recursive: true });
  const path = lockFile(folder);
  for (;;) {
    try {
      await writeLock(path);
      return keepAlive(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = await readHolder(path);
    if (holder && (await isAlive(holder, path))) return holder;
    if (!holder && (await ageOf(path)) < writingMilliseconds) await sleep(pollMilliseconds);
    else await removeStale(path);
  }
}

/** Makes this process's lock, or leaves none: on a full disk a file can be made and not be written. */
async function writeLock(path: string): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    await handle.writeFile(JSON.stringify(thisProcess()));
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}

/** Takes a dead process's lock away, and only that: another process may have replaced it since it was read. */
async function removeStale(path: string): Promise<void> {
  const aside = `${path}.${process.pid}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const holder = await readHolder(aside);
  if (holder && (await isAlive(holder, aside))) await rename(aside, path);
  else await rm(aside, { force: true });
}

const thisProcess = (): Holder => ({ pid: process.pid, started: startOf(process.pid) ?? '', host: hostname() });

const holderSchema = z.object({ pid: z.int().positive(), started: z.string(), host: z.string() });

/** Null where there is no lock, or one that is not whole. */
async function readHolder(path: string): Promise<Holder | null> {
  try {
    return holderSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return null;
  }
}

async function ageOf(path: string): Promise<number> {
  const found = await stat(path).catch(() => null);
  return found ? Date.now() - found.mtimeMs : 0;
}

/** Processes of other machines cannot be looked at: they are alive as long as they touch their lock. */
const isAlive = async ({ pid, started, host }: Holder, path: string): Promise<boolean> =>
  host === hostname() ? startOf(pid) === started : (await ageOf(path)) < silentMilliseconds;

/** Touches a lock now and then until it is released. */
function keepAlive(path: string): Release {
  const touch = (): void => {
    const now = new Date();
    // A lock that was taken away by hand is no error.
    utimes(path, now, now).catch(() => {});
  };
  const timer = setInterval(touch, touchMilliseconds).unref();
  return async () => {
    clearInterval(timer);
    await rm(path, { force: true });
  };
}

/** When a process began, in the kernel's terms; undefined where there is no such process. */
function startOf(pid: number): string | undefined {
  const fields = processFields(pid);
  if (!fields) return respondsToSignals(pid) ? 'unknown' : undefined;
  // A zombie has ended; nobody may ever collect it where the first process of a container does not.
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}

/** What the kernel says of a process from its state, the third field, on; undefined where it says nothing. */
function processFields(pid: number): string[] | undefined {
  try {
    // The second field, the name in brackets, may hold spaces.
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ');
  } catch {
    return undefined;
  }
}

function respondsToSignals(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
