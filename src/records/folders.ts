import { existsSync, readdirSync } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { partialEnding } from '../files/whole.js';

/** A run by its place in a suite. */
export interface RunName {
  readonly variant: string;
  readonly seed: number;
}

/** Where a run's records are, below a suite's folder. */
export const runFolder = (suiteFolder: string, variant: string, seed: number): string =>
  join(suiteFolder, variant, `seed-${seed}`);

/**
 * Moves records out of the way: results are never deleted. Those of another resolved run stay beside, as
 * `stale-seed-<n>-<hash>`, and come back when the suite asks for them again; damaged ones as `damaged-seed-<n>`.
 */
export async function setAside(folder: string, why: 'stale' | 'damaged', hash: string | null): Promise<string> {
  const name = join(dirname(folder), `${why}-${basename(folder)}${hash === null ? '' : `-${hash.slice(0, 8)}`}`);
  let free = name;
  for (let count = 2; existsSync(free); count++) free = `${name}-${count}`;
  await rename(folder, free);
  return free;
}

/** The stale folders of a variant by the seed folder that they were set aside from: `seed-0` to its folders' paths. */
export function foldersAside(variantFolder: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const name of namesIn(variantFolder)) {
    const seedFolder = /^stale-(seed-\d+)-/.exec(name)?.[1];
    if (seedFolder) found.set(seedFolder, [...(found.get(seedFolder) ?? []), join(variantFolder, name)]);
  }
  return found;
}

/** Removes what was being written when its process died; the caller is alone in the folder. */
export async function removePartial(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch((): string[] => [])) {
    if (name.endsWith(partialEnding)) await rm(join(folder, name), { force: true });
  }
}

export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
