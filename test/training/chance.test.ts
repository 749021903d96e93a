import { describe, expect, it } from 'vitest';
import type { ParameterSpec } from '../../src/layers/layer.js';
import { dropPathMasks } from '../../src/training/drop-path.js';
import { initialValues } from '../../src/training/initialise.js';
import { roadModel } from '../architecture/parity.js';

const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
const deviation = (values: Float32Array) => Math.sqrt(mean(values.map((value) => value * value)) - mean(values) ** 2);

describe('stochastic depth', () => {
  const scales = [0, 0.5, 1];
  const batch = 20_000;
  const masks = dropPathMasks(0.4, scales, batch, 3, 17);
  const row = (block: number) => masks.subarray(block * batch, (block + 1) * batch);

  it.each(scales.map((scale, block) => [block, 0.4 * scale]))(
    'block %i skips a share of %d, keeps the mean',
    (block, rate) => {
      const kept = 1 / (1 - rate);
      expect(new Set(row(block))).toEqual(new Set(rate > 0 ? [0, Math.fround(kept)] : [1]));
      // Five standard errors of a mean of 20 000 draws.
      const error = 5 * kept * Math.sqrt((rate * (1 - rate)) / batch);
      expect(Math.abs(mean(row(block)) - 1)).toBeLessThanOrEqual(error);
    },
  );

  it('draws blocks and passes apart, and a pass the same whenever it is drawn', () => {
    expect(dropPathMasks(0.4, scales, batch, 3, 17)).toEqual(masks);
    const agreement = (one: Float32Array, other: Float32Array) =>
      mean(one.map((value, at) => Number(value > 0 === (other[at] as number) > 0)));
    // Independent: 0.8 x 0.6 + 0.2 x 0.4, and for two passes of one block 0.6 x 0.6 + 0.4 x 0.4.
    expect(agreement(row(1), row(2))).toBeCloseTo(0.56, 1);
    expect(agreement(row(2), dropPathMasks(0.4, scales, batch, 3, 18).subarray(2 * batch))).toBeCloseTo(0.52, 1);
  });
});

describe('initial values', () => {
  const of = (init: ParameterSpec['init'], name = 'stem.conv.weight', seed = 0) =>
    initialValues({ name, shape: [100, 400], init, decay: true, trainable: true }, seed);

  it('a normal of 0.02 has its mean, deviation and tails', () => {
    const values = of({ kind: 'truncated-normal', sd: 0.02 });
    expect(Math.abs(mean(values))).toBeLessThan((5 * 0.02) / 200);
    expect(deviation(values) / 0.02).toBeCloseTo(1, 1.7);
    const beyond = (limit: number) => mean(values.map((value) => Number(Math.abs(value) > limit * 0.02)));
    expect(beyond(1)).toBeCloseTo(0.3173, 2);
    expect(beyond(2)).toBeCloseTo(0.0455, 2);
    expect(beyond(6)).toBe(0);
  });

  it('a wide normal is cut at two, as timm cuts it', () => {
    const values = of({ kind: 'truncated-normal', sd: 1 });
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(2);
    // A standard normal cut at two has the deviation 0.8796.
    expect(deviation(values)).toBeCloseTo(0.8796, 2);
  });

  it('a uniform by fan-in reaches 1 / sqrt(fan-in) and no further', () => {
    const values = of({ kind: 'fan-in-uniform', fanIn: 25 });
    const most = Math.max(...values.map(Math.abs));
    expect(most).toBeLessThanOrEqual(0.2);
    expect(most).toBeGreaterThan(0.199);
    expect(deviation(values)).toBeCloseTo(0.2 / Math.sqrt(3), 3);
  });

  it('depend on seed and name alone: another layer changes nothing', () => {
    const normal = { kind: 'truncated-normal', sd: 0.02 } as const;
    expect(of(normal)).toEqual(of(normal));
    expect(of(normal, 'head.fc.weight')).not.toEqual(of(normal));
    expect(of(normal, 'stem.conv.weight', 1)).not.toEqual(of(normal));
    const [shallow, deep] = [
      [1, 1, 1, 1],
      [2, 1, 3, 1],
    ].map(
      (depths) =>
        new Map(roadModel('layer-scale', 64, depths).parameters.map((spec) => [spec.name, initialValues(spec, 0)])),
    ) as [Map<string, Float32Array>, Map<string, Float32Array>];
    for (const [name, values] of shallow) expect(deep.get(name)).toEqual(values);
  });
});
