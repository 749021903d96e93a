import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { boxAround, drawMix, keptShare, mixBatch } from '../../../src/data/pictures/mixing.js';
import { createGenerator } from '../../../src/random/generator.js';
import { distance, largestDistance } from './distribution.js';

interface Fixture {
  resolution: number;
  size: number;
  classes: number;
  mixed: {
    lambda: number;
    centre: [number, number] | null;
    smoothing: number;
    images: number[];
    targets: number[];
  }[];
  drawn: {
    options: { mixup_alpha: number; cutmix_alpha: number; prob: number; switch_prob?: number };
    resolution: number;
    shares: Record<'none' | 'mixup' | 'cutmix', number>;
    quantiles: Partial<Record<'mixup' | 'cutmix', number[]>>;
  }[];
}

const fixture: Fixture = JSON.parse(
  readFileSync(new URL('../../fixtures/augment/mixing.json', import.meta.url)).toString(),
);
const { resolution, size, classes } = fixture;

/** The script's batch: a sine over channels-first positions, here channels last. */
function batch(smoothing: number) {
  const images = new Float32Array(size * resolution * resolution * 3);
  const area = resolution * resolution;
  for (let picture = 0; picture < size; picture++)
    for (let channel = 0; channel < 3; channel++)
      for (let at = 0; at < area; at++)
        images[(picture * area + at) * 3 + channel] = Math.sin((picture * 3 + channel) * area + at);
  const targets = new Float32Array(size * classes).fill(smoothing / classes);
  for (const [picture, label] of [3, 0, 4, 0].entries()) {
    targets[picture * classes + label] = 1 - smoothing + smoothing / classes;
  }
  return { images, targets };
}

const largestDifference = (found: ArrayLike<number>, expected: readonly number[]) =>
  expected.reduce((most, value, at) => Math.max(most, Math.abs(value - (found[at] as number))), 0);

describe('batches are mixed as timm mixes them', () => {
  it.each(fixture.mixed)('lambda $lambda, box around $centre, smoothing $smoothing', (expected) => {
    const { images, targets } = batch(expected.smoothing);
    const { lambda, centre } = expected;
    const box = centre && boxAround(centre[0], centre[1], lambda, resolution);
    mixBatch({ lambda: box ? keptShare(box, resolution) : lambda, box }, images, targets, size, resolution);
    expect(largestDifference(images, expected.images)).toBeLessThan(1e-6);
    expect(largestDifference(targets, expected.targets)).toBeLessThan(1e-6);
  });
});

describe('mixes are drawn from the distribution that timm draws from', () => {
  it.each(fixture.drawn)('$options', ({ options, resolution: side, shares, quantiles }) => {
    const count = 20_000;
    const found = { none: 0, mixup: [] as number[], cutmix: [] as number[] };
    for (let number = 0; number < count; number++) {
      const mix = drawMix(
        {
          mixup: options.mixup_alpha,
          cutmix: options.cutmix_alpha,
          mix_probability: options.prob,
          mix_switch_probability: options.switch_prob ?? 0.5,
        },
        side,
        createGenerator(1, `mixing/${number}`),
      );
      if (mix) found[mix.box ? 'cutmix' : 'mixup'].push(mix.lambda);
      else found.none++;
    }
    expect(Math.abs(found.none / count - shares.none)).toBeLessThan(0.012);
    expect(Math.abs(found.mixup.length / count - shares.mixup)).toBeLessThan(0.012);
    for (const [kind, reference] of Object.entries(quantiles)) {
      const values = found[kind as 'mixup' | 'cutmix'];
      expect(distance(values, reference)).toBeLessThan(largestDistance(values.length));
    }
  });
});
