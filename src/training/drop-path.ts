import { createGenerator } from '../random/generator.js';

/**
 * Stochastic depth's factors for one pass (Huang et al. 2016): `[blocks, batch]`, row by row; 0 where a sample skips a
 * block's branch, else 1 / (1 - rate), so that the expected output stays. Block i drops at `rate * scales[i]`.
 *
 * @param pass global number of the pass, so that masks depend on nothing but seed and place.
 */
export function dropPathMasks(
  rate: number,
  scales: readonly number[],
  batch: number,
  seed: number,
  pass: number,
): Float32Array {
  const masks = new Float32Array(scales.length * batch);
  const generator = createGenerator(seed, `masks/${pass}`);
  scales.forEach((scale, block) => {
    const drop = rate * scale;
    const kept = 1 / (1 - drop);
    for (let sample = 0; sample < batch; sample++) {
      masks[block * batch + sample] = generator.uniform() < drop ? 0 : kept;
    }
  });
  return masks;
}
