import type { FileHandle } from 'node:fs/promises';

const BLOCK = 512;

/** Appends a file to a tar archive, in ustar's format. Its name has at most 100 bytes, its content less than 8 GiB. */
export async function appendToTar(archive: FileHandle, name: string, content: Uint8Array): Promise<void> {
  const header = Buffer.alloc(BLOCK);
  const field = (at: number, text: string): void => void header.write(text, at, 'latin1');
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, '0');
  field(0, name);
  field(100, '0000644\0');
  field(108, '0000000\0');
  field(116, '0000000\0');
  field(124, `${octal(content.length, 11)}\0`);
  field(136, '00000000000\0');
  field(148, '        ');
  field(156, '0');
  field(257, 'ustar\0');
  field(263, '00');
  field(
    148,
    `${octal(
      header.reduce((sum, byte) => sum + byte, 0),
      6,
    )}\0 `,
  );
  const padding = Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK);
  await archive.writev([header, content, padding]);
}

/** The mark at an archive's end. */
export async function endTar(archive: FileHandle): Promise<void> {
  await archive.write(Buffer.alloc(2 * BLOCK));
}
