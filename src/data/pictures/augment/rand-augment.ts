import { readRandAugment } from '../../../config/rand-augment.js';
import type { Generator } from '../../../random/generator.js';
import type { Picture } from '../../dataset.js';
import { type Colour, rotate, transformAffine } from './affine.js';
import {
  autoContrast,
  brightness,
  colour,
  contrast,
  equalize,
  invert,
  posterize,
  sharpness,
  solarize,
  solarizeAdd,
} from './colour.js';
import type { Filter } from './resize.js';

/** What geometric operations sample with and fill uncovered corners with. */
export interface Canvas {
  readonly filter: Filter;
  readonly fill: Colour;
}

/** How a magnitude in [0, 10] becomes an argument, and what the operation does with it. */
interface Operation {
  /** Null where it takes none. Draws the sign, where there is one. */
  readonly argument: ((magnitude: number, generator: Generator) => number) | null;
  apply(picture: Picture, argument: number, canvas: Canvas): Picture;
}

const LARGEST = 10;

const signed = (value: number, generator: Generator): number => (generator.uniform() > 0.5 ? -value : value);
const enhance = (magnitude: number): number => (magnitude / LARGEST) * 1.8 + 0.1;
const enhanceIncreasing = (magnitude: number, generator: Generator): number =>
  Math.max(0.1, 1 + signed((magnitude / LARGEST) * 0.9, generator));
const share = (most: number) => (magnitude: number, generator: Generator) =>
  signed((magnitude / LARGEST) * most, generator);
const posterizeBits = (magnitude: number): number => Math.trunc((magnitude / LARGEST) * 4);
const solarizeThreshold = (magnitude: number): number => Math.min(256, Math.trunc((magnitude / LARGEST) * 256));

/** timm's operations by timm's names, with its ranges (`timm.data.auto_augment`). */
export const operations = {
  AutoContrast: { argument: null, apply: autoContrast },
  Equalize: { argument: null, apply: equalize },
  Invert: { argument: null, apply: invert },
  Rotate: {
    argument: share(30),
    apply: (picture, degrees, { filter, fill }) => rotate(picture, degrees, filter, fill),
  },
  Posterize: { argument: posterizeBits, apply: posterize },
  PosterizeIncreasing: { argument: (magnitude) => 4 - posterizeBits(magnitude), apply: posterize },
  Solarize: { argument: solarizeThreshold, apply: solarize },
  SolarizeIncreasing: { argument: (magnitude) => 256 - solarizeThreshold(magnitude), apply: solarize },
  SolarizeAdd: {
    argument: (magnitude) => Math.min(128, Math.trunc((magnitude / LARGEST) * 110)),
    apply: solarizeAdd,
  },
  Color: { argument: enhance, apply: colour },
  ColorIncreasing: { argument: enhanceIncreasing, apply: colour },
  Contrast: { argument: enhance, apply: contrast },
  ContrastIncreasing: { argument: enhanceIncreasing, apply: contrast },
  Brightness: { argument: enhance, apply: brightness },
  BrightnessIncreasing: { argument: enhanceIncreasing, apply: brightness },
  Sharpness: { argument: enhance, apply: sharpness },
  SharpnessIncreasing: { argument: enhanceIncreasing, apply: sharpness },
  ShearX: {
    argument: share(0.3),
    apply: (picture, factor, { filter, fill }) => transformAffine(picture, [1, factor, 0, 0, 1, 0], filter, fill),
  },
  ShearY: {
    argument: share(0.3),
    apply: (picture, factor, { filter, fill }) => transformAffine(picture, [1, 0, 0, factor, 1, 0], filter, fill),
  },
  TranslateXRel: {
    argument: share(0.45),
    apply: (picture, part, { filter, fill }) =>
      transformAffine(picture, [1, 0, part * picture.width, 0, 1, 0], filter, fill),
  },
  TranslateYRel: {
    argument: share(0.45),
    apply: (picture, part, { filter, fill }) =>
      transformAffine(picture, [1, 0, 0, 0, 1, part * picture.height], filter, fill),
  },
} as const satisfies Readonly<Record<string, Operation>>;

export type OperationName = keyof typeof operations;

const milder = ['Posterize', 'Solarize', 'Color', 'Contrast', 'Brightness', 'Sharpness'] as const;
const geometric = ['ShearX', 'ShearY', 'TranslateXRel', 'TranslateYRel'] as const;

/** Without `inc1`: operations of which some grow milder with the magnitude. */
const standard: readonly OperationName[] = [
  'AutoContrast',
  'Equalize',
  'Invert',
  'Rotate',
  'SolarizeAdd',
  ...milder,
  ...geometric,
];
/** With `inc1`: all grow stronger with the magnitude. */
const increasing: readonly OperationName[] = [
  'AutoContrast',
  'Equalize',
  'Invert',
  'Rotate',
  'SolarizeAdd',
  ...milder.map((name) => `${name}Increasing` as const),
  ...geometric,
];

export interface RandAugment {
  readonly magnitude: number;
  /** Standard deviation of the magnitude; infinite: uniform from 0 to the magnitude. */
  readonly magnitudeSd: number;
  readonly magnitudeMost: number;
  /** Operations a picture; each is then applied with `probability`. */
  readonly layers: number;
  readonly probability: number;
  readonly operations: readonly OperationName[];
}

/** Reads timm's string, `rand-m9-mstd0.5-inc1`: sections m, n, p, mstd, mmax, inc. Throws an `Error` naming the wrong one. */
export function parseRandAugment(text: string): RandAugment {
  const { m, n, p, mstd, mmax, inc } = readRandAugment(text);
  return {
    magnitude: Math.trunc(m),
    magnitudeSd: mstd > 100 ? Number.POSITIVE_INFINITY : mstd,
    magnitudeMost: mmax,
    layers: Math.trunc(n),
    probability: p,
    operations: inc > 0 ? increasing : standard,
  };
}

/** One operation with its argument, drawn; the argument is 0 where there is none. */
export interface Drawn {
  readonly name: OperationName;
  readonly argument: number;
}

/** Draws what one picture gets: operations with replacement, each left out with its probability. */
export function drawOperations(policy: RandAugment, generator: Generator): Drawn[] {
  const drawn: Drawn[] = [];
  for (let layer = 0; layer < policy.layers; layer++) {
    const name = policy.operations[generator.below(policy.operations.length)] as OperationName;
    if (policy.probability < 1 && generator.uniform() > policy.probability) continue;
    const magnitude = Math.max(0, Math.min(drawMagnitude(policy, generator), policy.magnitudeMost));
    const { argument }: Operation = operations[name];
    drawn.push({ name, argument: argument ? argument(magnitude, generator) : 0 });
  }
  return drawn;
}

function drawMagnitude({ magnitude, magnitudeSd }: RandAugment, generator: Generator): number {
  if (magnitudeSd === Number.POSITIVE_INFINITY) return generator.uniform() * magnitude;
  return magnitudeSd > 0 ? magnitude + magnitudeSd * generator.normal() : magnitude;
}

export function applyOperations(picture: Picture, drawn: readonly Drawn[], canvas: Canvas): Picture {
  return drawn.reduce(
    (current, { name, argument }) => (operations[name] as Operation).apply(current, argument, canvas),
    picture,
  );
}
