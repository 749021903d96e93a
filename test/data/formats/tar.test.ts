import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { tarEntries, tarEntriesOf } from '../../../src/data/formats/tar.js';
import { ownFolder } from '../cache-folder.js';

const folder = ownFolder();
const path = (name: string) => fileURLToPath(new URL(`../../fixtures/pictures/tar/${name}.tar`, import.meta.url));
const long = `${'folder/'.repeat(30)}é.jpg`;

describe('names and places in archives that Python wrote', () => {
  it.each([
    ['gnu', long],
    ['pax', long],
    ['ustar', `${'a'.repeat(90)}/${'b'.repeat(90)}`],
  ])('%s', (format, middle) => {
    const entries = [...tarEntries(path(format))];
    expect(entries.map(({ name, size }) => [name, size])).toEqual([
      ['first', 1],
      [middle, 2],
      ['last', 0],
    ]);
    const bytes = readFileSync(path(format));
    const content = ({ offset, size }: { offset: number; size: number }) =>
      bytes.toString('latin1', offset, offset + size);
    expect(entries.map(content)).toEqual(['1', '22', '']);
    expect([...tarEntriesOf(bytes, format)]).toEqual(entries);
  });
});

describe('what is no whole archive is refused by name', () => {
  const broken = (name: string, change: (bytes: Buffer) => Buffer) => {
    const file = join(folder(), name);
    writeFileSync(file, change(readFileSync(path('gnu'))));
    return () => [...tarEntries(file)];
  };
  it('cut off inside a file', () => {
    const read = broken('cut.tar', (bytes) => bytes.subarray(0, 512));
    expect(read).toThrow(/cut.tar: cut off inside first: 1 of its 1 bytes are missing/);
  });
  it('cut off inside a header', () => {
    const read = broken('header.tar', (bytes) => bytes.subarray(0, 1024 + 100));
    expect(read).toThrow(/header.tar: cut off after 1024 bytes/);
  });
  it('one bit of a header changed', () => {
    const read = broken('bit.tar', (bytes) => {
      bytes[1024] = (bytes[1024] as number) ^ 1;
      return bytes;
    });
    expect(read).toThrow(/bit.tar: not a tar archive, or damaged: no file header at byte 1024/);
  });
  it('another kind of file', () => {
    const read = broken('text.tar', () => Buffer.from('text '.repeat(500)));
    expect(read).toThrow(/text.tar: not a tar archive/);
  });
});
