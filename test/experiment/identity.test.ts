/** One change at a time: what is trained again, what is kept, what is refused. The table in docs/records.md says the same. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { openPlan } from '../../src/cli/planned.js';
import { requireSame } from '../../src/experiment/engine-choice.js';
import { engine } from './fakes/records.js';
import { choiceOf } from '../../src/experiment/engine-choice.js';

const pictures = fileURLToPath(new URL('../fixtures/fashion-mnist', import.meta.url));

const suite = `name: identity
dataset: { name: fashion-mnist, root: ./data, train_limit: 64, test_limit: 32 }
network: { base: convnext-tiny, scale: { resolution: 32, width: 1/8 } }
recipe: { extends: compact, epochs: 1, batch_size: 16, schedule: { warmup_epochs: 0 } }
road: [scaled, gelu]
plugins: [./plugins/scaled.ts, ./plugins/other.ts]
seeds: [0]
`;

const files: Readonly<Record<string, string>> = {
  'suite.yaml': suite,
  'plugins/scaled.ts': `import { defineLayer, defineStep, leaf } from 'ablate';
import { factor } from './factor.ts';
import table from './table.json';
import { offset } from 'offset';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
const { power } = createRequire(import.meta.url)('./power.cjs');
const shift = Number(readFileSync(new URL('./shift.txt', import.meta.url), 'utf8'));
const scaled = defineLayer<object>({
  kind: 'scaled',
  outputShape: (_, input) => input,
  parameters: () => [],
  operations: () => ({}),
  forward: (_, x, { ops }) => ops.tf.add(ops.tf.mul(x, factor * table.one * power), offset + shift),
});
export default defineStep({
  id: 'scaled',
  title: 'Scaled',
  claim: 'A layer that multiplies.',
  apply: (network) => ({
    ...network,
    block: { ...network.block, slots: { ...network.block.slots, afterSpatial: [() => leaf('scaled', scaled, {})] } },
  }),
});
`,
  'plugins/factor.ts': 'export const factor = 1;\n',
  'plugins/power.cjs': 'exports.power = 1;\n',
  'plugins/shift.txt': '0\n',
  'plugins/table.json': '{ "one": 1 }\n',
  'plugins/other.ts': `import { defineStep } from 'ablate';
export default defineStep({ id: 'other', title: 'Other', claim: 'Nothing.', apply: (network) => network });
`,
  'plugins/node_modules/offset/package.json': '{ "name": "offset", "version": "1.0.0", "main": "index.js" }\n',
  'plugins/node_modules/offset/index.js': 'exports.offset = 0;\n',
};

let folder: string;
let before: Record<string, string>;
beforeAll(async () => {
  prepare();
  before = await hashes();
  rmSync(folder, { recursive: true });
});
beforeEach(prepare);
afterEach(() => rmSync(folder, { recursive: true }));

function prepare(): void {
  folder = mkdtempSync(join(tmpdir(), 'ablate-identity-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  cpSync(pictures, join(folder, 'data'), { recursive: true });
}

const edit = (name: string, from: string, to: string): void => {
  const path = join(folder, name);
  const text = readFileSync(path, 'utf8');
  expect(text).toContain(from);
  writeFileSync(path, text.replace(from, to));
};

/** Adds 1 to a byte of an IDX file, which is packed. */
const editData = (name: string, at: number): void => {
  const path = join(folder, 'data', name);
  const bytes = gunzipSync(readFileSync(path));
  bytes[at] = ((bytes[at] as number) + 1) % 10;
  writeFileSync(path, gzipSync(bytes));
};

/** The hashes of a suite's runs of seed 0. A plug-in is loaded once a process, so each look is at a copy. */
async function hashes(): Promise<Record<string, string>> {
  const copy = mkdtempSync(join(tmpdir(), 'ablate-identity-'));
  try {
    cpSync(folder, copy, { recursive: true });
    const { plan } = await openPlan(join(copy, 'suite.yaml'), { out: join(copy, 'out') }, true);
    const own = plan.runs.filter(({ spec }) => spec.seed === 0);
    return Object.fromEntries(own.map(({ spec, hash }) => [spec.variant, hash]));
  } finally {
    rmSync(copy, { recursive: true });
  }
}

