import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { StorageError, storageProblem } from '../../src/experiment/storage.js';

const folder = 'out/suite';
const failure = (code: string, path?: string, syscall = 'open') =>
  Object.assign(new Error(code), { code, syscall, ...(path !== undefined && { path }) });

test.each([
  ['a record', failure('ENOSPC', 'out/suite/a/seed-0/run.json')],
  ['the lock', failure('EROFS', 'out/suite/.lock')],
  ['a folder by its absolute path', failure('EACCES', resolve('out/suite'))],
  ['a folder on the way to it', failure('EROFS', resolve('out'), 'mkdir')],
  ['a file that is open', failure('EDQUOT', undefined, 'write')],
])('%s that cannot be written to is the disk, with what to do next', (_, error) => {
  const found = storageProblem(error, folder);
  expect(found).toBeInstanceOf(StorageError);
  expect(found.message).toContain('Next: make room or give leave, then the same command goes on');
});

test.each([
  ['a picture that may not be read', failure('EACCES', 'data/1.png')],
  ['a neighbour with a longer name', failure('EACCES', 'out/suite-2/.lock')],
  ['a part of the path that is a file', failure('ENOTDIR', 'out/suite', 'mkdir')],
])('%s is itself', (_, error) => {
  expect(storageProblem(error, folder)).toBe(error);
});
