import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Machine } from './records.js';

/** The package's own folder. */
export const packageFolder = fileURLToPath(new URL('../../', import.meta.url));

/** What a run was made on. Cores are those that this process may use. */
export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: availableMemory(),
    platform: `${process.platform}-${process.arch}`,
    node: process.version,
  };
}

/** Memory that this process may use: the machine's, or its control group's where that is less. */
export function availableMemory(): number {
  const limit = process.constrainedMemory();
  return limit > 0 && limit < totalmem() ? limit : totalmem();
}

/** The package's version, with the commit where it runs from a clone and `+changes` where that was changed. */
export function codeVersion(): string {
  const { version } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as { version: string };
  if (!existsSync(join(packageFolder, '.git'))) return version;
  const git = (...args: string[]) => execFileSync('git', args, { cwd: packageFolder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const commit = git('rev-parse', '--short', 'HEAD');
    return `${version}-${commit}${git('status', '--porcelain', '--', 'src', 'native', 'package.json') ? '+changes' : ''}`;
  } catch {
    // A clone without git on the path: the version is all that can be said.
    return version;
  }
}
