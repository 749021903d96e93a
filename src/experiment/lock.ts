import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Another `ablate run` works on the same suite. */
export class LockedError extends Error {
  override readonly name = 'LockedError';
}

interface Holder {
  readonly pid: number;
  /** Distinguishes a process from a later one with its number. */
  readonly started: string;
}

/**
 * Takes a suite's folder for this process, so that no run is trained twice at once. A lock whose process is gone is taken
 * over. Returns the release. Throws a `LockedError` that names the process.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, '.lock');
  for (let attempt = 0; ; attempt++) {
    try {
      const handle = await open(path, 'wx');
      await handle.writeFile(JSON.stringify({ pid: process.pid, started: startOf(process.pid) ?? '' } satisfies Holder));
      await handle.close();
      return () => rm(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = await readHolder(path);
    if (holder && (startOf(holder.pid) ?? null) === holder.started) {
      throw new LockedError(`process ${holder.pid} is running this suite in ${folder}; wait for it, or end it and run again`);
    }
    if (attempt > 3) throw new LockedError(`${path} cannot be taken; remove it if no other run is under way`);
    await rm(path, { force: true });
  }
}

async function readHolder(path: string): Promise<Holder | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Holder;
  } catch {
    // Killed between making and writing the file: nobody holds it.
    return null;
  }
}

/** When a process began, in the kernel's terms; undefined where there is no such process. */
function startOf(pid: number): string | undefined {
  try {
    // The 22nd field; the second, the name in brackets, may hold spaces.
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[19];
  } catch {
    return alive(pid) ? 'unknown' : undefined;
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
