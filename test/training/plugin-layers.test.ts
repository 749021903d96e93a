import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import { LayerFault } from '../../src/engine/layer-scope.js';
import { openEngine } from '../../src/engine/open.js';
import type { LayerKind, ParameterSpec } from '../../src/layers/layer.js';
import { layer, networkWith, train } from './plugin-network.js';

const engines: readonly (readonly [string, Engine])[] = [
  ['compiled', await openEngine({ device: 'cpu' })],
  ['eager', await openEngine({ device: 'cpu', eager: true })],
  ['wasm', await openEngine({ device: 'wasm' })],
];
const backends: Readonly<Record<string, string>> = { compiled: 'tensorflow', eager: 'tensorflow', wasm: 'wasm' };

const vector = (name: string, trainable = true): ParameterSpec => ({
  name,
  shape: [6],
  init: { kind: 'constant', value: 1 },
  decay: false,
  trainable,
});
/** Parameters of as many channels as the map has. */
const parameters: LayerKind<null>['parameters'] = (_, input) => [
  { ...vector('scale'), shape: [input.at(-1) as number] },
];
const statistic: LayerKind<null>['parameters'] = (_, input) => [
  { ...vector('mean', false), shape: [input.at(-1) as number] },
];

/** Takes the first position of the map as it is: a slice, which stays of the map's type. */
const tracking = layer({
  parameters: statistic,
  forward: (_, x, { ops: { tf }, parameter, training, update }) => {
    if (training) update('mean', tf.reshape(tf.slice(x, [0, 0, 0, 0], [1, 1, 1, -1]), [-1]));
    return tf.sub(x, parameter('mean'));
  },
});

let calls = 0;
let once: Tensor | undefined;

/** What a layer does wrong, and what must be said of it wherever it runs. */
const faults: readonly (readonly [string, Partial<LayerKind<null>>, RegExp])[] = [
  ['gives integers', { forward: (_, x, { ops }) => ops.tf.cast(x, 'int32') }, /gives int32 \[\d,8,8,6\]; .* float32/],
  [
    'gives fewer channels',
    { forward: (_, x, { ops }) => ops.tf.slice(x, [0, 0, 0, 0], [-1, -1, -1, 3]) },
    /gives float32 \[\d,8,8,3\]; by its outputShape it must give float32 \[\d,8,8,6\]/,
  ],
  ['mixes samples', { forward: (_, x, { ops }) => ops.tf.mean(x, 0, true) }, /gives float32 \[1,8,8,6\]/],
  ['gives nothing', { forward: () => undefined as never }, /gives undefined, which is no tensor/],
  ['does not use a parameter', { parameters }, /declares the parameter "scale", but its forward pass does not use it/],
  [
    'asks for another parameter',
    { parameters, forward: (_, x, { ops, parameter }) => ops.tf.mul(x, parameter('gain')) },
    /asks for a parameter "gain"; it declares scale/,
  ],
  [
    'asks for a parameter and lets it go',
    {
      parameters,
      forward: (_, x, { parameter }) => {
        parameter('scale');
        return x;
      },
    },
    /no gradient reaches its parameter "scale"/,
  ],
  [
    'updates what it has not',
    {
      forward: (_, x, { training, update }) => {
        if (training) update('mean', x);
        return x;
      },
    },
    /updates "mean"; it declares none/,
  ],
  [
    'updates with another shape',
    {
      parameters: statistic,
      forward: (_, x, { training, update }) => {
        if (training) update('mean', x);
        return x;
      },
    },
    /updates "mean" with float32 \[\d,8,8,6\]; it declares float32 \[6\]/,
  ],
  [
    'keeps a tensor',
    {
      forward: (_, x, { ops: { tf } }) => {
        once ??= tf.keep(tf.scalar(2));
        return tf.mul(x, once);
      },
    },
    /is kept after the step|keeps a tensor/,
  ],
  [
    'makes a variable',
    { forward: (_, x, { ops: { tf } }) => tf.mul(x, tf.variable(tf.scalar(2))) },
    /makes a tf\.variable/,
  ],
  [
    'draws from Math.random',
    { forward: (_, x, { ops: { tf } }) => tf.mul(x, Math.random()) },
    /takes unseeded chance .*context\.draw/,
  ],
  ['takes dropout of tfjs', { forward: (_, x, { ops: { tf } }) => tf.dropout(x, 0.5) }, /takes unseeded chance/],
  [
    'takes random tensors of tfjs',
    { forward: (_, x, { ops: { tf } }) => tf.add(x, tf.randomNormal(x.shape)) },
    /takes unseeded chance/,
  ],
  [
    'counts its calls',
    { forward: (_, x, { ops: { tf } }) => tf.mul(x, ++calls) },
    /changes between calls|comes? out otherwise|came out otherwise/,
  ],
  [
    'has an op without a gradient',
    {
      forward: (_, x, { ops: { tf } }) =>
        tf.image.cropAndResize(x as Tensor4D, [[0, 0, 1, 1]], tf.tensor1d([0], 'int32'), [8, 8]),
    },
    /CropAndResize on \w+: it is not among the ops that were checked; instead: cut with tf\.slice/,
  ],
  [
    'calls an operation with a short bias',
    {
      forward: (_, x, { ops }) =>
        ops.conv2d(x as Tensor4D, ops.tf.ones([1, 1, 6, 6]), {
          ...{ stride: 1, padding: 0, groups: 1, bias: ops.tf.ones([5]) as Tensor1D },
        }),
    },
    /ops\.conv2d expects the bias \[6\], found float32 \[5\]/,
  ],
];

