import { describe, expect, test } from 'vitest';
import { drawCrop } from '../../../../src/data/pictures/augment/crop.js';
import { drawErasure } from '../../../../src/data/pictures/augment/erase.js';
import { drawOperations, parseRandAugment } from '../../../../src/data/pictures/augment/rand-augment.js';
import { createGenerator } from '../../../../src/random/generator.js';
import { distance, largestDistance } from '../distribution.js';
import { sampled } from './reference.js';

const agrees = (values: readonly number[], name: string, quantiles: readonly number[] = sampled[name]) =>
  expect(distance(values, quantiles), name).toBeLessThan(largestDistance(values.length));

/** Four standard deviations of the difference between two shares. */
const slack = (share: number, here: number, there: number) =>
  4 * Math.sqrt(share * (1 - share) * (1 / here + 1 / there));

describe('what is drawn has the distribution of what timm draws', () => {
  test('random resized crops', () => {
    const generator = createGenerator(0, 'test');
    const crops = Array.from({ length: 20_000 }, () =>
      drawCrop({ height: 150, width: 200 }, [0.08, 1], [3 / 4, 4 / 3], generator),
    );
    for (const side of ['top', 'left', 'height', 'width'] as const) {
      agrees(
        crops.map((crop) => crop[side]),
        `crop.${side}`,
      );
    }
  });

  test('random erasing', () => {
    const generator = createGenerator(0, 'test');
    const drawn = Array.from({ length: 80_000 }, () => drawErasure(40, 0.25, generator));
    const boxes = drawn.filter((box) => box !== null);
    const share = sampled['erase.share'];
    expect(Math.abs(boxes.length / drawn.length - share)).toBeLessThan(slack(share, drawn.length, 40_000));
    for (const side of ['top', 'left', 'height', 'width'] as const) {
      agrees(
        boxes.map((box) => box[side]),
        `erase.${side}`,
      );
    }
  });

  test('RandAugment: which operations, how many, how strong', () => {
    const generator = createGenerator(0, 'test');
    const policy = parseRandAugment('rand-m9-mstd0.5-inc1');
    const count = 60_000;
    const found: Record<string, number[]> = {};
    for (let picture = 0; picture < count; picture++) {
      for (const { name, argument } of drawOperations(policy, generator)) {
        found[name] ??= [];
        found[name].push(argument);
      }
    }
    const shares: Record<string, number> = sampled['rand_augment.share'];
    expect(Object.keys(found).sort()).toEqual(Object.keys(shares).sort());
    for (const [name, values] of Object.entries(found)) {
      const share = shares[name] as number;
      expect(Math.abs(values.length / count - share), name).toBeLessThan(slack(share, count, 60_000));
      agrees(values, name, sampled['rand_augment.argument'][name]);
    }
  });
});

describe('RandAugment strings', () => {
  test('carry every section of timm', () => {
    const parsed = parseRandAugment('rand-m7-n3-p0.8-mstd101-mmax12');
    expect(parsed).toMatchObject({ magnitude: 7, layers: 3, probability: 0.8, magnitudeMost: 12 });
    expect(parsed.magnitudeSd).toBe(Number.POSITIVE_INFINITY);
    expect(parsed.operations).toContain('Posterize');
    expect(parseRandAugment('rand-m9-inc1').operations).toContain('PosterizeIncreasing');
  });

  test.each(['augmix-m3', 'rand-m', 'rand-k9', 'rand-mstd', 'rand-m9-'])('refuse %s by name', (text) => {
    expect(() => parseRandAugment(text)).toThrow(new RegExp(`rand_augment "${text}": .*rand-m9-mstd0.5-inc1`));
  });
});
