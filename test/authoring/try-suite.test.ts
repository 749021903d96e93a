import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { tryLayers } from '../../src/authoring/try-suite.js';
import { openSuite } from '../../src/experiment/suite.js';

const folder = mkdtempSync(join(tmpdir(), 'ablate-try-'));
afterAll(() => rmSync(folder, { recursive: true }));

writeFileSync(
  join(folder, 'layers.ts'),
  `import { defineLayer, defineStep, leaf } from 'ablate';
const step = (id, forward) => {
  const layer = defineLayer({ kind: id, outputShape: (_, input) => input, parameters: () => [], operations: () => ({}), forward });
  return defineStep({ id, title: id, claim: 'c', apply: (n) => ({ ...n, block: { ...n.block,
    slots: { ...n.block.slots, branchEnd: [...n.block.slots.branchEnd, () => leaf(id, layer, null)] } } }) });
};
export default [
  step('pooled', (_, x, { ops: { tf } }) => tf.mean(x, [1, 2], true)),
  step('doubled', (_, x, { ops: { tf } }) => tf.mul(x, 2)),
  step('unknown', (_, x, { parameter }) => parameter('gain')),
];
`,
);

/** Where in a road, which begins in the fifth line, `tryLayers` puts what is wrong. */
async function placesOf(road: readonly string[], strategy = 'cumulative'): Promise<string[]> {
  const file = join(folder, 'suite.yaml');
  writeFileSync(
    file,
    `{ name: layers, dataset: { name: fashion-mnist, train_limit: 20, test_limit: 10 }, seeds: [0],
network: { base: convnext-tiny, scale: { resolution: 32, width: 1/16, stem_stride: 2 } }, recipe: compact,
plugins: [layers.ts], strategy: ${strategy}, runner: { device: cpu },
road: [
${road.join(',\n')}
] }
`,
  );
  const problems = await tryLayers(await openSuite(file));
  expect(problems.every((problem) => problem.file === file)).toBe(true);
  return problems.map(({ line, text, message }) => `${line} ${text.trim()} ${/\(layer (\w+), /.exec(message)?.[1]}`);
}

test.each([
  ['the entry that adds it', ['doubled', 'pooled'], 'cumulative', ['6 pooled pooled']],
  ['the first of two of one file', ['pooled', 'doubled'], 'whole', ['5 pooled, pooled']],
  ['another one', ['doubled', 'unknown'], 'whole', ['6 unknown unknown']],
] as const)('a fault of a layer stands at %s', async (_, road, kind, expected) => {
  expect(await placesOf(road, kind === 'whole' ? 'leave-one-out' : 'cumulative')).toEqual(expected);
});
