import type { Generator } from '../../../random/generator.js';

/** Uniform in [low, high). */
export const between = (generator: Generator, low: number, high: number): number =>
  low + (high - low) * generator.uniform();

/** A whole number from low to high, both included. */
export const integer = (generator: Generator, low: number, high: number): number =>
  low + generator.below(high - low + 1);

/** Beta(alpha, alpha), as the share of one of two gamma variates; in logarithms, so that a small alpha does not end in 0 / 0. */
export function beta(generator: Generator, alpha: number): number {
  const first = logGamma(generator, alpha);
  const second = logGamma(generator, alpha);
  return 1 / (1 + Math.exp(second - first));
}

/** The logarithm of a gamma variate (Marsaglia and Tsang 2000; shapes below 1 by way of shape + 1). */
function logGamma(generator: Generator, shape: number): number {
  if (shape < 1) return logGamma(generator, shape + 1) + Math.log(1 - generator.uniform()) / shape;
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const normal = generator.normal();
    const cubed = (1 + c * normal) ** 3;
    if (cubed <= 0) continue;
    const bound = 0.5 * normal * normal + d - d * cubed + d * Math.log(cubed);
    if (Math.log(1 - generator.uniform()) < bound) return Math.log(d * cubed);
  }
}
