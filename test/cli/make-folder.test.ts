import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { makeFolder } from '../../src/cli/make-folder.js';

const folder = mkdtempSync(join(tmpdir(), 'ablate-folder-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('makes a folder with those above it, and is content with one that is there', async () => {
  const path = join(folder, 'a', 'b', 'c');
  await Promise.all([makeFolder(path), makeFolder(path)]);
  expect(existsSync(path)).toBe(true);
  await makeFolder(path);
});

it('says that a part of the path is a file', async () => {
  writeFileSync(join(folder, 'file'), '');
  await expect(makeFolder(join(folder, 'file', 'a'))).rejects.toMatchObject({ code: 'ENOTDIR' });
});

it.runIf(process.platform === 'linux')(
  'refuses a place that takes no folders, where Node itself would never end',
  async () => {
    await expect(makeFolder('/proc/nowhere/a')).rejects.toThrow(
      '/proc/nowhere/a: no folder can be made in /proc; choose another place',
    );
  },
);
