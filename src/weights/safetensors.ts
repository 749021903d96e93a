/**
 * The safetensors format: an 8-byte little-endian header length, a JSON header with each tensor's dtype, shape and byte
 * range, then the data. Read tensor by tensor, so that a file of gigabytes never stands in memory whole.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { rename, rm } from 'node:fs/promises';

export type Dtype = 'F64' | 'F32' | 'F16' | 'BF16' | 'I64' | 'I32' | 'I16' | 'I8' | 'U8' | 'BOOL';

const bytesOf: Readonly<Record<Dtype, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
};

export interface TensorEntry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Byte range in the file. */
  readonly begin: number;
  readonly end: number;
}

/** A file is not what it should be; the message names the file and the place. */
export class WeightsError extends Error {
  override readonly name = 'WeightsError';
}

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
  const handle = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    throw new WeightsError(`${path}: ${error.code === 'ENOENT' ? 'there is no such file' : error.message}`);
  });
  try {
    const { entries, metadata } = await readHeader(handle, path);
    const bytes = async (name: string): Promise<{ entry: TensorEntry; buffer: ArrayBuffer }> => {
      const entry = entries.get(name);
      if (!entry) throw new WeightsError(`${path}: there is no tensor "${name}"`);
      const buffer = new ArrayBuffer(entry.end - entry.begin);
      await readFully(handle, new Uint8Array(buffer), entry.begin, path);
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

/** Writes a file under a temporary name and renames it when it is whole. Tensors are laid out in the order given. */
export async function writeSafetensors(
  path: string,
  tensors: readonly NamedTensor[],
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  let offset = 0;
  const header: Record<string, unknown> = Object.keys(metadata).length > 0 ? { __metadata__: metadata } : {};
  for (const { name, shape, dtype } of tensors) {
    const size = shape.reduce((product, side) => product * side, bytesOf[dtype]);
    header[name] = { dtype, shape, data_offsets: [offset, offset + size] };
    offset += size;
  }
  const text = JSON.stringify(header);
  // The format asks for a header padded with spaces to a multiple of 8 bytes.
  const json = Buffer.from(text + ' '.repeat((8 - (Buffer.byteLength(text) % 8)) % 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const temporary = `${path}.${process.pid}.partial`;
  const handle = await open(temporary, 'w');
  try {
    await handle.write(length);
    await handle.write(json);
    for (const tensor of tensors) {
      const values = await tensor.values();
      await handle.write(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    }
    await handle.sync();
  } catch (error) {
    await handle.close();
    await rm(temporary, { force: true });
    throw error;
  }
  await handle.close();
  await rename(temporary, path);
}

async function readHeader(handle: FileHandle, path: string) {
  const stat = await handle.stat();
  if (stat.isDirectory()) throw new WeightsError(`${path}: is a folder, expected a safetensors file`);
  const { size } = stat;
  const damaged = (what: string) => new WeightsError(`${path}: not a whole safetensors file: ${what}`);
  if (size < 10) throw damaged(`${size} bytes are too few for a header`);
  const head = new Uint8Array(8);
  await readFully(handle, head, 0, path);
  const length = Number(Buffer.from(head).readBigUInt64LE());
  if (length > size - 8 || length > 100_000_000) throw damaged(`its header should take ${length} of ${size} bytes`);
  const json = new Uint8Array(length);
  await readFully(handle, json, 8, path);
  let header: unknown;
  try {
    header = JSON.parse(Buffer.from(json).toString('utf8'));
  } catch {
    throw damaged('its header is no JSON');
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    throw damaged('its header is no JSON object');
  const { __metadata__: metadata = {}, ...tensors } = header as Record<string, unknown>;
  const start = 8 + length;
  const entries = new Map<string, TensorEntry>();
  for (const [name, value] of Object.entries(tensors)) {
    const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
    if (typeof dtype !== 'string' || !Object.hasOwn(bytesOf, dtype))
      throw damaged(`tensor "${name}" has the unknown type ${dtype}`);
    if (!areCounts(shape)) throw damaged(`tensor "${name}" has the shape ${JSON.stringify(shape)}`);
    if (!areCounts(offsets) || offsets.length !== 2)
      throw damaged(`tensor "${name}" has the offsets ${JSON.stringify(offsets)}`);
    const [begin, end] = offsets as [number, number];
    const type = dtype as Dtype;
    const bytes = shape.reduce((product, side) => product * side, bytesOf[type]);
    if (end - begin !== bytes)
      throw damaged(`tensor "${name}" of ${type} [${shape.join(', ')}] needs ${bytes} bytes, has ${end - begin}`);
    if (start + end > size) throw damaged(`tensor "${name}" ends at byte ${start + end} of ${size}`);
    entries.set(name, { name, dtype: type, shape, begin: start + begin, end: start + end });
  }
  return { entries, metadata: metadata as Record<string, string> };
}

const areCounts = (values: unknown): values is number[] =>
  Array.isArray(values) && values.every((value) => Number.isSafeInteger(value) && value >= 0);

/** A read may return less than was asked for: large tensors come in pieces. */
async function readFully(handle: FileHandle, into: Uint8Array, position: number, path: string): Promise<void> {
  const most = 1 << 30;
  for (let done = 0; done < into.length; ) {
    const { bytesRead } = await handle.read(into, done, Math.min(most, into.length - done), position + done);
    if (bytesRead === 0) throw new WeightsError(`${path}: ends in the middle of a tensor`);
    done += bytesRead;
  }
}

function toFloat32(dtype: Dtype, buffer: ArrayBuffer): Float32Array {
  if (dtype === 'F32') return new Float32Array(buffer);
  if (dtype === 'BF16') {
    // bfloat16 is the upper half of a float32.
    const words = Uint32Array.from(new Uint16Array(buffer), (half) => half << 16);
    return new Float32Array(words.buffer);
  }
  return Float32Array.from(toNumbers(dtype, buffer));
}

function toNumbers(dtype: Dtype, buffer: ArrayBuffer): Float64Array {
  switch (dtype) {
    case 'F64':
      return new Float64Array(buffer);
    case 'F32':
    case 'BF16':
      return Float64Array.from(toFloat32(dtype, buffer));
    case 'F16':
      return Float64Array.from(new Uint16Array(buffer), halfToNumber);
    case 'I64':
      return Float64Array.from(new BigInt64Array(buffer), Number);
    case 'I32':
      return Float64Array.from(new Int32Array(buffer));
    case 'I16':
      return Float64Array.from(new Int16Array(buffer));
    case 'I8':
      return Float64Array.from(new Int8Array(buffer));
    case 'U8':
    case 'BOOL':
      return Float64Array.from(new Uint8Array(buffer));
  }
}

/** IEEE 754 half precision: 1 sign, 5 exponent, 10 fraction bits. */
function halfToNumber(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