describe.each(engines)('a plug-in’s layer on the %s engine', (name, engine) => {
  const { tf } = engine.ops;
  const setUp = async () => {
    await tf.setBackend(backends[name] as string);
    once = undefined;
  };

  test.each(faults)('that %s is named with its place and line', async (_, own, message) => {
    await setUp();
    const error = await train(engine, networkWith(layer(own)), 0, 1).catch((thrown: Error) => thrown);
    expect(error).toBeInstanceOf(Error);
    const text = (error as Error).message;
    expect(text).toMatch(message);
    expect(text).toMatch(/plugin-(layers\.test|network)\.ts:\d+:\d+/);
    expect(text).toContain('stages.0.blocks.0.mine');
  });

  test('may draw: the same numbers by step, whenever a step is taken', async () => {
    await setUp();
    const noisy = layer({
      draws: (_, input) => [
        { name: 'keep', kind: 'keep', rate: 0.25, shape: input },
        { name: 'noise', kind: 'normal', shape: [] },
        { name: 'shift', kind: 'uniform', shape: [input.at(-1) as number], per: 'batch' },
      ],
      forward: (_, x, { ops: { tf: t }, training, draw }) => {
        if (!training) return x;
        const noise = t.reshape(draw('noise'), [-1, 1, 1, 1]);
        return t.add(t.add(t.mul(x, draw('keep')), noise), draw('shift'));
      },
    });
    const whole = await train(engine, networkWith(noisy), 0, 4);
    expect(new Set(whole).size).toBe(4);
    expect(await train(engine, networkWith(noisy), 2, 4)).toEqual(whole.slice(2));
    drawn.set(name, whole);
  });

  test('may keep a running statistic of its map', async () => {
    await setUp();
    const losses = await train(engine, networkWith(tracking), 0, 3);
    expect(new Set(losses).size).toBe(3);
  });
});

test('a running statistic taken from a bfloat16 map stays float32', async () => {
  for (const eager of [false, true]) {
    // bfloat16 where this CPU multiplies it.
    const engine = await openEngine({ device: 'cpu', precision: 'auto', eager });
    await engine.ops.tf.setBackend('tensorflow');
    const losses = await train(engine, networkWith(tracking), 0, 3);
    expect(new Set(losses).size).toBe(3);
    expect(losses.every(Number.isFinite)).toBe(true);
  }
});

const drawn = new Map<string, number[]>();

test('draws are the same numbers on every engine', () => {
  const [compiled, eager, wasm] = ['compiled', 'eager', 'wasm'].map((name) => drawn.get(name) as number[]);
  expect(compiled).toEqual(eager);
  for (const [at, loss] of (wasm as number[]).entries()) expect(loss).toBeCloseTo((eager as number[])[at] as number, 4);
});

test('a fault of a layer keeps its cause', async () => {
  const [, engine] = engines[1]!;
  await engine.ops.tf.setBackend('tensorflow');
  const broken = layer({
    forward: () => {
      throw new RangeError('no such thing');
    },
  });
  const error = await train(engine, networkWith(broken)).catch((thrown: Error) => thrown);
  expect(error).toBeInstanceOf(LayerFault);
  expect((error as LayerFault).cause).toBeInstanceOf(RangeError);
  expect((error as LayerFault).place.path).toBe('stages.0.blocks.0.mine');
});
