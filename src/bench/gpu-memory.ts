import { execFile } from 'node:child_process';

/** Bytes of GPU memory that a process holds on all cards, as NVIDIA's driver counts them; NaN where it does not say. */
export function gpuBytes(pid: number): Promise<number> {
  const query = ['--query-compute-apps=pid,used_memory', '--format=csv,noheader,nounits'];
  return new Promise((resolve) => {
    execFile('nvidia-smi', query, (error, printed) => resolve(error ? Number.NaN : bytesOf(pid, printed)));
  });
}

/** @param printed a line a process and card: its id, and MiB or a word in brackets. */
export function bytesOf(pid: number, printed: string): number {
  const own = printed
    .split('\n')
    .map((line) => line.split(',').map(Number))
    .filter(([id]) => id === pid);
  return own.length === 0 ? Number.NaN : own.reduce((sum, [, mebibytes = Number.NaN]) => sum + mebibytes * 2 ** 20, 0);
}
