import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import {
  cacheRoot,
  isWhole,
  keyOf,
  publish,
  removeLeftovers,
  requirePrivate,
} from '../../../src/engine/tensorflow/setup/cache.js';

const root = mkdtempSync(join(tmpdir(), 'ablate-cache-'));
afterAll(() => rmSync(root, { recursive: true }));

test('the cache is where the environment says, in this order', () => {
  expect(cacheRoot({ ABLATE_CACHE: '/a', XDG_CACHE_HOME: '/x' })).toBe('/a');
  expect(cacheRoot({ XDG_CACHE_HOME: '/x' })).toBe('/x/ablate');
  expect(cacheRoot({})).toMatch(/\.cache\/ablate$/);
});

describe('publish', () => {
  const folder = join(root, 'engine');

  test('makes a folder that is whole', async () => {
    await publish(folder, async (temporary) => {
      mkdirSync(join(temporary, 'lib'));
      writeFileSync(join(temporary, 'lib', 'a.so'), 'library');
    });
    expect(isWhole(folder)).toBe(true);
    expect(readFileSync(join(folder, 'lib', 'a.so'), 'utf8')).toBe('library');
  });

  test('a file cut short, missing or never finished is not whole', async () => {
    truncateSync(join(folder, 'lib', 'a.so'), 3);
    expect(isWhole(folder)).toBe(false);
    rmSync(join(folder, 'lib', 'a.so'));
    expect(isWhole(folder)).toBe(false);
    expect(isWhole(join(root, 'nothing'))).toBe(false);
    mkdirSync(join(root, 'by-hand'));
    expect(isWhole(join(root, 'by-hand'))).toBe(false);
  });

  test('replaces a damaged folder', async () => {
    await publish(folder, async (temporary) => writeFileSync(join(temporary, 'b.so'), 'new'));
    expect(readdirSync(folder).sort()).toEqual(['b.so', 'manifest.json']);
    expect(isWhole(folder)).toBe(true);
  });

  test('leaves what was there, and nothing half made, when filling fails', async () => {
    const failing = publish(folder, async (temporary) => {
      writeFileSync(join(temporary, 'c.so'), 'half');
      throw new Error('disk full');
    });
    await expect(failing).rejects.toThrow('disk full');
    expect(readdirSync(folder).sort()).toEqual(['b.so', 'manifest.json']);
    expect(readdirSync(root).filter((name) => name.includes('partial'))).toEqual([]);
  });

  test('what a killed setup left is removed', () => {
    mkdirSync(join(root, 'engine.partial-1', 'lib'), { recursive: true });
    removeLeftovers(root);
    expect(existsSync(join(root, 'engine.partial-1'))).toBe(false);
    expect(isWhole(folder)).toBe(true);
    removeLeftovers(join(root, 'nothing'));
  });
});

test('a key changes with a source, its name and the flags', () => {
  const [a, b] = ['a.cc', 'b.cc'].map((name) => join(root, name));
  writeFileSync(a!, 'int x;');
  writeFileSync(b!, 'int x;');
  const key = keyOf([a!], '-O2');
  expect(keyOf([a!], '-O2')).toBe(key);
  expect(new Set([key, keyOf([b!], '-O2'), keyOf([a!], '-O3'), keyOf([a!, b!], '-O2')]).size).toBe(4);
  writeFileSync(a!, 'int y;');
  expect(keyOf([a!], '-O2')).not.toBe(key);
});

test('code that anyone may write to is not loaded', () => {
  const before = process.env['ABLATE_CACHE'];
  const cache = join(root, 'shared');
  const file = join(cache, 'engine', 'a.so');
  mkdirSync(join(cache, 'engine'), { recursive: true });
  writeFileSync(file, '');
  process.env['ABLATE_CACHE'] = cache;
  try {
    expect(() => requirePrivate(file)).not.toThrow();
    for (const path of [file, join(cache, 'engine'), cache]) {
      chmodSync(path, 0o777);
      expect(() => requirePrivate(file)).toThrow(`${path}: anyone may write to it`);
      chmodSync(path, 0o755);
    }
  } finally {
    if (before === undefined) delete process.env['ABLATE_CACHE'];
    else process.env['ABLATE_CACHE'] = before;
  }
});
