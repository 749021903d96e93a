import fc from 'fast-check';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { keptList } from '../../../src/data/listing/kept-list.js';
import { listPictures } from '../../../src/data/listing/picture-list.js';
import { ownFolder } from '../cache-folder.js';

const folder = ownFolder();

test('a kept list that was damaged is made anew, whatever was done to it', async () => {
  const root = join(folder(), 'set');
  mkdirSync(root);
  writeFileSync(join(root, 'a.bin'), 'some bytes');
  let made = 0;
  const list = () =>
    keptList(root, 'key', 'stamp', async () => {
      made++;
      return listPictures(['x', 'y'], [{ path: 'a.bin', offset: 2, bytes: 4, label: 1 }], []);
    });
  const right = await list();
  expect(await list()).toEqual(right);
  expect(made).toBe(1);
  const lists = join(process.env.ABLATE_CACHE as string, 'data/lists');
  const file = join(lists, readdirSync(lists)[0] as string);
  const whole = readFileSync(file);
  await fc.assert(
    fc.asyncProperty(
      fc.nat(whole.length - 1),
      fc.integer({ min: 1, max: 255 }),
      fc.boolean(),
      async (at, bits, cut) => {
        const damaged = Buffer.from(whole);
        damaged[at] = (damaged[at] as number) ^ bits;
        writeFileSync(file, cut ? whole.subarray(0, at) : damaged);
        const before = made;
        expect(await list()).toEqual(right);
        expect(made).toBe(before + 1);
        // Kept again, and whole.
        expect(readFileSync(file)).toEqual(whole);
      },
    ),
    { numRuns: 100 },
  );
});
