import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { refuseLinks } from '../../src/experiment/links.js';
import { StorageError } from '../../src/experiment/storage.js';

let folder: string;
let suite: string;
let run: string;
let elsewhere: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ablate-links-'));
  suite = join(folder, 'suite');
  run = join(suite, 'gelu', 'seed-0');
  elsewhere = join(folder, 'elsewhere');
  mkdirSync(elsewhere);
});
afterEach(() => rmSync(folder, { recursive: true }));

it.each([
  ['a variant', 'gelu', '../elsewhere'],
  ['a run', 'gelu/seed-0', '../../elsewhere'],
  ['the log', 'gelu/seed-0/log.txt', '../../../elsewhere/a'],
  ['a checkpoint', 'gelu/seed-0/checkpoint/state.safetensors', '../../../../elsewhere/a'],
  ['a file with nothing behind it', 'gelu/seed-0/run.json', '../../../nothing'],
])('%s that leads out of the suite’s records is refused', async (_, at, target) => {
  mkdirSync(dirname(join(suite, at)), { recursive: true });
  symlinkSync(target, join(suite, at));
  const error = await refuseLinks(suite, run).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(StorageError);
  expect((error as Error).message).toMatch(/ is a link to .*: records are written below .*suite only\.\nNext: /);
  expect(readdirSync(elsewhere)).toEqual([]);
});

it('links within the suite, and the suite’s folder as one, are as good as folders', async () => {
  mkdirSync(join(elsewhere, 'gelu', 'seed-1'), { recursive: true });
  writeFileSync(join(elsewhere, 'gelu', 'seed-1', 'log.txt'), '');
  symlinkSync(elsewhere, suite);
  symlinkSync('seed-1', run);
  await expect(refuseLinks(suite, run)).resolves.toBeUndefined();
  await expect(refuseLinks(join(folder, 'none'), join(folder, 'none', 'a', 'seed-0'))).resolves.toBeUndefined();
});
