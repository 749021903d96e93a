import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildModel } from '../../src/architecture/build.js';
import type { Engine } from '../../src/engine/engine.js';
import { openEngine } from '../../src/engine/open.js';
import { predict } from '../../src/inference/predict.js';
import type { ParameterSpec } from '../../src/layers/layer.js';
import { initialValues } from '../../src/training/initialise.js';
import { foreignTensors } from '../../src/weights/export.js';
import { importWeights } from '../../src/weights/import.js';
import { loadWeights, type LoadOptions } from '../../src/weights/load.js';
import type { Naming } from '../../src/weights/naming/index.js';
import { resizePositionBias } from '../../src/weights/position-bias.js';
import { writeSafetensors } from '../../src/weights/safetensors.js';
import { uniform } from '../fixtures/networks/uniform.js';
import { type ForeignCase, foreign, foreignFile, foreignNetwork } from './foreign.js';

let engine: Engine;
let folder: string;
beforeAll(async () => {
  engine = await openEngine({ device: 'cpu', eager: true });
  folder = mkdtempSync(join(tmpdir(), 'ablate-foreign-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Logits `[3, 7]` of a case's network with the weights of a file, and what is said of the file. */
async function logitsOf(stored: ForeignCase, path: string, options: LoadOptions = {}) {
  const { ops } = engine;
  const { tf } = ops;
  const { side } = stored;
  const network = foreignNetwork(stored);
  const model = buildModel(network);
  const { naming, lines, variables } = await loadWeights(ops, network, model, path, options);
  // [N, 3, H, W], as PyTorch has them.
  const pictures = tf.tidy(() =>
    tf.keep(tf.transpose(tf.tensor(uniform('pictures', 9 * side * side, -1, 1), [3, 3, side, side]), [0, 2, 3, 1])),
  );
  const { logits } = predict({ ops, model, weights: variables, pictures, targets: null, training: false });
  const values = logits.dataSync().slice();
  tf.dispose([pictures, logits, ...variables.values()]);
  return { naming, lines, logits: values };
}

/** The greatest difference over the greatest value. */
const apart = (found: ArrayLike<number>, right: readonly number[]): number =>
  Math.max(...right.map((value, at) => Math.abs((found[at] as number) - value))) / Math.max(...right.map(Math.abs));

const namingOf = (name: string): Naming =>
  (['transformers', 'mmpretrain'] as const).find((tool) => name.startsWith(tool)) ?? 'timm';
const cases = Object.entries(foreign.cases);

describe('a file with the names of a tool gives the logits of the tool’s own module', () => {
  it.each(cases.filter(([, { logits }]) => logits))('%s', async (name, stored) => {
    const path = join(folder, 'whole.safetensors');
    await writeSafetensors(path, foreignFile(stored));
    const found = await logitsOf(stored, path);
    expect(found.naming).toBe(namingOf(name));
    expect(apart(found.logits, stored.logits as number[])).toBeLessThan(1e-5);
  });
});

describe('a file without a classifier', () => {
  const headless = cases.filter(([, { features }]) => features);

  it.each(headless)('%s: refused by name, and loaded where that is allowed', async (_, stored) => {
    const path = join(folder, 'headless.safetensors');
    await writeSafetensors(path, foreignFile(stored));
    const refused = await logitsOf(stored, path).catch((error: Error) => error.message);
    const { missing = 2 } = stored;
    const counts = `${missing} tensors do not fit; nothing was loaded\n  missing from the file (${missing})\n    `;
    expect(refused).toContain(counts);
    expect(refused).toMatch(/\n {4}\S+\.weight \[/);
    expect(refused).toMatch(/\nNext: --allow missing /);

    const features = stored.features as number[];
    const width = features.length / 3;
    const initial = (spec: ParameterSpec) => initialValues(spec, 3);
    const found = await logitsOf(stored, path, { allow: ['missing'], initial });
    expect(found.lines.join('\n')).toContain(`not in the file, left as they were drawn (${missing})`);
    const head = buildModel(foreignNetwork(stored)).parameters.find(({ name }) => name === 'head.fc.weight');
    const matrix = initial(head as ParameterSpec);
    const right = Array.from({ length: 21 }, (__, at) => {
      const [picture, to] = [Math.floor(at / 7), at % 7];
      let sum = 0;
      for (let from = 0; from < width; from++)
        sum += (features[picture * width + from] as number) * (matrix[from * 7 + to] as number);
      return sum;
    });
    expect(apart(found.logits, right)).toBeLessThan(1e-5);
  });
});

describe('prefixes are taken off and said', () => {
  it.each([
    ['DistributedDataParallel', /by timm's names, "module\." taken off$/],
    ['torch.compile', /by timm's names, "_orig_mod" taken out$/],
    ['torch.compile of DistributedDataParallel', /"module\." taken off, "_orig_mod" taken out$/],
    ['torch.compile of each stage', /by timm's names, "_orig_mod" taken out$/],
    ['AveragedModel', /"module\." taken off$/],
  ])('%s', async (name, said) => {
    const stored = foreign.cases[name] as ForeignCase;
    const path = join(folder, 'prefix.safetensors');
    await writeSafetensors(path, foreignFile(stored));
    const { lines } = await logitsOf(stored, path);
    expect(lines).toEqual([expect.stringMatching(said)]);
  });

  const plain = foreign.cases['transformers ConvNextForImageClassification'] as ForeignCase;
  const under = (prefix: string, salt = 1) =>
    foreignFile(plain).map((tensor) => ({
      ...tensor,
      name: `${prefix}${tensor.name}`,
      values: () => (tensor.values() as Float32Array).map((value) => value * salt),
    }));

  it.each(['model.', 'state_dict.', 'backbone.', 'model_ema.module.', 'net.model.'])('%s', async (prefix) => {
    const path = join(folder, 'prefix.safetensors');
    await writeSafetensors(path, under(prefix));
    const { lines, logits } = await logitsOf(plain, path);
    expect(lines).toEqual([expect.stringContaining(`by transformers's names, "${prefix}" taken off`)]);
    expect(apart(logits, plain.logits as number[])).toBeLessThan(1e-5);
  });

  it('a classifier beside the prefix is found', async () => {
    const path = join(folder, 'prefix.safetensors');
    const tensors = under('backbone.').map((tensor) => ({
      ...tensor,
      name: tensor.name.replace('backbone.classifier', 'classifier'),
    }));
    await writeSafetensors(path, tensors);
    expect(apart((await logitsOf(plain, path)).logits, plain.logits as number[])).toBeLessThan(1e-5);
  });

  it('a network that is there twice is loaded only under the prefix that is asked for', async () => {
    const path = join(folder, 'twice.safetensors');
    await writeSafetensors(path, [...under('model.', 0.5), ...under('model_ema.')]);
    await expect(logitsOf(plain, path)).rejects.toThrow(
      /holds convnext-tiny more than once, under "model\." and under "model_ema\."\.\nNext: say which with --prefix/,
    );
    const { lines, logits } = await logitsOf(plain, path, { prefix: 'model_ema' });
    expect(lines.join('\n')).toMatch(/"model_ema\." taken off\n {2}outside the prefix, left out \(74\)\n {4}model\./);
    expect(apart(logits, plain.logits as number[])).toBeLessThan(1e-5);
    await expect(logitsOf(plain, path, { prefix: 'ema.' })).rejects.toThrow(/no tensor's name begins with "ema\."/);
  });
});

describe('shards of transformers', () => {
  const stored = foreign.cases['transformers SwinForImageClassification'] as ForeignCase;
  const index = stored.shards as NonNullable<ForeignCase['shards']>;
  const writeShards = async (place: string, changed: Record<string, string> = {}) => {
    mkdirSync(place, { recursive: true });
    for (const file of new Set(Object.values(index.weight_map))) {
      const names = Object.keys(index.weight_map).filter((name) => index.weight_map[name] === file);
      await writeSafetensors(join(place, file), foreignFile(stored, names));
    }
    const map = { ...index.weight_map, ...changed };
    writeFileSync(join(place, 'model.safetensors.index.json'), JSON.stringify({ ...index, weight_map: map }));
  };

  it('are read by their index and by their folder', async () => {
    const place = join(folder, 'shards');
    await writeShards(place);
    expect(new Set(Object.values(index.weight_map)).size).toBeGreaterThan(3);
    for (const path of [place, join(place, 'model.safetensors.index.json')]) {
      const { naming, logits } = await logitsOf(stored, path);
      expect(naming).toBe('transformers');
      expect(apart(logits, stored.logits as number[])).toBeLessThan(1e-5);
    }
  });

  it.each([
    ['a shard that is not there', { ghost: 'model-9.safetensors' }, /model-9\.safetensors: there is no such file/],
    [
      'a tensor that is not in its shard',
      { nowhere: Object.values(index.weight_map)[0] as string },
      /the tensor "nowhere" is missing, which .*index\.json says is in it/,
    ],
    [
      'a shard in another folder',
      { 'classifier.bias': '../model.safetensors' },
      /should be in \.\.\/model\.safetensors, which is no name of a file beside/,
    ],
    [
      'shards of PyTorch',
      { 'classifier.bias': 'pytorch_model-1.bin' },
      /its shards are no safetensors files but pytorch_model-1\.bin/,
    ],
  ])('%s is refused', async (_, changed, said) => {
    const place = join(folder, 'wrong-shards');
    await writeShards(place, changed);
    await expect(logitsOf(stored, place)).rejects.toThrow(said);
  });
});

it.each(foreign.tables)(
  'a table for windows of $from becomes timm’s for windows of $to',
  ({ from, to, heads, values }) => {
    const rows = (2 * from - 1) ** 2;
    const made = resizePositionBias(uniform(`table ${from}`, rows * heads, -1, 1), rows, (2 * to - 1) ** 2, heads);
    expect(made.length).toBe(values.length);
    // timm interpolates in float32.
    expect(Math.max(...values.map((value, at) => Math.abs(value - (made[at] as number))))).toBeLessThan(2e-6);
  },
);

describe('a Swin of other windows', () => {
  const stored = foreign.cases['AveragedModel'] as ForeignCase;
  const larger = { ...stored, side: 128 };

  it('is refused with both shapes and the option; with it the tables are interpolated', async () => {
    const path = join(folder, 'window.safetensors');
    await writeSafetensors(path, foreignFile(stored));
    const network = foreignNetwork(larger);
    const model = buildModel(network);
    // The last stage's map is 2x2 at 64 pixels, which makes its windows 2x2; it is 4x4 at 128.
    await expect(importWeights(path, network, model)).rejects.toThrow(
      /of another shape \(1\)\n {4}module\.layers\.3\.blocks\.0\.attn\.relative_position_bias_table: \[9, 24\] in the file, \[49, 24\] in the network\nNext: --resize-position-bias/,
    );
    const weights = await importWeights(path, network, model, { resizePositionBias: true });
    expect(weights.lines.join('\n')).toContain('interpolated to other windows (1)');
    const table = await weights.read('stages.3.blocks.0.attn.relative_position_bias_table');
    await weights.close();
    expect(table.length).toBe(49 * 24);
  });
});

describe('exported names and shapes are those of the module', () => {
  const exported = cases.filter(
    ([name, { logits }]) => logits && /^(transformers|mmpretrain).*(?<!state_dict)$/.test(name),
  );
  it.each([...exported, ['the release of Swin', foreign.cases['the release of Swin'] as ForeignCase] as const])(
    '%s',
    (name, stored) => {
      const network = foreignNetwork(stored);
      const naming = name.startsWith('the release') ? 'swin' : namingOf(name);
      const tensors = foreignTensors(network, buildModel(network), naming, () => new Float32Array());
      const found = Object.fromEntries(tensors.map((tensor) => [tensor.name, [...tensor.shape]]));
      expect(found).toEqual(stored.weights);
    },
  );
});
