import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { kinds, prepareKind } from '../../scripts/mutations.mjs';
import { openLayout } from '../../scripts/open-layout.mjs';
import * as catalogue from '../../src/data/catalogue.js';
import * as cifar from '../../src/data/formats/cifar.js';
import * as format from '../../src/data/formats/format.js';
import * as sources from '../../src/data/formats/sources.js';
import { tarEntriesOf } from '../../src/data/formats/tar.js';
import { decodePicture } from '../../src/data/pictures/decoders/decode.js';

const before = process.env.ABLATE_CACHE;
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ablate-mutations-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  if (before === undefined) delete process.env.ABLATE_CACHE;
  else process.env.ABLATE_CACHE = before;
});

// 10,000 of each, in a process that is watched: node scripts/mutate-data.mjs
test.each(kinds)(
  'damaged data is opened whole, with a word on what is left out, or refused by name: %s',
  async (kind) => {
    const open = openLayout({ ...catalogue, ...cifar, ...format, ...sources });
    const read = prepareKind(kind, folder, { open, decode: decodePicture, entries: tarEntriesOf });
    const ends = { opened: 0, refused: 0 };
    for (let number = 0; number < 100; number++) ends[(await read(number)) as keyof typeof ends]++;
    expect(ends.opened).toBeGreaterThan(5);
    expect(ends.refused).toBeGreaterThan(30);
  },
);
