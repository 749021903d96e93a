import { existsSync, readFileSync } from 'node:fs';
import { basename, delimiter, dirname, extname, isAbsolute, relative } from 'node:path';
import { quoted } from './quoted.js';

/** Through the environment, so that workers and checks in processes of their own say the same. */
const variable = 'ABLATE_COMMAND';

/** A command line of this program for a person to type, begun as they began this one: `npx @ablate-studies/ablate setup`. */
export const command = (line: string): string => `${process.env[variable] ?? 'ablate'} ${line}`;

/** Keeps how this process was started for `command`; what a parent process or script has said stays. */
export function rememberStart(file = process.argv[1]): void {
  if (file === undefined) return;
  process.env[variable] ??= startOf(file, { cwd: process.cwd(), path: process.env['PATH'] ?? '' });
}

/**
 * How a person starts the program again.
 *
 * @param file the entry point as Node was given it: links are not followed, so it says by which name it was called.
 */
export function startOf(file: string, { cwd, path }: { readonly cwd: string; readonly path: string }): string {
  // npx, and the scripts of a package, put this folder on the path for themselves only.
  if (basename(dirname(file)) === '.bin') return `npx ${packageName()}`;
  if (extname(file) === '') return path.split(delimiter).includes(dirname(file)) ? basename(file) : quoted(file);
  const near = relative(cwd, file);
  return `node ${quoted(near.startsWith('..') || isAbsolute(near) ? file : near)}`;
}

/** The name under which npm has the package, which is what plug-ins may import, too. */
export function packageName(): string {
  const { name } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { name: string };
  return name;
}

/** The command that installs the packages again: a clone has a lock file to go by. */
export const installCommand = (): string =>
  existsSync(new URL('../../package-lock.json', import.meta.url)) ? 'npm ci' : 'npm install';
