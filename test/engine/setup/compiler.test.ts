import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { compileSharedObjects } from '../../../src/engine/tensorflow/setup/compiler.js';
import { requireCompiler } from '../../../src/engine/tensorflow/setup/tools.js';

const root = mkdtempSync(join(tmpdir(), 'ablate-compiler-'));
afterEach(() => vi.unstubAllEnvs());
afterAll(() => rmSync(root, { recursive: true }));

test('no compiler', async () => {
  vi.stubEnv('PATH', root);
  vi.stubEnv('CXX', undefined);
  await expect(requireCompiler()).rejects.toThrow(
    /No C\+\+ compiler \(tried g\+\+.*\nNext: sudo apt-get install g\+\+/s,
  );
});

test('CXX names one that does not run', async () => {
  vi.stubEnv('CXX', '/nowhere/g++');
  await expect(requireCompiler()).rejects.toThrow('The C++ compiler that CXX names, "/nowhere/g++", does not run.');
});

test('an error of the compiler is shown with its command', async () => {
  const program = join(root, 'cxx');
  writeFileSync(program, '#!/bin/sh\necho "a.cc:1:1: error: expected unqualified-id" >&2\nexit 1\n');
  chmodSync(program, 0o755);
  const compiling = compileSharedObjects({ program, version: 'g++ 8.3' }, [
    { sources: [join(root, 'a.cc')], flags: ['-O2'], link: [], output: join(root, 'a.node') },
  ]);
  await expect(compiling).rejects.toThrow(
    /a\.cc failed \(g\+\+ 8\.3\):\na\.cc:1:1: error: expected unqualified-id\nThe command was: .*-c -O2/,
  );
});
