import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';

/** Gives a file's tests a cache and a folder of their own, taken away at the end. */
export function ownFolder(): () => string {
  const before = process.env.ABLATE_CACHE;
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ablate-test-'));
    process.env.ABLATE_CACHE = join(folder, 'cache');
  });
  afterAll(() => {
    if (before === undefined) delete process.env.ABLATE_CACHE;
    else process.env.ABLATE_CACHE = before;
    rmSync(folder, { recursive: true, force: true });
  });
  return () => folder;
}
