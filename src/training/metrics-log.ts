import { type FileHandle, open, readFile } from 'node:fs/promises';
import type { MetricsLine } from '../records/metrics.js';

/** metrics.jsonl, appended line by line. */
export interface MetricsLog {
  append(line: MetricsLine): Promise<void>;
  /** Length of the file so far, for checkpoints. */
  readonly bytes: number;
  /** Puts all lines on disk: a checkpoint that counts on them comes after. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** Opens the log with only its first `bytes`, of at least as many: what a run wrote after its last checkpoint it will write again. */
export async function openMetricsLog(path: string, bytes: number): Promise<MetricsLog> {
  const handle: FileHandle = await open(path, 'a');
  await handle.truncate(bytes);
  let length = bytes;
  return {
    append: async (line) => {
      // Lines to a file that has no name any more would be lost without a word.
      if ((await handle.stat()).nlink === 0)
        throw new Error(
          `${path} was removed while the run wrote to it: its records are gone, and it has to start again`,
        );
      const text = `${JSON.stringify(line)}\n`;
      await handle.appendFile(text);
      length += Buffer.byteLength(text);
    },
    get bytes() {
      return length;
    },
    sync: () => handle.sync(),
    close: () => handle.close(),
  };
}

/** A log that keeps nothing: of a rank that is not the first. */
export const noMetricsLog: MetricsLog = {
  append: async () => {},
  bytes: 0,
  sync: async () => {},
  close: async () => {},
};

/** The log's bytes; none where there is no log. */
export async function readMetricsLog(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return new Uint8Array();
    // Node's own words name no file here.
    if (code === 'EISDIR') throw new Error(`${path} is a folder, expected the run's metrics; move it away`);
    throw error;
  }
}
