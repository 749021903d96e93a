import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { cpuInstructionSet, slowSources } from '../../../src/engine/tensorflow/setup/kernels.js';
import { execute } from '../../../src/engine/tensorflow/setup/process.js';

const root = mkdtempSync(join(tmpdir(), 'ablate-kernels-'));
afterAll(() => rmSync(root, { recursive: true }));

const sources = readdirSync(fileURLToPath(new URL('../../../native/kernels', import.meta.url)));

test.runIf(process.platform === 'linux')('processes that want the kernels at once compile them once', async () => {
  const [cache, calls, compiler] = ['cache', 'calls', 'compiler'].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(cache);
  // Knows every flag; notes each call that compiles or links, takes a while, and writes what it was told to.
  const body = `[ "$1" = --version ] && echo stand-in && exit 0
case "$*" in *" -E "*) exit 0;; esac
echo "$*" >> ${calls}
sleep 0.05
while [ "$1" != -o ]; do shift; done
echo object > "$2"`;
  writeFileSync(compiler, `#!/bin/sh\n${body}\n`);
  chmodSync(compiler, 0o755);

  const module = fileURLToPath(new URL('../../../src/engine/tensorflow/setup/kernels.ts', import.meta.url));
  const script = `const jiti = (await import('jiti')).createJiti(${JSON.stringify(import.meta.url)});
    const { ensureKernels, kernelLibrary } = await jiti.import(${JSON.stringify(module)});
    await ensureKernels('cpu', () => {});
    console.log(kernelLibrary('cpu') !== null);`;
  const env = { ...process.env, ABLATE_CACHE: cache, CXX: compiler };
  const one = () => execute(process.execPath, ['--input-type=module', '--eval', script], { env });
  const results = await Promise.all([one(), one(), one()]);

  expect(results).toEqual(results.map(() => ({ code: 0, stdout: 'true\n', stderr: '', missing: false })));
  const lines = readFileSync(calls, 'utf8').trim().split('\n');
  const linked = lines.filter((line) => line.startsWith('-shared'));
  expect(lines.length - linked.length).toBe(sources.filter((name) => name.endsWith('.cc')).length * linked.length);
  expect(new Set(linked).size).toBe(linked.length);
  expect(readdirSync(cache)).toEqual([
    expect.stringMatching(/^kernels-(x86-64-v\d(-bfloat16|-amx)?|arm64)-[0-9a-f]{16}$/),
  ]);
});

test('what is compiled first is there', () => {
  expect(sources).toEqual(expect.arrayContaining([...slowSources]));
});

describe.runIf(process.arch === 'x64')('ABLATE_INSTRUCTION_SET', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  test('is the best that is used, whatever the CPU has', () => {
    vi.stubEnv('ABLATE_INSTRUCTION_SET', 'x86-64-v2');
    expect(cpuInstructionSet()).toBe('x86-64-v2');
  });

  test('says what it expects where it names none', () => {
    vi.stubEnv('ABLATE_INSTRUCTION_SET', 'avx2');
    expect(() => cpuInstructionSet()).toThrow(
      'ABLATE_INSTRUCTION_SET: expected one of x86-64-v4-amx, x86-64-v4-bfloat16, x86-64-v4, x86-64-v3, x86-64-v2, found avx2',
    );
  });
});
