import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { EncodedPicture, FileSource, MemorySource, Picture, PictureSource } from '../dataset.js';
import { decodePicture } from '../pictures/decoders/decode.js';
import { DataError } from '../error.js';
import { pathAt } from './picture-list.js';
import { jpegSize } from '../pictures/decoders/jpeg-frame.js';

/** Reads a source's pictures, in a thread or out of one. */
export interface SourceReader {
  picture(index: number): Picture | Promise<Picture>;
  /** The same, not decoded yet where its header says its size. */
  encoded?(index: number): Promise<Picture | EncodedPicture>;
  close(): Promise<void>;
}

export function openSource(source: PictureSource): SourceReader {
  return source.kind === 'memory' ? readMemory(source) : readFiles(source);
}

function readMemory(source: MemorySource): SourceReader {
  return { picture: (index) => pictureInMemory(source, index), close: async () => {} };
}

/** A picture of a small set, its grey repeated over three channels. */
export function pictureInMemory(source: MemorySource, index: number): Picture {
  const { pixels, height, width, channels, indices } = source;
  const length = height * width * channels;
  const start = (indices ? (indices[index] as number) : index) * length;
  if (channels === 3) return { height, width, pixels: pixels.subarray(start, start + length) };
  const repeated = new Uint8Array(length * 3);
  for (let from = start, to = 0; from < start + length; from++, to += 3) {
    const grey = pixels[from] as number;
    repeated[to] = grey;
    repeated[to + 1] = grey;
    repeated[to + 2] = grey;
  }
  return { height, width, pixels: repeated };
}

/** Files kept open: those of tars, which are read again and again. */
const mostOpen = 64;

function readFiles({ root, paths, file, offset, bytes }: FileSource): SourceReader {
  const kept = new Map<string, Promise<FileHandle>>();

  const handleOf = (path: string): Promise<FileHandle> => {
    const known = kept.get(path);
    if (known) kept.delete(path);
    const handle = known ?? open(path);
    kept.set(path, handle);
    const [oldest] = kept.keys();
    if (kept.size > mostOpen && oldest !== undefined) {
      const closing = kept.get(oldest);
      kept.delete(oldest);
      // Reads under way on it end first: FileHandle.close waits for them.
      closing?.then((one) => one.close()).catch(() => {});
    }
    return handle;
  };

  const read = async (index: number): Promise<{ content: Uint8Array; name: string }> => {
    const path = join(root, pathAt(paths, file[index] as number));
    const start = offset[index] as number;
    const length = bytes[index] as number;
    const name = start > 0 ? `${path} at byte ${start}` : path;
    const content = new Uint8Array(length);
    // A file of its own is read once an epoch; keeping it open would gain nothing.
    const handle = await (start > 0 ? handleOf(path) : open(path)).catch((error: Error) => {
      throw new DataError(`${name}: ${error.message}`);
    });
    try {
      const { bytesRead } = await handle.read(content, 0, length, start);
      if (bytesRead < length) throw new DataError(`${name}: has become shorter since it was listed`);
    } finally {
      if (start === 0) await handle.close();
    }
    return { content, name };
  };

  return {
    async picture(index) {
      const { content, name } = await read(index);
      return decodePicture(content, name);
    },
    async encoded(index) {
      const { content, name } = await read(index);
      const size = jpegSize(content);
      return size
        ? { ...size, decode: (region) => decodePicture(content, name, region) }
        : decodePicture(content, name);
    },
    async close() {
      const handles = [...kept.values()];
      kept.clear();
      await Promise.allSettled(handles.map(async (handle) => (await handle).close()));
    },
  };
}
