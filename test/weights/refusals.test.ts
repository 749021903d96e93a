import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildModel } from '../../src/architecture/build.js';
import { namedNetwork } from '../../src/architecture/models.js';
import type { Network } from '../../src/architecture/network.js';
import type { Ops } from '../../src/engine/ops.js';
import { openEngine } from '../../src/engine/open.js';
import { foreignTensors } from '../../src/weights/export.js';
import { loadWeights } from '../../src/weights/load.js';
import { type NamedTensor, WeightsError, writeSafetensors } from '../../src/weights/safetensors.js';

const network: Network = {
  ...(namedNetwork('resnet-50', { resolution: 32, classes: 5, widthScale: 1 / 16 }) as Network),
  depths: [1, 1, 1, 1],
};
const model = buildModel(network);
const smaller: Network = {
  ...(namedNetwork('resnet-50', { resolution: 32, classes: 5, widthScale: 1 / 32 }) as Network),
  depths: [1, 1, 1, 1],
};
const other: Network = { ...network, classes: 9 };
const large = namedNetwork('convnext-small') as Network;
const full = namedNetwork('resnet-50') as Network;
/** Zeros for each parameter of a network. */
const zeros = (of: Network) => {
  const shapes = new Map(buildModel(of).parameters.map(({ name, shape }) => [name, shape]));
  return (name: string) => new Float32Array((shapes.get(name) as number[]).reduce((a, b) => a * b, 1));
};
const lengths = new Map(model.parameters.map(({ name, shape }) => [name, shape.reduce((a, b) => a * b, 1)]));
const whole = foreignTensors(network, model, 'timm', (name) => new Float32Array(lengths.get(name) as number));

