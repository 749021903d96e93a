import { type FileHandle, open, truncate } from 'node:fs/promises';
import type { MetricsLine } from '../experiment/records.js';

/** metrics.jsonl, appended line by line. */
export interface MetricsLog {
  append(line: MetricsLine): Promise<void>;
  /** Length of the file so far, for checkpoints. */
  readonly bytes: number;
  close(): Promise<void>;
}

/** Opens the log with only its first `bytes`: what a run wrote after its last checkpoint it will write again. */
export async function openMetricsLog(path: string, bytes: number): Promise<MetricsLog> {
  const handle: FileHandle = await open(path, 'a');
  await truncate(path, bytes);
  let length = bytes;
  return {
    append: async (line) => {
      const text = `${JSON.stringify(line)}\n`;
      await handle.appendFile(text);
      length += Buffer.byteLength(text);
    },
    get bytes() {
      return length;
    },
    close: () => handle.close(),
  };
}
