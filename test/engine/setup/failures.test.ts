import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { EnvironmentError } from '../../../src/engine/engine.js';
import { setupTensorflow } from '../../../src/engine/tensorflow/setup/setup.js';

/** Setup on an empty cache, with programs that are stand-ins: what does a person read when one is missing or fails? */
const root = mkdtempSync(join(tmpdir(), 'ablate-setup-'));
const bin = join(root, 'bin');
const cache = join(root, 'cache');
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

function program(name: string, body: string): void {
  writeFileSync(join(bin, name), `#!/bin/sh\n${body}\n`);
  chmodSync(join(bin, name), 0o755);
}

/** Knows every flag and compiles at once. */
const COMPILER = `[ "$1" = --version ] && echo g++ 12 && exit 0
case "$*" in *" -E "*) exit 0;; esac
while [ "$1" != -o ]; do shift; done
echo object > "$2"`;

const PYTHON =
  'case "$*" in --version) echo Python 3.12.1; exit 0;; "-m pip --version") echo pip 24.0 from /lib; exit 0;; esac';
/** The folder that pip is told to download into is the argument after --dest. */
const DEST = 'while [ "$1" != --dest ]; do shift; done; dest=$2';

beforeEach(() => {
  for (const folder of [bin, cache]) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
  }
  vi.stubEnv('PATH', bin);
  vi.stubEnv('ABLATE_CACHE', cache);
  vi.stubEnv('CXX', undefined);
  vi.stubEnv('PYTHON', undefined);
});

async function failure(): Promise<string> {
  const error = await setupTensorflow({ flavour: 'cpu' }).then(
    () => expect.unreachable('setup went through'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(EnvironmentError);
  return (error as Error).message;
}

describe.runIf(process.platform === 'linux')(
  'setup says what is missing, the next command, and that wasm works',
  () => {
    test('no python3', async () => {
      const message = await failure();
      expect(message).toContain('No python3');
      expect(message).toContain('Next: sudo apt-get install python3 python3-pip, then ablate setup');
      expect(message).toContain('--device wasm');
    });

    test('no pip', async () => {
      program('python3', '[ "$1" = --version ] && echo Python 3.12.1 && exit 0; echo No module named pip >&2; exit 1');
      const message = await failure();
      expect(message).toContain('Python 3.12.1 has no pip');
      expect(message).toContain('Next: sudo apt-get install python3-pip');
    });

    test('no compiler, before anything is fetched', async () => {
      program('python3', `${PYTHON}; echo fetched > ${root}/fetched; exit 1`);
      const message = await failure();
      expect(message).toContain('No C++ compiler');
      expect(existsSync(join(root, 'fetched'))).toBe(false);
    });

    test('no network', async () => {
      program('g++', COMPILER);
      program(
        'python3',
        `${PYTHON}; echo "Failed to establish a new connection: Temporary failure in name resolution" >&2; exit 1`,
      );
      const message = await failure();
      expect(message).toMatch(/pip could not fetch tensorflow\S* 2\.21\.0:\n.*name resolution/);
      expect(message).toContain('Next: check the network');
      expect(message).toContain('--device wasm');
    });

    test('disk full', async () => {
      program('g++', COMPILER);
      program('python3', `${PYTHON}; echo "OSError: [Errno 28] No space left on device" >&2; exit 1`);
      const message = await failure();
      expect(message).toContain(`The disk at ${cache}`);
      expect(message).toContain('Next: free some space, then ablate setup (it goes on)');
    });

    test('a wheel whose bytes are not those published', async () => {
      program('g++', COMPILER);
      program('python3', `${PYTHON}; ${DEST}; echo damaged > $dest/tensorflow_cpu-2.21.0-cp312-cp312-linux.whl`);
      const message = await failure();
      expect(message).toContain('does not have its published checksum; it was not used');
      expect(message).toMatch(/Expected SHA-256 [0-9a-f]{64}, found [0-9a-f]{64}/);
      expect(readdirSync(join(cache, 'downloads'))).toEqual([]);
    });

    test('a wheel that pip itself refuses', async () => {
      program('g++', COMPILER);
      program(
        'python3',
        `${PYTHON}; echo "THESE PACKAGES DO NOT MATCH THE HASHES" >&2; echo "Got        ${'ab'.repeat(32)}" >&2; exit 1`,
      );
      expect(await failure()).toContain(`found ${'ab'.repeat(32)}`);
    });

    test('pip fails in another way', async () => {
      program('g++', COMPILER);
      program('python3', `${PYTHON}; echo "Traceback: broken pip" >&2; exit 2`);
      expect(await failure()).toMatch(/pip failed to fetch tensorflow\S*:\nTraceback: broken pip\nNext: repair pip/);
    });

    describe('while TensorFlow is on its way', () => {
      const pid = join(root, 'pip.pid');
      const isAlive = (): boolean => existsSync(`/proc/${readFileSync(pid, 'utf8').trim()}`);
      beforeEach(() => {
        rmSync(pid, { force: true });
        program('python3', `${PYTHON}; echo $$ > ${pid}; exec /bin/sleep 60`);
      });

      test('what cannot be compiled ends the download', async () => {
        // Fails once pip is at work, so that there is something to end.
        const waits = `until [ -s ${pid} ]; do /bin/sleep 0.02; done; echo "a.h:1:1: error: no" >&2; exit 1`;
        program('g++', `[ "$1" = --version ] && echo g++ 12 && exit 0\ncase "$*" in *" -E "*) exit 0;; esac\n${waits}`);
        expect(await failure()).toMatch(/^Compiling \S+\.cc failed \(g\+\+ 12\):\na\.h:1:1: error: no\n/);
        expect(isAlive()).toBe(false);
        expect(readdirSync(cache)).toEqual(['downloads']);
      });

      test('Ctrl-C ends the download and what is compiled, and leaves nothing half made', async () => {
        program('g++', COMPILER);
        const stopping = new AbortController();
        const stopped = setupTensorflow({ flavour: 'cpu', signal: stopping.signal });
        const reason = stopped.catch((error: unknown) => error);
        await vi.waitUntil(() => existsSync(pid) && readFileSync(pid, 'utf8') !== '', { timeout: 20_000 });
        stopping.abort('stopped by hand');
        expect(await reason).toBe('stopped by hand');
        expect(isAlive()).toBe(false);
        expect(readdirSync(cache)).toEqual(['downloads']);
        expect(readdirSync(join(cache, 'downloads'))).toEqual([]);
      });
    });

    test('nothing half made stays, and the lock is given back', async () => {
      await failure();
      expect(existsSync(join(cache, 'setup.lock'))).toBe(false);
      expect(readdirSync(cache).filter((name) => name.startsWith('tensorflow-'))).toEqual([]);
    });
  },
);
