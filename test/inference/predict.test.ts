import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildModel } from '../../src/architecture/build.js';
import { namedNetwork } from '../../src/architecture/models.js';
import type { Network } from '../../src/architecture/network.js';
import type { Engine } from '../../src/engine/engine.js';
import { openEngine } from '../../src/engine/open.js';
import { predict } from '../../src/inference/predict.js';
import { readPredictInput } from '../../src/inference/tensors.js';
import type { ParameterSpec } from '../../src/layers/layer.js';
import { exportWeights } from '../../src/weights/export.js';
import { toForeign } from '../../src/weights/layout.js';
import { loadWeights } from '../../src/weights/load.js';
import { foreignName } from '../../src/weights/naming/index.js';
import { type NamedTensor, openSafetensors, writeSafetensors } from '../../src/weights/safetensors.js';
import { uniform } from '../fixtures/networks/uniform.js';
import { distance, type Fixture, first, fixtures, largestGradient, logitsOf } from './timm.js';

const size = { resolution: 64, classes: 7 };
const networks: Readonly<Record<string, Network>> = {
  'resnet-50': { ...(namedNetwork('resnet-50', size) as Network), depths: [1, 1, 1, 1] },
  'convnext-tiny': {
    ...(namedNetwork('convnext-tiny', { ...size, widthScale: 1 / 16 }) as Network),
    depths: [2, 1, 2, 1],
  },
  'swin-tiny': {
    ...(namedNetwork('swin-tiny', { ...size, widthScale: 1 / 8 }) as Network),
    depths: [2, 2, 1, 1],
    window: 4,
  } as Network,
};

let engine: Engine;
let folder: string;
beforeAll(async () => {
  engine = await openEngine({ device: 'cpu', eager: true });
  folder = await mkdtemp(join(tmpdir(), 'ablate-predict-'));
  const input: NamedTensor[] = [
    { name: 'input', shape: [3, 3, 64, 64], dtype: 'F32', values: () => uniform('pictures', 3 * 3 * 64 * 64, -1, 1) },
    { name: 'labels', shape: [3], dtype: 'I64', values: () => BigInt64Array.of(5n, 0n, 3n) },
  ];
  await writeSafetensors(join(folder, 'input.safetensors'), input);
});
afterAll(() => rm(folder, { recursive: true }));

describe.each(Object.keys(networks))('%s with weights saved under timm’s names', (name) => {
  const fixture = fixtures[name] as Fixture;
  const network = networks[name] as Network;
  const model = buildModel(network);
  const specs = new Map(model.parameters.map((spec) => [spec.name, spec]));
  let file: string;
  beforeAll(async () => {
    file = join(folder, `${name}.safetensors`);
    const tensors = Object.entries(fixture.weights).map(
      ([key, shape]): NamedTensor => ({ name: key, shape, dtype: 'F32', values: () => first(key, shape) }),
    );
    await writeSafetensors(file, tensors);
  });

  /** A tensor in timm's name and layout. */
  const foreign = (own: string, tensor: Tensor): [string, Float32Array] => {
    const spec = specs.get(own) as ParameterSpec;
    const { name: key, layout } = foreignName(spec, network, 'timm');
    return [key, toForeign(tensor.dataSync() as Float32Array, spec.shape, layout)];
  };

  it.each(['eval', 'train'] as const)('gives timm’s logits, loss and gradients in %s mode', async (mode) => {
    const { ops } = engine;
    const { tf } = ops;
    const { naming, variables } = await loadWeights(ops, network, model, file);
    expect(naming).toBe('timm');
    const input = await readPredictInput(join(folder, 'input.safetensors'), 7);
    const result = predict({
      ops,
      model,
      weights: variables,
      pictures: tf.tensor(input.pictures, [3, 64, 64, 3]),
      targets: tf.tensor(input.targets as Float32Array, [3, 7]) as Tensor2D,
      training: mode === 'train',
    });
    const expected = fixture[mode];
    const logits = result.logits.dataSync();
    const right = logitsOf(expected);
    const most = Math.max(...right.map(Math.abs));
    expect(Math.max(...logits.map((value, at) => Math.abs(value - (right[at] as number)))) / most).toBeLessThan(1e-4);
    expect(result.loss?.dataSync()[0]).toBeCloseTo(expected.loss, 4);

    const gradients = new Map([...result.gradients].map(([own, tensor]) => foreign(own, tensor)));
    expect([...gradients.keys()].sort()).toEqual(Object.keys(expected.gradients).sort());
    const floor = 1e-3 * largestGradient(expected);
    const apart = (found: Map<string, Float32Array>, stored: Readonly<Record<string, number>>) =>
      Object.entries(stored)
        .map(([key, at]) => [key, distance(found.get(key) as Float32Array, at, floor)] as const)
        .filter(([, far]) => !(far < 1e-3));
    expect(apart(gradients, expected.gradients)).toEqual([]);
    const statistics = new Map([...result.statistics].map(([own, tensor]) => foreign(own, tensor)));
    expect(apart(statistics, mode === 'train' ? fixture.statistics : {})).toEqual([]);
    tf.dispose([...variables.values()]);
  });

  it('loaded and exported again, every tensor has the same bytes', async () => {
    const { ops } = engine;
    const { variables } = await loadWeights(ops, network, model, file);
    const out = join(folder, `${name}-again.safetensors`);
    const values = (own: string) => variables.get(own)?.dataSync() as Float32Array;
    await exportWeights(out, { network, model, naming: 'timm', values });
    const stored = await openSafetensors(out);
    const raw = await readFile(out);
    for (const [key, shape] of Object.entries(fixture.weights)) {
      const entry = stored.entries.get(key);
      expect(entry?.shape).toEqual(shape);
      const made = first(key, shape);
      const same = Buffer.from(made.buffer).equals(raw.subarray(entry?.begin, entry?.end));
      expect([key, same]).toEqual([key, true]);
    }
    await stored.close();
    ops.tf.dispose([...variables.values()]);
  });
});
