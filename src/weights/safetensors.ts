/**
 * The safetensors format: an 8-byte little-endian header length, a JSON header with each tensor's dtype, shape and byte
 * range, then the data. Read tensor by tensor, so that a file of gigabytes never stands in memory whole.
 */
import { type FileHandle, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { safetensorsHead } from '../files/safetensors-head.js';
import { writeWhole } from '../files/whole.js';
import { bytesOf, toFloat32, toNumbers, unreadable } from './dtype.js';
import { shown, WeightsError } from './error.js';
import { readHeader, type TensorEntry } from './header.js';
import { quoted } from '../shell/quoted.js';

export { WeightsError } from './error.js';

/** A safetensors file opened for reading. Close it. */
export interface SafetensorsFile {
  readonly path: string;
  readonly entries: ReadonlyMap<string, TensorEntry>;
  readonly metadata: Readonly<Record<string, string>>;
  /** Values as float32; F16, BF16, F64 and integers are converted. */
  readFloat32(name: string): Promise<Float32Array>;
  /** Values as numbers, exact up to 2^53. */
  readNumbers(name: string): Promise<Float64Array>;
  close(): Promise<void>;
}

/** Opens and checks a file's header. Throws a `WeightsError` where it is damaged, truncated or something else. */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  const failed = (error: NodeJS.ErrnoException) => {
    throw new WeightsError(`${path}: ${error.code === 'ENOENT' ? 'there is no such file' : error.message}`);
  };
  // Asked first: opening a pipe would wait for a writer.
  const found = await stat(path).catch(failed);
  if (found.isDirectory()) throw new WeightsError(`${path}: is a folder, expected a safetensors file`);
  if (!found.isFile()) throw new WeightsError(`${path}: is no regular file, expected a safetensors file`);
  const handle = await open(path, 'r').catch(failed);
  try {
    const read = async (position: number, length: number): Promise<Uint8Array<ArrayBuffer>> => {
      const bytes = new Uint8Array(length);
      await readFully(handle, bytes, position, path);
      return bytes;
    };
    const { entries, metadata } = await readHeader(path, found.size, read);
    const bytes = async (name: string): Promise<{ entry: TensorEntry; buffer: ArrayBuffer }> => {
      const entry = entries.get(name);
      if (!entry) throw new WeightsError(`${path}: there is no tensor "${shown(name)}"`);
      const why = unreadable(entry.dtype);
      if (why) throw new WeightsError(`${path}: the tensor "${shown(name)}" is ${entry.dtype}: ${why}`);
      const { buffer } = await read(entry.begin, entry.end - entry.begin);
      return { entry, buffer };
    };
    return {
      path,
      entries,
      metadata,
      readFloat32: async (name) => {
        const { entry, buffer } = await bytes(name);
        return toFloat32(entry.dtype, buffer);
      },
      readNumbers: async (name) => {
        const { entry, buffer } = await bytes(name);
        return toNumbers(entry.dtype, buffer);
      },
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** A tensor to write: floats as F32, or integers as I64. */
export interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: 'F32' | 'I64';
  /** Asked for when its turn comes, so that a large file is never in memory whole. */
  values(): Float32Array | BigInt64Array | Promise<Float32Array>;
}

/** Throws a `WeightsError` where no file can be written under a path: it is a folder, or its folder is not there. */
export async function checkTarget(path: string): Promise<void> {
  const kindOf = async (place: string) => {
    const found = await stat(place).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
      throw error;
    });
    return found?.isDirectory() ? 'folder' : found ? 'file' : null;
  };
  if ((await kindOf(path)) === 'folder') throw new WeightsError(`${path}: is a folder; name the file to write in it`);
  const folder = dirname(path);
  const kind = await kindOf(folder);
  if (kind === 'folder') return;
  throw new WeightsError(
    `${path}: cannot be written: ${folder} is ${kind === 'file' ? 'no folder' : 'not there'}.\nNext: ${kind === 'file' ? 'choose another place' : `mkdir -p ${quoted(folder)}`}`,
  );
}

/** Writes a file whole or not at all, its tensors in the order given. Throws as `checkTarget` does. */
export async function writeSafetensors(
  path: string,
  tensors: readonly NamedTensor[],
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const head = safetensorsHead(
    tensors.map(({ name, shape, dtype }) => ({ name, shape, dtype, bytes: bytesOf(dtype, shape) })),
    metadata,
  );
  await checkTarget(path);
  await writeWhole(path, pieces());

  async function* pieces() {
    yield* head;
    for (const tensor of tensors) {
      const values = await tensor.values();
      yield new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    }
  }
}

/** A read may return less than was asked for: large tensors come in pieces. */
async function readFully(handle: FileHandle, into: Uint8Array, position: number, path: string): Promise<void> {
  const most = 1 << 30;
  for (let done = 0; done < into.length; ) {
    const { bytesRead } = await handle.read(into, done, Math.min(most, into.length - done), position + done);
    if (bytesRead === 0) throw new WeightsError(`${path}: ends in the middle of a tensor`);
    done += bytesRead;
  }
}
