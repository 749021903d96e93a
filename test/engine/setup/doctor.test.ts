import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { doctorCommand } from '../../../src/cli/commands/doctor.js';
import { examine } from '../../../src/engine/doctor.js';

const empty = mkdtempSync(join(tmpdir(), 'ablate-doctor-'));
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});
afterAll(() => rmSync(empty, { recursive: true }));

function bareMachine(): void {
  vi.stubEnv('PATH', empty);
  vi.stubEnv('ABLATE_CACHE', empty);
  for (const name of ['CXX', 'PYTHON']) vi.stubEnv(name, undefined);
}

async function printed(...args: string[]): Promise<string> {
  let text = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += chunk;
    return true;
  });
  await doctorCommand().parseAsync(['node', 'doctor', ...args]);
  return text;
}

test.runIf(process.platform === 'linux')(
  'on a bare machine wasm is ready, and every other engine has a next command',
  async () => {
    bareMachine();
    const { engines } = await examine();
    expect(engines.filter(({ ready }) => ready).map(({ engine }) => engine)).toContain('wasm');
    const cpu = engines.find(({ engine }) => engine === 'tensorflow')!;
    expect(cpu.ready).toBe(false);
    const next = Object.fromEntries(cpu.checks.map((check) => [check.what, check.next]));
    expect(next).toMatchObject({
      python3: expect.stringContaining('apt-get'),
      'a C++ compiler': 'sudo apt-get install g++',
    });
    expect(next['TensorFlow 2.21.0']).toBe('ablate setup');
    const gpu = engines.find(({ engine }) => engine === 'tensorflow-gpu')!;
    expect(gpu.checks[0]).toMatchObject({ what: 'an NVIDIA GPU and its driver', found: null });
  },
);

test('where the engine is set up, tools to build it are no longer asked for', async () => {
  const cpu = (await examine()).engines.find(({ engine }) => engine === 'tensorflow')!;
  const asked = cpu.checks.map(({ what }) => what);
  if (cpu.checks.every(({ found }) => found)) expect(asked).not.toContain('python3');
  else expect(asked).toContain('python3');
});

test('prints each engine with what is missing and the next command', async () => {
  bareMachine();
  const text = await printed();
  expect(text).toMatch(/^tensorflow: not ready$/m);
  expect(text).toMatch(/^wasm: ready$/m);
  expect(text).toMatch(/^ {2}next: ablate setup$/m);
});

test('--json is one document with its schema first', async () => {
  const text = await printed('--json');
  expect(text).toMatch(/^\{\s*"schema": ?"ablate\/doctor\/1"/);
  expect(JSON.parse(text).engines).toHaveLength(4);
});