type Change = () => void;
const inSuite =
  (from: string, to: string): Change =>
  () =>
    edit('suite.yaml', from, to);
const inFile =
  (name: string, from: string, to: string): Change =>
  () =>
    edit(name, from, to);

/** Changes after which the run of the plug-in's step is another run. */
const retrained: Readonly<Record<string, Change>> = {
  "a plug-in's layer": inFile('plugins/scaled.ts', 'factor * table.one * power', 'factor * 0'),
  "a plug-in's comment: its text is what is known of it": inFile('plugins/scaled.ts', "claim: 'A", "claim: /* a */ 'A"),
  'what a plug-in imports': inFile('plugins/factor.ts', '1', '2'),
  'what it requires from there': inFile('plugins/power.cjs', '1', '2'),
  'a file that it opens beside itself': inFile('plugins/shift.txt', '0', '1'),
  'a JSON file that it imports': inFile('plugins/table.json', '1', '2'),
  'the version of a package that it imports': inFile('plugins/node_modules/offset/package.json', '1.0.0', '1.0.1'),
  'a learning rate': inSuite('epochs: 1,', 'epochs: 1, optimizer: { learning_rate: 0.01 },'),
  'the epochs': inSuite('epochs: 1', 'epochs: 2'),
  'the batch': inSuite('batch_size: 16', 'batch_size: 8'),
  'an augmentation': inSuite('epochs: 1,', 'epochs: 1, augmentation: { color_jitter: 0.3 },'),
  'the precision': inSuite('epochs: 1,', 'epochs: 1, precision: auto,'),
  'the width of the network': inSuite('width: 1/8', 'width: 1/16'),
  'the resolution': inSuite('resolution: 32', 'resolution: 64'),
  'the pictures that are trained on': inSuite('train_limit: 64', 'train_limit: 48'),
  'the pictures that are tested on': inSuite('test_limit: 32', 'test_limit: 16'),
  'what is held out of the training pictures': inSuite('seeds: [0]', 'validation: { share: 0.25 }\nseeds: [0]'),
  'one byte of a training picture': () => editData('train-images-idx3-ubyte.gz', 16 + 400),
  'one byte of a test picture': () => editData('t10k-images-idx3-ubyte.gz', 16 + 400),
  'one label': () => editData('train-labels-idx1-ubyte.gz', 8),
};

/** Changes after which it is the same run: what is done stays done. */
const kept: Readonly<Record<string, Change>> = {
  'nothing at all': () => {},
  "the suite's name": inSuite('name: identity', 'name: other'),
  "the recipe's name": inSuite('epochs: 1,', 'epochs: 1, name: mine,'),
  'the order of keys': inSuite('epochs: 1, batch_size: 16', 'batch_size: 16, epochs: 1'),
  'an entry of the road after it': inSuite('[scaled, gelu]', '[scaled]'),
  'another plug-in, whose steps it does not take': inFile('plugins/other.ts', 'Nothing', 'Not a thing'),
  'the place of the plug-in and of what it imports': () => {
    renameSync(join(folder, 'plugins'), join(folder, 'moved'));
    edit('suite.yaml', './plugins/scaled.ts, ./plugins/other.ts', './moved/scaled.ts');
  },
  "the plug-in's own file name": () => {
    renameSync(join(folder, 'plugins/scaled.ts'), join(folder, 'plugins/renamed.ts'));
    edit('suite.yaml', './plugins/scaled.ts', './plugins/renamed.ts');
  },
  'the folder of the pictures': () => {
    renameSync(join(folder, 'data'), join(folder, 'pictures'));
    edit('suite.yaml', 'root: ./data', 'root: ./pictures');
  },
  'another seed beside it': inSuite('seeds: [0]', 'seeds: [0, 1]'),
  'the device': inSuite('seeds: [0]', 'runner: { device: wasm }\nseeds: [0]'),
  'how many at a time, and so the threads of each': inSuite('seeds: [0]', 'runner: { parallel: 1 }\nseeds: [0]'),
  'what compiles the steps': inSuite('seeds: [0]', 'runner: { compiler: xla }\nseeds: [0]'),
  'what is computed again': inSuite('seeds: [0]', 'runner: { recompute: blocks }\nseeds: [0]'),
  'how often it is saved, and what is kept': inSuite(
    'seeds: [0]',
    'runner: { save_every: 5, keep_weights: true }\nseeds: [0]',
  ),
};

