import { mkdtemp, rm } from 'node:fs/promises';
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
      /1 tensor does not fit; nothing was loaded\n {2}missing {2}layer2\.0\.conv2\.weight \[8, 8, 3, 3\]$/,
    ],
    [
      'one too many',
      [...whole, { name: 'layer5.weight', shape: [2], dtype: 'F32', values: () => new Float32Array(2) } as const],
      /1 tensor does not fit; nothing was loaded\n {2}surplus {2}layer5\.weight \[2\]$/,
    ],
    [
      'one has another name',
      rename('fc.bias', 'fc.biass'),
      /2 tensors do not fit.*\n {2}missing {2}fc\.bias \[5\]\n {2}surplus {2}fc\.biass \[5\]$/,
    ],
    [
      'one has another shape of as many values',
      whole.map((tensor) => (tensor.name === 'fc.weight' ? { ...tensor, shape: [...tensor.shape].reverse() } : tensor)),
      /1 tensor does not fit.*\n {2}shape {4}fc\.weight: expected \[5, 128\], found \[128, 5\]$/,
    ],
    [
      'of another network altogether',
      [{ name: 'patch_embed.proj.weight', shape: [1], dtype: 'F32', values: () => new Float32Array(1) } as const],
      /tensors do not fit; nothing was loaded\n( {2}missing .*\n){20} {2}\.\.\. \d+ more$/,
    ],
  ])('%s', async (_, tensors, expected) => {
    const before = ops.tf.memory().numTensors;
    const error = await load(tensors).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(WeightsError);
    expect(error.message).toMatch(expected);
    expect(error.message).toMatch(/holds no resnet-50 in (timm|ablate)'s names/);
    expect(ops.tf.memory().numTensors).toBe(before);
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
