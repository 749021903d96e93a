import { expect, it } from 'vitest';
import { leaf, sequential } from '../../src/architecture/tree.js';
import { countCost } from '../../src/cost/count.js';
import { defineLayer } from '../../src/layers/layer.js';

/** A network of one layer that counts its operations as a plug-in's might. */
function costOf(operations: () => object) {
  const layer = defineLayer({
    kind: 'made-up',
    outputShape: (_: object, input) => input,
    parameters: () => [],
    operations,
    forward: (_, x) => x,
  });
  const tree = sequential('', [leaf('one', layer, {})]);
  return countCost({
    name: 'made-up',
    input: [8, 8, 3],
    classes: 10,
    tree,
    parameters: [],
    draws: [],
    blocks: 0,
    dropPathScale: [],
  });
}

it('whole numbers of what is known are counted', () => {
  expect(costOf(() => ({ macs: 12, bias: 0 })).macs).toBe(12);
  expect(costOf(() => ({})).macs).toBe(0);
});

it.each([
  [{ macs: Number.NaN }, /the layer made-up at one.* counts macs: NaN; expected a whole number of at least 0/],
  [{ macs: -1 }, /counts macs: -1/],
  [{ relu: 0.5 }, /counts relu: 0.5/],
  [{ macs: Number.POSITIVE_INFINITY }, /counts macs: Infinity/],
  [{ macs: '12' }, /counts macs: 12; expected a whole number/],
  [{ mac: 12 }, /counts "mac"; what can be counted is macs, attention/],
  [null, /must give its operations as .*, found null/],
])('%j is refused', (operations, said) => {
  expect(() => costOf(() => operations as object)).toThrow(said);
});
