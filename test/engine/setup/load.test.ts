import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { execute } from '../../../src/engine/tensorflow/setup/process.js';

const empty = mkdtempSync(join(tmpdir(), 'ablate-empty-'));
afterAll(() => rmSync(empty, { recursive: true }));

/** Runs a program that has `loadTensorflow` in a process of its own. */
function run(body: string, env: NodeJS.ProcessEnv = {}) {
  const load = fileURLToPath(new URL('../../../src/engine/tensorflow/load.ts', import.meta.url));
  const jiti = `(await import('jiti')).createJiti(${JSON.stringify(import.meta.url)})`;
  const script = `const { loadTensorflow } = await ${jiti}.import(${JSON.stringify(load)}); ${body}`;
  const args = ['--input-type=module', '--eval', script];
  return execute(process.execPath, args, { env: { ...process.env, ...env } });
}

describe('loading TensorFlow', () => {
  test('prints nothing of its own on either stream', async () => {
    const body =
      'const { tf, version } = loadTensorflow({ threads: 2 }); console.log(version, tf.sum([1, 2]).dataSync()[0]);';
    expect(await run(body)).toEqual({ code: 0, stdout: '2.21.0 3\n', stderr: '', missing: false });
  });

  test('shows the log to who asks for it', async () => {
    const { stderr } = await run('loadTensorflow();', { TF_CPP_MIN_LOG_LEVEL: '0' });
    // Which lines there are depends on the CPU; this one is always among them.
    expect(stderr).toContain('cpu_feature_guard');
  });

  test('sets the threads that it is told, whatever the parent process had', async () => {
    const body =
      'console.log(loadTensorflow({ threads: 3 }).threads, process.env.TF_NUM_INTRAOP_THREADS, process.env.TF_NUM_INTEROP_THREADS);';
    expect((await run(body, { TF_NUM_INTRAOP_THREADS: '7' })).stdout).toBe('3 3 1\n');
  });

  test('is once a process', async () => {
    const { stdout } = await run('console.log(loadTensorflow() === loadTensorflow({ threads: 3 }));');
    expect(stdout).toBe('true\n');
  });
});

describe('an engine that is not set up', () => {
  const message = (options: string) =>
    run(`try { loadTensorflow(${options}); } catch (error) { console.log(error.name, error.message); }`, {
      ABLATE_CACHE: empty,
    });

  test('is an EnvironmentError with the next command', async () => {
    const { stdout } = await message('');
    expect(stdout).toMatch(
      /^EnvironmentError The tensorflow engine is not set up here.*\nNext: ablate setup .*\n.*--device wasm/,
    );
  });
  test('for a GPU names its own setup', async () => {
    expect((await message("{ device: 'gpu' }")).stdout).toContain('Next: ablate setup --gpu');
  });
});

describe('an engine that is set up but does not load', () => {
  const open = fileURLToPath(new URL('../../../src/engine/open.ts', import.meta.url));
  const cacheModule = fileURLToPath(new URL('../../../src/engine/tensorflow/setup/cache.ts', import.meta.url));
  const bindingModule = fileURLToPath(new URL('../../../src/engine/tensorflow/setup/binding.ts', import.meta.url));
  /** Opens an engine on a cache whose libraries are whole and no libraries. */
  const openOn = (device: string) =>
    run(
      `const jiti = ${`(await import('jiti')).createJiti(${JSON.stringify(import.meta.url)})`};
      const { publish, libraryFolder } = await jiti.import(${JSON.stringify(cacheModule)});
      const { bindingFolder, bindingFile } = await jiti.import(${JSON.stringify(bindingModule)});
      const { writeFileSync } = await import('node:fs');
      const { basename, join } = await import('node:path');
      await publish(libraryFolder('cpu'), async () => {});
      await publish(bindingFolder('cpu'), async (folder) => {
        for (const name of [basename(bindingFile('cpu')), 'preload.node']) writeFileSync(join(folder, name), 'no library');
      });
      const { openEngine } = await jiti.import(${JSON.stringify(open)});
      try {
        const engine = await openEngine({ device: '${device}', onWarning: (text) => console.log('warning:', text) });
        console.log(engine.description.engine);
      } catch (error) {
        console.log(error.name, error.message);
      }`,
      { ABLATE_CACHE: join(empty, 'broken') },
    );

  test('is wasm for auto, with a warning that quotes why', async () => {
    const { stdout } = await openOn('auto');
    expect(stdout).toMatch(/^warning: The tensorflow engine at .* does not load: .*(too short|invalid ELF)/);
    expect(stdout).toContain('ablate setup --force');
    expect(stdout).toMatch(/runs on wasm, several times slower\.\nwasm\n$/);
  });

  test('is an error for who asked for it', async () => {
    expect((await openOn('cpu')).stdout).toMatch(/^EnvironmentError The tensorflow engine at .* does not load/);
  });
});
