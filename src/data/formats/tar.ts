import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { DataError } from '../error.js';

/** A file in a tar archive: its bytes stand at `offset` of the archive, `size` long, as they are. */
export interface TarEntry {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

const BLOCK = 512;

/**
 * The files of an uncompressed tar archive, in its order; only headers are read. Knows ustar, GNU's and pax's long
 * names. `start` and `end` give an archive within the file. Throws a `DataError` where it is cut off or no archive.
 */
export function* tarEntries(file: string, within?: { start: number; end: number }): Generator<TarEntry> {
  const archive = openSync(file, 'r');
  try {
    const start = within?.start ?? 0;
    const end = within?.end ?? fstatSync(archive).size;
    yield* walk(file, start, end, (length, position) => {
      const bytes = Buffer.allocUnsafe(length);
      return bytes.subarray(0, readSync(archive, bytes, 0, length, position));
    });
  } finally {
    closeSync(archive);
  }
}

/** The files of an archive in memory. */
export function tarEntriesOf(bytes: Uint8Array, name: string): Generator<TarEntry> {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return walk(name, 0, whole.length, (length, position) => whole.subarray(position, position + length));
}

type Read = (length: number, position: number) => Buffer;

function* walk(file: string, start: number, end: number, read: Read): Generator<TarEntry> {
  let longName: string | null = null;
  for (let position = start; position < end; ) {
    const header = read(Math.min(BLOCK, end - position), position);
    if (header.every((byte) => byte === 0)) return;
    if (header.length < BLOCK) throw new DataError(`${file}: cut off after ${position - start} bytes`);
    if (!isHeader(header)) {
      throw new DataError(`${file}: not a tar archive, or damaged: no file header at byte ${position}`);
    }
    const size = numberAt(header, 124, 12);
    const kind = String.fromCharCode(header[156] as number);
    const offset = position + BLOCK;
    const name: string = longName ?? nameOf(header);
    if (offset + size > end) {
      const missing = offset + size - end;
      throw new DataError(`${file}: cut off inside ${name}: ${missing} of its ${size} bytes are missing`);
    }
    longName = null;
    if (kind === 'L') longName = text(read(size, offset));
    else if (kind === 'x') longName = paxPath(read(size, offset));
    else if (kind === '0' || kind === '\0') yield { name, offset, size };
    position = offset + Math.ceil(size / BLOCK) * BLOCK;
  }
}

/** Whether the checksum is that of the header with blanks in the checksum's place. */
function isHeader(header: Buffer): boolean {
  let sum = 8 * 32;
  for (let at = 0; at < BLOCK; at++) if (at < 148 || at >= 156) sum += header[at] as number;
  return sum === numberAt(header, 148, 8);
}

/** Octal digits, or base 256 where the first bit is set (files over 8 GiB). */
function numberAt(header: Buffer, at: number, length: number): number {
  const first = header[at] as number;
  if ((first & 0x80) === 0) return Number.parseInt(text(header.subarray(at, at + length)).trim() || '0', 8);
  let value = first & 0x7f;
  for (let next = at + 1; next < at + length; next++) value = value * 256 + (header[next] as number);
  return value;
}

function nameOf(header: Buffer): string {
  const name = text(header.subarray(0, 100));
  const prefix = header.toString('latin1', 257, 262) === 'ustar' ? text(header.subarray(345, 500)) : '';
  return prefix ? `${prefix}/${name}` : name;
}

/** Up to the first zero byte. */
function text(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
}

/** The `path` among pax's records, each `length key=value`. */
function paxPath(bytes: Buffer): string | null {
  let path: string | null = null;
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(32, at);
    const length = Number.parseInt(bytes.toString('latin1', at, space), 10);
    if (space < 0 || !(length > 0)) return path;
    const record = bytes.toString('utf8', space + 1, at + length - 1);
    if (record.startsWith('path=')) path = record.slice('path='.length);
    at += length;
  }
  return path;
}