test.each(Object.keys(retrained))('trained again: %s', async (name) => {
  retrained[name]?.();
  expect((await hashes()).scaled).not.toBe(before.scaled);
});

test.each(Object.keys(kept))('kept: %s', async (name) => {
  kept[name]?.();
  expect((await hashes()).scaled).toBe(before.scaled);
});

test('another share or seed of what is held out is another run, and a suite without is what it was', async () => {
  const found = new Set([before.scaled]);
  edit('suite.yaml', 'seeds: [0]', 'validation: { share: 0.2 }\nseeds: [0]');
  found.add((await hashes()).scaled);
  edit('suite.yaml', 'share: 0.2', 'share: 0.25');
  found.add((await hashes()).scaled);
  edit('suite.yaml', 'share: 0.25', 'share: 0.25, seed: 1');
  found.add((await hashes()).scaled);
  expect(found.size).toBe(4);
});

test("a plug-in's edit leaves the networks alone that take no step of it", async () => {
  edit('plugins/scaled.ts', 'factor * table.one * power', 'factor * 0');
  const after = await hashes();
  expect(after['convnext-tiny']).toBe(before['convnext-tiny']);
  expect(after.gelu).not.toBe(before.gelu);
});

test('a step that changes nothing is the run that it would repeat', async () => {
  const found = await hashes();
  // convnext-tiny has GELU already.
  expect(found.gelu).toBe(found.scaled);
});

const begun = choiceOf(engine);
test.each([
  [
    'another engine',
    { ...begun, engine: 'wasm' },
    /tensorflow on a CPU in float32; here it would go on with wasm .*--device wasm/s,
  ],
  ['a GPU instead of the CPU', { ...begun, gpu: true }, /--device gpu/],
  [
    'another compiler',
    { ...begun, compiler: 'xla' },
    /compiled by XLA .*--compiler tensorflow is how it began.*--compiler xla$/s,
  ],
  ['another compiler on another device', { ...begun, gpu: true, compiler: 'xla' }, /--device gpu --compiler xla$/],
  ['what precision auto comes to', { ...begun, precision: 'bfloat16' }, /--precision bfloat16/],
] as const)('refused: %s', (_, found, message) => {
  expect(() => requireSame(begun, found, 'the run')).toThrow(message);
});

test('what was asked for by name may change, and no more than that', () => {
  const found = { ...begun, gpu: true, compiler: 'xla' } as const;
  const go = (named: Parameters<typeof requireSame>[3]) => () => requireSame(begun, found, 'the run', named);
  expect(go(['device', 'compiler'])).not.toThrow();
  expect(go(['device'])).toThrow(/--compiler xla$/);
  expect(go(['compiler'])).toThrow(/--device gpu$/);
  expect(go(['precision'])).toThrow(/--device gpu --compiler xla$/);
  // What auto comes to on the device that was asked for is taken with it.
  expect(() => requireSame(begun, { ...begun, gpu: true, precision: 'bfloat16' }, 'the run', ['device'])).not.toThrow();
});

test('the same engine on another machine, with other threads or of another version goes on', () => {
  expect(() => requireSame(begun, choiceOf({ ...engine, threads: 8, version: '2.22.0' }), 'the run')).not.toThrow();
});
