import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildModel } from '../../src/architecture/build.js';
import { forward } from '../../src/architecture/forward.js';
import { namedNetwork } from '../../src/architecture/models.js';
import type { SwinNetwork } from '../../src/architecture/network.js';
import { countCost } from '../../src/cost/count.js';
import type { Ops } from '../../src/engine/ops.js';
import { openEngine } from '../../src/engine/open.js';
import { createReferenceOps } from '../../src/engine/reference/ops.js';
import { uniform } from '../fixtures/networks/uniform.js';

/** Networks of swin.py: windows that do not divide the map, shifted; odd maps merged; a map smaller than a window. */
interface Fixture {
  readonly name: string;
  readonly resolution: number;
  readonly depths: readonly number[];
  readonly logits: number;
  readonly gradients: Readonly<Record<string, { readonly at: number; readonly shape: readonly number[] }>>;
}
const folder = new URL('../fixtures/networks/', import.meta.url);
const fixtures: readonly Fixture[] = JSON.parse(readFileSync(new URL('swin.json', folder), 'utf8'));
const bytes = gunzipSync(readFileSync(new URL('swin.bin.gz', folder)));
const numbers = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
const length = (shape: readonly number[]) => shape.reduce((product, side) => product * side, 1);

function valuesOf(name: string, shape: readonly number[]): Float32Array {
  if (shape.length === 1)
    return name.endsWith('weight') ? uniform(name, length(shape), 0.8, 1.2) : uniform(name, length(shape), -0.3, 0.3);
  const bound = name.endsWith('table') ? 1 : Math.sqrt(3 / length(shape.slice(0, -1)));
  return uniform(name, length(shape), -bound, bound);
}

/** The farthest that logits and gradients are from the fixture, relative to the largest value of each. */
async function worst(ops: Ops, { resolution, depths, logits, gradients }: Fixture): Promise<number> {
  const { tf } = ops;
  const model = buildModel({
    ...(namedNetwork('swin-tiny', { resolution, classes: 5 }) as SwinNetwork),
    depths,
    heads: [1, 2, 4].slice(0, depths.length),
    width: 8,
    window: 4,
  });
  expect(model.parameters.map(({ name, shape }) => [name, shape]).sort()).toEqual(
    Object.entries(gradients)
      .map(([name, { shape }]) => [name, shape])
      .sort(),
  );
  const variables = new Map<string, Variable>();
  const found: [Tensor, number][] = tf.tidy(() => {
    for (const { name, shape } of model.parameters)
      variables.set(name, tf.variable(tf.tensor(valuesOf(name, shape), [...shape])));
    const pictures = tf.tensor(uniform('pictures', 2 * resolution ** 2 * 3, -1, 1), [2, resolution, resolution, 3]);
    const raw = tf.tensor2d(uniform('targets', 10, 0, 1), [2, 5]);
    const targets = tf.div(raw, tf.sum(raw, 1, true)) as typeof raw;
    const run = () =>
      forward(model, pictures, {
        ops,
        training: true,
        variable: (name) => variables.get(name) as Tensor,
        update: () => undefined,
        keep: () => undefined,
      });
    const { grads } = tf.variableGrads(
      () => ops.softmaxCrossEntropy(run(), targets).asScalar(),
      [...variables.values()],
    );
    const each = [...variables].map(([name, variable]): [Tensor, number] => [
      grads[variable.name] as Tensor,
      gradients[name]?.at as number,
    ]);
    return [[run() as Tensor, logits] as [Tensor, number], ...each].map(([tensor, at]) => [
      tf.keep(tf.clone(tensor)),
      at,
    ]);
  });
  let most = 0;
  for (const [tensor, at] of found) {
    const values = await tensor.data();
    const expected = numbers.subarray(at, at + values.length);
    const largest = expected.reduce((top, value) => Math.max(top, Math.abs(value)), 0);
    for (const [index, value] of values.entries())
      most = Math.max(most, Math.abs(value - (expected[index] as number)) / largest);
    tensor.dispose();
  }
  for (const variable of variables.values()) variable.dispose();
  return most;
}

describe.each(['cpu', 'reference', 'wasm'] as const)('Swin off multiples of its window on %s', (device) => {
  let ops: Ops;
  beforeAll(async () => {
    const engine = await openEngine({ device: device === 'reference' ? 'cpu' : device });
    ops = device === 'reference' ? createReferenceOps(engine.ops.tf) : engine.ops;
  });

  it.each(fixtures.map((fixture) => [fixture.name, fixture] as const))(
    "equals %s's: logits and every gradient",
    async (_, fixture) => expect(await worst(ops, fixture)).toBeLessThan(2e-5),
  );
});

describe('Swin in other sizes', () => {
  const cost = (resolution: number, windows: SwinNetwork['windows'] = 'padded', stemStride = 4) =>
    countCost(buildModel(namedNetwork('swin-t', { resolution, windows, stemStride }) as SwinNetwork));

  // torchvision's and timm's modules, padding counted: the same parameters in every size that pads.
  it.each([
    [224, 4_490_566_656],
    [256, 7_345_441_536],
    [320, 9_900_658_176],
    [384, 14_299_701_504],
  ])('at %i pixels costs %i multiply-adds', (resolution, macs) => {
    const { macs: found, params } = cost(resolution);
    expect([found, params]).toEqual([macs, 28_288_354]);
  });

  it('shrinks its windows instead where divisors are asked for, and computes nothing on zeros', () => {
    const kinds = (windows: SwinNetwork['windows']) => [
      ...new Set(cost(32, windows, 2).layers.map(({ kind }) => kind)),
    ];
    expect(kinds('padded')).toEqual(expect.arrayContaining(['window-padding', 'crop']));
    expect(kinds('divisors')).not.toContain('window-padding');
    expect(cost(256, 'divisors').macs).toBeLessThan(cost(256).macs);
  });

  it('is one and the same network at multiples of 224', () => {
    expect(cost(448, 'divisors')).toEqual(cost(448));
  });
});
