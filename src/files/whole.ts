import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Files of this ending were never finished; whoever works on their folder alone may remove them. */
export const partialEnding = '.partial';

type Piece = string | Uint8Array;

/**
 * Writes a file whole or not at all: under another name, synced, renamed, and the folder synced. A link in its place is
 * replaced, not followed; the folder is made where there is none. An error names the file.
 *
 * @param content in pieces where it should not stand in memory at once; an error thrown by them leaves nothing behind
 */
export async function writeWhole(path: string, content: Piece | Iterable<Piece> | AsyncIterable<Piece>): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}${partialEnding}`;
  try {
    // What lies there under this name, such as a link, is not ours.
    await rm(temporary, { force: true });
    const handle = await open(temporary, 'wx');
    try {
      await writeFile(handle, content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true });
    throw atPath(error as NodeJS.ErrnoException, path, temporary);
  }
}

/** An error under the name that a person knows: writing to an open file names none. */
function atPath(error: NodeJS.ErrnoException, path: string, temporary: string): Error {
  const unnamed = error.path === undefined || error.path === temporary;
  return error.syscall && unnamed ? Object.assign(error, { path }) : error;
}

/** A rename is on disk only when its folder is. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
