import { bytesOf, type Dtype, isDtype } from './dtype.js';
import { shown, WeightsError } from './error.js';
import { parseJson } from './json.js';
import { recognise } from './recognise.js';

export interface TensorEntry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Byte range in its file. */
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  readonly entries: ReadonlyMap<string, TensorEntry>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Bytes that a header may have, as in safetensors. */
const longest = 100_000_000;
/** Bytes at the end of an archive in which its list of files is looked for. */
const longestList = 65_536;

/** Reads `length` bytes of a file from `position`. */
export type ReadBytes = (position: number, length: number) => Promise<Uint8Array>;

/**
 * The header of a safetensors file of `size` bytes, held to what safetensors 0.8 holds it to: tensors lie one behind the
 * other without a gap, a byte shared or a byte left over, metadata is text. Throws a `WeightsError` that says what is
 * wrong, or what kind of file it is instead and which command makes one of it.
 */
export async function readHeader(path: string, size: number, read: ReadBytes): Promise<Header> {
  const damaged = (what: string) => new WeightsError(`${path}: not a whole safetensors file: ${what}`);
  const head = await read(0, Math.min(size, 4096));
  const length = size < 8 ? 0 : Number(Buffer.from(head.buffer, head.byteOffset, 8).readBigUInt64LE());
  if (size < 10 || length > size - 8 || length > longest || head[8] !== 0x7b) {
    const ending = Math.min(size - head.length, longestList);
    const other = recognise(path, Buffer.concat([head, await read(size - ending, ending)]));
    if (other) throw new WeightsError(`${path}: ${other}`);
  }
  if (size < 10) throw damaged(`${size} bytes are too few for a header`);
  if (length > longest) throw damaged(`its first eight bytes are no header's length; is it another kind of file?`);
  if (length > size - 8) throw damaged(`its header should take ${length} of ${size} bytes`);
  const { __metadata__: metadata, ...tensors } = parse(await read(8, length), damaged);
  return { entries: readEntries(tensors, 8 + length, size, damaged), metadata: readMetadata(metadata, damaged) };
}

type Damaged = (what: string) => WeightsError;

function parse(bytes: Uint8Array, damaged: Damaged): Record<string, unknown> {
  const parsed = parseJson(bytes);
  if ('wrong' in parsed) throw damaged(`its header is ${parsed.wrong}`);
  const header = parsed.value;
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    throw damaged('its header is no JSON object');
  return header as Record<string, unknown>;
}

function readMetadata(metadata: unknown, damaged: Damaged): Record<string, string> {
  if (metadata === undefined || metadata === null) return {};
  if (typeof metadata !== 'object' || Array.isArray(metadata)) throw damaged('its metadata is no mapping');
  const wrong = Object.entries(metadata).find(([, value]) => typeof value !== 'string');
  if (wrong) throw damaged(`its metadata "${shown(wrong[0])}" is no text but ${shown(wrong[1])}`);
  return metadata as Record<string, string>;
}

function readEntries(
  tensors: Readonly<Record<string, unknown>>,
  start: number,
  size: number,
  damaged: Damaged,
): Map<string, TensorEntry> {
  const entries = new Map<string, TensorEntry>();
  for (const [name, value] of Object.entries(tensors)) {
    const tensor = `tensor "${shown(name)}"`;
    if (/\p{Cs}/u.test(name)) throw damaged(`${tensor} has a name that is no Unicode`);
    const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
    if (!isDtype(dtype)) throw damaged(`${tensor} has the unknown type ${shown(dtype)}`);
    if (!areCounts(shape)) throw damaged(`${tensor} has the shape ${shown(shape)}`);
    if (!areCounts(offsets) || offsets.length !== 2) throw damaged(`${tensor} has the offsets ${shown(offsets)}`);
    const [begin, end] = offsets as [number, number];
    const bytes = bytesOf(dtype, shape);
    if (end - begin !== bytes)
      throw damaged(`${tensor} of ${dtype} ${shown(shape)} needs ${bytes} bytes, has ${end - begin}`);
    if (start + end > size) throw damaged(`${tensor} ends at byte ${start + end} of ${size}`);
    entries.set(name, { name, dtype, shape, begin: start + begin, end: start + end });
  }
  checkCover([...entries.values()], start, size, damaged);
  return entries;
}

/** Every byte behind the header belongs to one tensor. */
function checkCover(entries: readonly TensorEntry[], start: number, size: number, damaged: Damaged): void {
  let at = start;
  let before = 'the header';
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    const tensor = `tensor "${shown(name)}"`;
    if (begin > at) throw damaged(`${begin - at} bytes between ${before} and ${tensor} belong to no tensor`);
    if (begin < at) throw damaged(`${tensor} begins ${at - begin} bytes before the end of ${before}`);
    at = end;
    before = tensor;
  }
  if (at < size) throw damaged(`${size - at} bytes after ${before} belong to no tensor`);
}

const areCounts = (values: unknown): values is number[] =>
  Array.isArray(values) && values.every((value) => Number.isSafeInteger(value) && value >= 0);
