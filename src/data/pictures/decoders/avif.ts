/** Boxes of an AVIF that hold others, and the bytes before those in them. */
const outer: Readonly<Record<string, number>> = { meta: 4, iprp: 0, ipco: 0 };
const deepest = 4;

/**
 * An AVIF as Pillow takes it. It may say that it is to be turned (`irot`) and mirrored (`imir`): libheif does so, Pillow
 * leaves that to whoever reads the orientation. A sequence has a picture of its own, as which libheif does not take it by
 * its brand. Gives bytes without turns and in the brand of pictures, and the mirroring that is left to be undone.
 */
export function plainAvif(bytes: Uint8Array): { bytes: Uint8Array; mirrored: 'across' | 'down' | null } {
  const plain = new Uint8Array(bytes);
  const view = new DataView(plain.buffer);
  let mirrored: 'across' | 'down' | null = null;
  walk(0, plain.length, 0);
  return { bytes: plain, mirrored };

  function isSequence(at: number): boolean {
    return String.fromCharCode(...plain.subarray(at, at + 4)) === 'avis';
  }

  function walk(start: number, end: number, depth: number): void {
    for (let at = start; at + 8 <= end; ) {
      const size = view.getUint32(at);
      const kind = String.fromCharCode(...plain.subarray(at + 4, at + 8));
      // 0 goes on to the end, 1 has its size elsewhere: only pixels are so large.
      if (size < 8 || at + size > end) return;
      const before = outer[kind];
      if (before !== undefined && depth < deepest) walk(at + 8 + before, at + size, depth + 1);
      if (kind === 'ftyp' && depth === 0 && isSequence(at + 8)) plain[at + 11] = 'f'.charCodeAt(0);
      if (kind === 'irot' && size >= 9) plain[at + 8] = 0;
      if (kind === 'imir' && size >= 9) mirrored = (plain[at + 8] as number) & 1 ? 'across' : 'down';
      at += size;
    }
  }
}
