/** The sections of timm's string for RandAugment, with its defaults. */
export interface RandAugmentSections {
  /** Magnitude, of 10. */
  readonly m: number;
  /** Operations a picture. */
  readonly n: number;
  /** Probability of each. */
  readonly p: number;
  /** Standard deviation of the magnitude; over 100, it is uniform. */
  readonly mstd: number;
  /** Largest magnitude. */
  readonly mmax: number;
  /** 1: every operation grows stronger with the magnitude. */
  readonly inc: number;
}

const defaults: RandAugmentSections = { m: 10, n: 2, p: 0.5, mstd: 0, mmax: 10, inc: 0 };
const example = 'an example is rand-m9-mstd0.5-inc1';

/** Reads `rand-m9-mstd0.5-inc1`. Throws an `Error` that names the part that is wrong. */
export function readRandAugment(text: string): RandAugmentSections {
  const [policy, ...sections] = text.split('-');
  if (policy !== 'rand')
    throw new Error(`rand_augment "${text}": it starts with "${policy}", expected "rand"; ${example}`);
  const values: Record<string, number> = { ...defaults };
  for (const section of sections) {
    const [, key = '', number = ''] = /^([a-z]+)(\d+(?:\.\d+)?)$/.exec(section) ?? [];
    if (!Object.hasOwn(defaults, key)) {
      throw new Error(
        `rand_augment "${text}": "${section}" is none of m, n, p, mstd, mmax and inc with a number; ${example}`,
      );
    }
    values[key] = Number(number);
  }
  const read = values as unknown as RandAugmentSections;
  if (read.p > 1) throw new Error(`rand_augment "${text}": p is a probability, at most 1; ${example}`);
  return read;
}
