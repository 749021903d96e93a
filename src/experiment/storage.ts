import { resolve, sep } from 'node:path';

/** The disk takes no more, or not from us: no run of the suite can go on. The message says which and what to do. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
}

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of disk space is used up',
  EROFS: 'the file system is read-only',
  EACCES: 'it may not be written to',
  EPERM: 'it may not be written to',
  EIO: 'the disk reports an error',
  EMFILE: 'this process may open no more files (ulimit -n)',
  ENFILE: 'the system may open no more files',
};

/**
 * A `StorageError` where a file operation failed for want of room or permission, below a folder or on the way to it, else
 * the error itself.
 */
export function storageProblem(error: Error, folder: string): Error {
  const { code, path, syscall } = error as NodeJS.ErrnoException;
  const reason = code === undefined ? undefined : reasons[code];
  // Writing to an open file names no path; reading a file elsewhere is another matter.
  const ours =
    path === undefined ? syscall === 'write' || syscall === 'fsync' : isBelow(path, folder) || isBelow(folder, path);
  if (!reason || !ours) return error;
  return new StorageError(
    `${path ?? folder}: ${reason} (${code}).\nNothing that was saved is lost. Next: make room or give leave, then the same command goes on`,
  );
}

/** Whether a path is a folder or lies below it. */
const isBelow = (path: string, folder: string): boolean =>
  `${resolve(path)}${sep}`.startsWith(`${resolve(folder)}${sep}`);
