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

/** A `StorageError` where a file operation below a folder failed for want of room or permission, else the error itself. */
export function storageProblem(error: Error, folder: string): Error {
  const { code, path, syscall } = error as NodeJS.ErrnoException;
  const reason = code === undefined ? undefined : reasons[code];
  // Writing to an open file names no path; reading a file elsewhere is another matter.
  const ours = path === undefined ? syscall === 'write' || syscall === 'fsync' : path.startsWith(folder);
  if (!reason || !ours) return error;
  return new StorageError(
    `${path ?? folder}: ${reason} (${code}).\nNothing that was saved is lost. Next: make room or give leave, then the same command goes on`,
  );
}
