import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kindOf, profileOf, profileTable } from '../../src/bench/profile.js';
import type { OpTime } from '../../src/engine/profile.js';

const rates = { float32: 1e9, bfloat16: 4e9, bytes: 1e9 };
const call = (op: string, layer: string | null, seconds: number, rest: Partial<OpTime> = {}): OpTime => ({
  ...{ op, layer, seconds, packing: 0, products: 0, rounded: false, bytes: 0 },
  ...rest,
});

describe('a profile', () => {
  const ops = [
    call('DenseRelu', 'stem.conv', 0.4, { packing: 0.2, products: 2e8, bytes: 1e7 }),
    call('Dense', 'stages.0.blocks.0.conv1', 0.2, { products: 4e8, bytes: 1e7, rounded: true }),
    call('BatchNormReluGradient', 'stages.0.blocks.0.bn1', 0.1, { bytes: 5e7 }),
    call('AdamW', null, 0.3, { bytes: 1e8 }),
  ];
  const profile = profileOf({ ops, steps: 2, threads: 2, native: 1.2, whole: 1.4 }, rates);

  it('says what each kind takes of a step, packing apart from the products it is for', () => {
    const seconds = Object.fromEntries([...profile.kinds].map(([kind, line]) => [kind, line.seconds]));
    expect(seconds['products']).toBeCloseTo(0.25, 12);
    expect(seconds['packing']).toBeCloseTo(0.05, 12);
    expect(seconds['norms']).toBeCloseTo(0.05, 12);
    expect(seconds['optimizer']).toBeCloseTo(0.15, 12);
    expect(seconds['TensorFlow']).toBeCloseTo(0.1, 12);
    expect(seconds['JavaScript']).toBeCloseTo(0.1, 12);
  });

  it('sets beside it the least that products or memory would take', () => {
    // (0.2 s of float32 products + 0.1 s of bfloat16 ones) / 2 steps; 0.05 s of memory / 2.
    expect(profile.kinds.get('products')?.floor).toBeCloseTo(0.15, 12);
    expect(profile.kinds.get('norms')?.floor).toBeCloseTo(0.025, 12);
    expect(profile.whole.floor).toBeCloseTo(0.15 + 0.025 + 0.05, 12);
  });

  it('joins layers to parts of the network in its table', () => {
    const { rows } = profileTable(profile, 4);
    const names = rows.map(([name]) => name);
    expect(names).toContain('stages.0.blocks.0');
    expect(rows.find(([name]) => name === 'stages.0.blocks.0')?.slice(1)).toEqual(['150.0', '21.4 %', '75.0', '2.0']);
    expect(rows.find(([name]) => name === 'TensorFlow')?.[3]).toBe('');
  });

  it('adds up by kinds and by layers to the whole, whatever ran', () => {
    const anyCall = fc.record({
      op: fc.constantFrom('Dense', 'Depthwise', 'LayerNorm', 'Add', 'GeluGradient', 'MaxPool', 'AdamW', 'Cast'),
      layer: fc.constantFrom(null, 'stem', 'stages.1.blocks.0.conv', 'head.fc'),
      seconds: fc.double({ min: 0, max: 1, noNaN: true }),
      packing: fc.double({ min: 0, max: 4, noNaN: true }),
      products: fc.double({ min: 0, max: 1e9, noNaN: true }),
      rounded: fc.boolean(),
      bytes: fc.double({ min: 0, max: 1e9, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(anyCall), fc.integer({ min: 1, max: 9 }), (calls, steps) => {
        const kernels = calls.reduce((sum, { seconds }) => sum + seconds, 0);
        const times = { native: kernels + 0.5, whole: kernels + 0.75 };
        const { kinds, layers, whole } = profileOf({ ops: calls, steps, threads: 2, ...times }, rates);
        for (const lines of [kinds, layers]) {
          const sum = [...lines.values()].reduce((all, { seconds }) => all + seconds, 0);
          expect(sum).toBeCloseTo(whole.seconds, 9);
          expect([...lines.values()].reduce((all, { floor }) => all + floor, 0)).toBeCloseTo(whole.floor, 9);
        }
      }),
    );
  });
});

it('knows every kernel by its name', () => {
  expect(['DenseInputGradientOnto', 'GroupedFilterGradient', 'WindowAttentionGradient'].map(kindOf)).toEqual(
    Array(3).fill('products'),
  );
  expect(['BatchNormReluInference', 'LayerNormGradient'].map(kindOf)).toEqual(['norms', 'norms']);
  expect(['ResidualGeluGradient', 'Add'].map(kindOf)).toEqual(['residual', 'residual']);
  expect(['BiasGradient', 'ReluGradient', 'Gelu'].map(kindOf)).toEqual(Array(3).fill('activations'));
  expect(['MaxPoolGradient', 'SoftmaxCrossEntropy', 'Sgd'].map(kindOf)).toEqual([
    'pools, loss',
    'pools, loss',
    'optimizer',
  ]);
});
