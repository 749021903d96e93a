import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { DataError } from '../error.js';
import type { Remarks } from '../remarks.js';

/** A file in a tar archive: its bytes stand at `offset` of the archive, `size` long, as they are. */
export interface TarEntry {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

interface Within {
  /** An archive within the file, in bytes. */
  readonly start?: number;
  readonly end?: number;
  /** Told about entries that are no files, and about an end that looks wrong. */
  readonly remarks?: Remarks;
}

const BLOCK = 512;
/** GNU tar and Python fill archives up to whole records of twenty blocks. */
const RECORD = 20 * BLOCK;
/** No name needs more; a header that asks for more is damaged. */
const longestName = 2 ** 20;

/**
 * The files of an uncompressed tar archive, in its order; only headers are read. Knows ustar, GNU's and pax's long
 * names and sizes. Throws a `DataError` where it is cut off, damaged or no archive.
 */
export function* tarEntries(file: string, { start = 0, end, remarks }: Within = {}): Generator<TarEntry> {
  const archive = openSync(file, 'r');
  try {
    yield* walk({
      file,
      start,
      end: end ?? fstatSync(archive).size,
      remarks,
      read(length, position) {
        const bytes = Buffer.allocUnsafe(length);
        return bytes.subarray(0, readSync(archive, bytes, 0, length, position));
      },
    });
  } finally {
    closeSync(archive);
  }
}

/** The files of an archive in memory. */
export function tarEntriesOf(bytes: Uint8Array, name: string, remarks?: Remarks): Generator<TarEntry> {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read: Archive['read'] = (length, position) => whole.subarray(position, position + length);
  return walk({ file: name, start: 0, end: whole.length, remarks, read });
}

interface Archive {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  readonly remarks: Remarks | undefined;
  read(length: number, position: number): Buffer;
}

/** What headers before a file's own say about it. */
interface Before {
  readonly name?: string;
  readonly size?: number;
  /** Whether the target of a link has been named. */
  readonly link?: boolean;
}

const kinds = {
  file: ['0', '\0', '7'],
  longName: 'L',
  longLink: 'K',
  pax: 'x',
  paxForAll: 'g',
  folder: '5',
  hardLink: '1',
  link: '2',
  sparse: 'S',
} as const;
const otherKinds: Readonly<Record<string, string>> = {
  '1': 'hard link',
  '2': 'link',
  '3': 'device',
  '4': 'device',
  '6': 'pipe',
};

function* walk(archive: Archive): Generator<TarEntry> {
  const { file, start, end, remarks, read } = archive;
  let before: Before = {};
  let position = start;
  for (; position < end; ) {
    const header = read(Math.min(BLOCK, end - position), position);
    if (header.length < BLOCK) throw new DataError(`${file}: cut off after ${position - start} bytes`);
    if (header.every((byte) => byte === 0)) return checkEnd(archive, position);
    if (!isHeader(header)) {
      throw new DataError(`${file}: not a tar archive, or damaged: no file header at byte ${position}`);
    }
    const kind = String.fromCharCode(header[156] as number);
    const isAbout =
      kind === kinds.longName || kind === kinds.longLink || kind === kinds.pax || kind === kinds.paxForAll;
    const name = (isAbout ? undefined : before.name) ?? nameOf(header);
    const size = (isAbout ? undefined : before.size) ?? numberAt(header, 124, 12);
    if (size === null || size < 0)
      throw new DataError(`${file}: the size of ${name}, at byte ${position}, is no number`);
    const offset = position + BLOCK;
    const next = offset + Math.ceil(size / BLOCK) * BLOCK;
    if (next > end) {
      const missing = Math.max(0, offset + size - end);
      throw new DataError(
        `${file}: cut off inside ${name}: ${missing > 0 ? `${missing} of its ${size} bytes` : `${next - end} bytes after it`} are missing`,
      );
    }
    if (isAbout) {
      if (size > longestName) throw new DataError(`${file}: a name of ${size} bytes at byte ${position}: damaged`);
      before = about(kind, before, read(size, offset), `${file}: the header at byte ${position}`);
    } else {
      if (before.link && kind !== kinds.link && kind !== kinds.hardLink) {
        throw new DataError(`${file}: damaged: ${name} has the name of a link's target and is no link`);
      }
      before = {};
      if (kind === kinds.sparse)
        throw new DataError(`${file}: ${name} is a sparse file; pack it again without --sparse`);
      // Archives older than ustar mark folders by the name's end alone.
      const isFolder = kind === kinds.folder || name.endsWith('/');
      if (isFolder && size > 0) throw new DataError(`${file}: damaged: the folder ${name} has ${size} bytes`);
      if ((kinds.file as readonly string[]).includes(kind) && !isFolder) yield { name, offset, size };
      else if (!isFolder) {
        const noun = otherKinds[kind] ?? 'entry of an unknown kind';
        remarks?.add({ kind: 'dropped', noun, what: 'in archives left out' }, `${file}: ${name}`);
      }
    }
    position = next;
  }
  remarks?.add(
    { kind: 'unchecked', noun: 'archive', what: 'without the mark at its end: it may have been cut off' },
    file,
  );
}

/** What a header that is about the next one says. Throws a `DataError` where it is damaged. */
function about(kind: string, before: Before, content: Buffer, where: string): Before {
  if (kind === kinds.longName) return { ...before, name: text(content) };
  if (kind === kinds.longLink) return { ...before, link: true };
  const found = paxRecords(content, where);
  // What is said for all files is no name or size of one.
  return kind === kinds.pax ? { ...before, ...found } : before;
}

/** Looks at what follows the mark: zeros up to a whole record, where no archive was appended to another. */
function checkEnd({ file, end, remarks, read }: Archive, mark: number): void {
  if (!remarks) return;
  const rest = end - mark;
  if (rest <= 2 * RECORD && read(rest, mark).every((byte) => byte === 0)) return;
  if (
    rest > 2 * RECORD &&
    read(2 * RECORD, mark).every((byte) => byte === 0) &&
    read(BLOCK, end - BLOCK).every((byte) => byte === 0)
  )
    return;
  remarks.add(
    {
      kind: 'dropped',
      noun: 'archive',
      what: 'with data behind the mark at its end left out, as tar does without --ignore-zeros',
    },
    `${file} from byte ${mark}`,
  );
}

/** Whether the checksum is that of the header with blanks in the checksum's place. */
function isHeader(header: Buffer): boolean {
  let sum = 8 * 32;
  for (let at = 0; at < BLOCK; at++) if (at < 148 || at >= 156) sum += header[at] as number;
  return sum === numberAt(header, 148, 8);
}

/** Octal digits, or base 256 where the first bit is set (files over 8 GiB). Null where it is neither, or too large. */
function numberAt(header: Buffer, at: number, length: number): number | null {
  const first = header[at] as number;
  if ((first & 0x80) === 0) {
    const digits = text(header.subarray(at, at + length)).trim();
    return /^[0-7]*$/.test(digits) ? Number.parseInt(digits || '0', 8) : null;
  }
  // 0xff begins a negative number.
  if (first !== 0x80) return null;
  let value = 0;
  for (let next = at + 1; next < at + length; next++) value = value * 256 + (header[next] as number);
  return Number.isSafeInteger(value) ? value : null;
}

function nameOf(header: Buffer): string {
  const name = text(header.subarray(0, 100));
  const prefix = header.toString('latin1', 257, 263) === 'ustar\0' ? text(header.subarray(345, 500)) : '';
  return prefix ? `${prefix}/${name}` : name;
}

/** Up to the first zero byte. */
function text(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
}

/** The `path` and `size` among pax's records, each `length key=value` and a line's end. */
function paxRecords(bytes: Buffer, where: string): Before {
  let found: Before = {};
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(32, at);
    const digits = bytes.toString('latin1', at, Math.max(at, space));
    const end = at + Number(digits);
    if (!/^\d+$/.test(digits) || end > bytes.length || end <= space || bytes[end - 1] !== 10) {
      throw new DataError(`${where} is damaged`);
    }
    const record = bytes.toString('utf8', space + 1, end - 1);
    const value = record.slice(record.indexOf('=') + 1);
    if (record.startsWith('path=')) found = { ...found, name: value };
    if (record.startsWith('size=')) {
      if (!/^\d{1,15}$/.test(value)) throw new DataError(`${where} has the size "${value.slice(0, 20)}"`);
      found = { ...found, size: Number(value) };
    }
    if (record.startsWith('GNU.sparse.'))
      throw new DataError(`${where} is of a sparse file; pack it again without --sparse`);
    at = end;
  }
  return found;
}