let ops: Ops;
let folder: string;
beforeAll(async () => {
  ({ ops } = await openEngine({ device: 'cpu', eager: true }));
  folder = await mkdtemp(join(tmpdir(), 'ablate-refusals-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function load(tensors: readonly NamedTensor[]) {
  const path = join(folder, 'weights.safetensors');
  await writeSafetensors(path, tensors);
  return loadWeights(ops, network, model, path);
}
const rename = (from: string, to: string): NamedTensor[] =>
  whole.map((tensor) => (tensor.name === from ? { ...tensor, name: to } : tensor));

describe('weights that do not fit are refused with the list, and nothing is loaded', () => {
  it.each([
    [
      'one is missing',
      whole.filter(({ name }) => name !== 'layer2.0.conv2.weight'),
      /1 tensor does not fit; nothing was loaded\n {2}missing from the file \(1\)\n {4}layer2\.0\.conv2\.weight \[8, 8, 3, 3\]\nNext: --allow missing takes the \d+ of \d+ parameters that fit/,
    ],
    [
      'one too many',
      [...whole, { name: 'layer5.weight', shape: [2], dtype: 'F32', values: () => new Float32Array(2) } as const],
      /1 tensor does not fit; nothing was loaded\n {2}only in the file \(1\)\n {4}layer5\.weight \[2\]\nNext: --allow extra takes/,
    ],
    [
      'one has another name',
      rename('fc.bias', 'fc.biass'),
      /2 tensors do not fit.*\n {2}only in the file \(1\)\n {4}fc\.biass \[5\]\n {2}missing from the file \(1\)\n {4}fc\.bias \[5\]\nNext: --allow missing,extra/,
    ],
    [
      'one has another shape of as many values',
      whole.map((tensor) => (tensor.name === 'fc.weight' ? { ...tensor, shape: [...tensor.shape].reverse() } : tensor)),
      /1 tensor does not fit.*\n {2}of another shape \(1\)\n {4}fc\.weight: \[128, 5\] in the file, \[5, 128\] in the network\nNext: --allow size/,
    ],
    [
      'of another network altogether',
      [{ name: 'patch_embed.proj.weight', shape: [1], dtype: 'F32', values: () => new Float32Array(1) } as const],
      /none of its 1 tensor has .*nothing was loaded\n {2}the file has \(1\)\n {4}patch_embed\.proj\.weight \[1\]\nNext: `ablate names`/,
    ],
    [
      'of another size',
      foreignTensors(smaller, buildModel(smaller), 'timm', zeros(smaller)),
      /tensors do not fit.*\n {2}of another shape \(\d+\)\n {4}conv1\.weight: \[2, 3, 7, 7\] in the file, \[4, 3, 7, 7\] in the network\n( {4}.*\n){11} {4}\.\.\. and \d+ more\nNext: this may be a file of another network, and `ablate models` lists .*; --allow size takes the 1 of 87 parameters that fit/,
    ],
    [
      'of another number of classes',
      foreignTensors(other, buildModel(other), 'timm', zeros(other)),
      /2 tensors do not fit.*\n {2}of another shape \(2\)\n {4}fc\.weight: \[9, 128\] in the file, \[5, 128\] in the network\n {4}fc\.bias: .*\nNext: --classes 9, or --allow size/,
    ],
    [
      'below a prefix that nobody knows',
      whole.map((tensor) => ({ ...tensor, name: `params.${tensor.name}` })),
      /holds no resnet-50: .*\n[\s\S]*\nNext: --prefix params\. \(in a suite: weights: \{ file, prefix: params\. \}\)$/,
    ],
    [
      'below two of them',
      [
        ...whole.map((tensor) => ({ ...tensor, name: `mine.net_q.${tensor.name}` })),
        { name: 'mine.queue', shape: [2], dtype: 'F32', values: () => new Float32Array(2) } as const,
      ],
      /\nNext: --prefix mine\.net_q\. \(/,
    ],
    [
      'the whole of what the network is a part of',
      foreignTensors(full, buildModel(full), 'timm', zeros(full)),
      /does not fit resnet-50, [\s\S]*\nNext: the file holds resnet-50 in its full size; --model resnet-50 and nothing that changes it$/,
    ],
    [
      'of a model of the list, by its name',
      foreignTensors(large, buildModel(large), 'torchvision', () => new Float32Array(0)).map(({ name, shape }) => ({
        name,
        shape,
        dtype: 'F32' as const,
        values: () => new Float32Array(shape.reduce((a, b) => a * b, 1)),
      })),
      /holds no resnet-50: none of its 344 tensors.*\n {2}the file has \(344\)\n[\s\S]*features\.\{1-7\}\.\{0-26\}\.block\.\{0-5\}\.weight \(1[0-9]+\)[\s\S]*Next: the file holds convnext-small; --model convnext-small$/,
    ],
  ])('%s', async (_, tensors, expected) => {
    const before = ops.tf.memory().numTensors;
    const error = await load(tensors).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(WeightsError);
    expect(error.message).toMatch(expected);
    expect(error.message.split('\n').length).toBeLessThan(25);
    expect(ops.tf.memory().numTensors).toBe(before);
  });
});

describe('values that no float32 can be made of are refused before anything is loaded', () => {
  /** A file of zeros by hand: no writer here has these types. */
  async function write(dtypeOf: (name: string) => { readonly dtype: string; readonly bits: number }): Promise<string> {
    let at = 0;
    const header: Record<string, unknown> = {};
    for (const { name, shape } of whole) {
      const { dtype, bits } = dtypeOf(name);
      const begin = at;
      at += Math.ceil((shape.reduce((a, b) => a * b, 1) * bits) / 8);
      header[name] = { dtype, shape, data_offsets: [begin, at] };
    }
    const text = Buffer.from(JSON.stringify(header));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(text.length));
    const path = join(folder, 'types.safetensors');
    await writeFile(path, Buffer.concat([length, text, Buffer.alloc(at)]));
    return path;
  }

  it.each([
    ['F8_E4M3', 8, /is F8_E4M3: eight-bit floats, .*`tensor\.float\(\) \* scale`/],
    ['F8_E5M2', 8, /is F8_E5M2: eight-bit floats/],
    ['F8_E8M0', 8, /is F8_E8M0: eight-bit floats/],
    ['F8_E4M3FNUZ', 8, /is F8_E4M3FNUZ: eight-bit floats/],
    ['F8_E5M2FNUZ', 8, /is F8_E5M2FNUZ: eight-bit floats/],
    ['C64', 64, /is C64: complex numbers/],
  ])('%s, in every tensor and in one', async (dtype, bits, said) => {
    const before = ops.tf.memory().numTensors;
    for (const only of [null, 'layer2.0.conv2.weight']) {
      const path = await write((name) =>
        only === null || name === only ? { dtype, bits } : { dtype: 'F32', bits: 32 },
      );
      const error = await loadWeights(ops, network, model, path).catch((thrown) => thrown);
      expect(error).toBeInstanceOf(WeightsError);
      expect(error.message).toMatch(said);
      expect(error.message).toContain(`${path}: the tensor "${only ?? ''}`);
      expect(ops.tf.memory().numTensors).toBe(before);
    }
  });

  it('but what no parameter needs may have any type', async () => {
    const path = await write((name) =>
      name.endsWith('num_batches_tracked') ? { dtype: 'F8_E4M3', bits: 8 } : { dtype: 'F16', bits: 16 },
    );
    const { variables } = await loadWeights(ops, network, model, path);
    expect(variables.size).toBe(model.parameters.length);
    ops.tf.dispose([...variables.values()]);
  });
});

it('batch counters may be there or not', async () => {
  const counters = whole.filter(({ dtype }) => dtype === 'I64');
  expect(counters.length).toBeGreaterThan(0);
  for (const tensors of [whole, whole.filter(({ dtype }) => dtype !== 'I64')]) {
    const { naming, variables } = await load(tensors);
    expect([naming, variables.size]).toEqual(['timm', model.parameters.length]);
    ops.tf.dispose([...variables.values()]);
  }
});
