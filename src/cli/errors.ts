import { ConfigError } from '../config/problem.js';
import { DataError } from '../data/error.js';
import { EnvironmentError } from '../engine/engine.js';
import { StorageError } from '../experiment/storage.js';
import { LayerError } from '../layers/layer.js';
import { RoadError } from '../roadmap/catalogue.js';
import { WeightsError } from '../weights/safetensors.js';

/** Exit codes that scripts rely on. */
export const exitCodes = { done: 0, someFailed: 1, badInput: 2, environment: 3, interrupted: 75 } as const;

/** The command line was not what the command takes. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Ends the program with a code, after everything that was to be said has been said. */
export class Exit extends Error {
  override readonly name = 'Exit';
  constructor(readonly code: number) {
    super(`exit ${code}`);
  }
}

/** The code for an error, and what a person reads; null where the error is a defect of ours. */
export function expectedError(error: unknown): { code: number; text: string } | null {
  if (error instanceof ConfigError) return { code: exitCodes.badInput, text: error.render() };
  if (error instanceof EnvironmentError || error instanceof DataError || error instanceof StorageError)
    return { code: exitCodes.environment, text: error.message };
  const system = systemError(error);
  if (system) return system;
  const bad = [UsageError, RoadError, LayerError, WeightsError].some((kind) => error instanceof kind);
  return bad ? { code: exitCodes.badInput, text: (error as Error).message } : null;
}

/** What may be wrong with a path that somebody gave, and with the machine. */
const ofPaths: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a file stands where the path has a folder; move it away, or name another folder',
  EISDIR: 'this is a folder',
  EEXIST: 'this is a file already; move it away, or name another folder',
  ENOTEMPTY: 'the folder is not empty',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
};
const ofMachine: Readonly<Record<string, string>> = {
  ENOSPC: 'no space is left on the device',
  EDQUOT: 'the disk quota is exceeded',
  EMFILE: 'too many files are open; raise `ulimit -n`',
  EIO: 'the device cannot be read or written',
};

function systemError(error: unknown): { code: number; text: string } | null {
  const { code = '', path, syscall } = error as NodeJS.ErrnoException;
  if (!syscall) return null;
  const where = path ?? syscall;
  if (code in ofPaths) return { code: exitCodes.badInput, text: `${where}: ${ofPaths[code]}` };
  return code in ofMachine ? { code: exitCodes.environment, text: `${where}: ${ofMachine[code]}` } : null;
}
