import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { command } from '../../../shell/program.js';
import { quoted } from '../../../shell/quoted.js';
import { EnvironmentError } from '../../engine.js';
import { type Flavour, TENSORFLOW_VERSION } from './wheels.js';

/** The root of the package: the folder that holds src/, dist/ and native/. */
export const packageRoot = fileURLToPath(new URL('../../../../', import.meta.url));

/** Where engines live: shared by every clone of the project, outside node_modules. */
export function cacheRoot(env: NodeJS.ProcessEnv = process.env): string {
  if (env['ABLATE_CACHE']) return env['ABLATE_CACHE'];
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'ablate');
}

export const libraryFolder = (flavour: Flavour): string =>
  join(cacheRoot(), `tensorflow-${TENSORFLOW_VERSION}-${flavour}-${process.platform}-${process.arch}`);

/** A folder name that changes with the contents of `files` and with `salt` (compiler flags, versions). */
export function keyOf(files: readonly string[], salt: string): string {
  const hash = createHash('sha256').update(salt);
  for (const file of files) hash.update(`\0${basename(file)}\0`).update(readFileSync(file));
  return hash.digest('hex').slice(0, 16);
}

const MANIFEST = 'manifest.json';

function filesBelow(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => statSync(join(folder, name)).isFile());
}

/**
 * Fills a folder of the cache all or nothing: `fill` works in a temporary one, which gets a list of its files with
 * their sizes and is then renamed into place.
 */
export async function publish(folder: string, fill: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = `${folder}${TEMPORARY}${process.pid}`;
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary, { recursive: true });
  try {
    await fill(temporary);
    const sizes = Object.fromEntries(filesBelow(temporary).map((file) => [file, statSync(join(temporary, file)).size]));
    writeFileSync(join(temporary, MANIFEST), JSON.stringify(sizes, null, 1));
    rmSync(folder, { recursive: true, force: true });
    renameSync(temporary, folder);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** Whether a folder was published and every file in it still has its size. */
export function isWhole(folder: string): boolean {
  try {
    const sizes = JSON.parse(readFileSync(join(folder, MANIFEST), 'utf8')) as Record<string, number>;
    return Object.entries(sizes).every(([file, size]) => statSync(join(folder, file)).size === size);
  } catch {
    return false;
  }
}

/**
 * Throws an `EnvironmentError` where anyone may write to code of the cache that is about to be loaded, or to a folder that it
 * lies in: it would run with the rights of whoever loads it.
 */
export function requirePrivate(file: string): void {
  for (const path of [cacheRoot(), dirname(file), file]) {
    // What is not there is no code; loading it says so.
    if (((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o002) === 0) continue;
    throw new EnvironmentError(
      `${path}: anyone may write to it, so the code in it may be anyone's and is not loaded.\nNext: chmod o-w ${quoted(path)}, and ${command('setup --force')} where others may have used that`,
    );
  }
}

const TEMPORARY = '.partial-';

/** Removes what a killed setup left behind; to be called under the lock only. */
export function removeLeftovers(root: string): void {
  if (!existsSync(root)) return;
  for (const name of readdirSync(root)) {
    if (name.includes(TEMPORARY)) rmSync(join(root, name), { recursive: true, force: true });
  }
}
