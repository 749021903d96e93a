import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadPlugins } from '../../src/experiment/plugins.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ablate-plugins-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const load = async (name: string, text: string) => {
  await writeFile(join(folder, name), text);
  return loadPlugins([name], join(folder, 'suite.yaml'));
};

const step = `defineStep({ id: 'a-step', title: 'A', claim: 'B', apply: (network) => network })`;

test('a syntax error has its place in the plug-in', async () => {
  const { problems } = await load('syntax.ts', `import { defineStep } from 'ablate';\n\nexport const a = { b: };\n`);
  expect(problems).toMatchObject([{ path: ['plugins', 0] }]);
  const place = join(folder, 'syntax.ts');
  const text = `the plug-in syntax.ts cannot be used: Unexpected token at ${place}:3:`;
  expect(problems[0]?.message.slice(0, text.length)).toBe(text);
});

test('an error as it is loaded has its line', async () => {
  const { problems } = await load('throws.ts', `const config: any = undefined;\nconfig.width;\nexport default 1;\n`);
  expect(problems[0]?.message).toMatch(/Cannot read properties of undefined.*throws\.ts:2:8\)$/);
});

test.each(['process.exit(0)', 'process.exit()', 'process.abort()'])('%s is refused', async (call) => {
  const { problems } = await load(
    'ends.ts',
    `import { defineStep } from 'ablate';\n${call};\nexport default ${step};\n`,
  );
  expect(problems[0]?.message).toMatch(/it ends the process .*ends\.ts:2/);
  expect(process.exit.name).not.toBe('refuse');
});

test('tfjs, zod and this program are the program’s own from anywhere', async () => {
  const { problems, catalogue } = await load(
    'imports.ts',
    `import { defineStep, LayerError } from 'ablate';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
export default [
  defineStep({ id: 'tensors', title: tf.util.sizeFromShape([2, 3]).toString(), claim: 'B', apply: (n) => n }),
  defineStep({ id: 'errors', title: 'A', claim: 'B', options: z.strictObject({}), apply: () => { throw new LayerError('no'); } }),
];
`,
  );
  expect(problems).toEqual([]);
  expect(catalogue.get('tensors')?.title).toBe('6');
});
