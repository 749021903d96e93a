import type { Generator } from '../random/generator.js';

/** Draws of chi-square with `degrees` > 0 of freedom (Marsaglia & Tsang 2000; below 2 degrees with their boost). */
export function chiSquared(degrees: number, random: Generator): () => number {
  const shape = degrees / 2;
  const boosted = shape < 1;
  const d = (boosted ? shape + 1 : shape) - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  return () => {
    const boost = boosted ? (1 - random.uniform()) ** (1 / shape) : 1;
    for (;;) {
      const x = random.normal();
      const v = (1 + c * x) ** 3;
      if (v <= 0) continue;
      const u = 1 - random.uniform();
      // Most draws are taken without a logarithm, by a bound on what follows.
      if (u < 1 - 0.0331 * (x * x) * (x * x) || Math.log(u) < 0.5 * x * x + d - d * v + d * Math.log(v))
        return 2 * d * v * boost;
    }
  };
}
