import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Dataset } from '../../src/data/dataset.js';
import { holdOut } from '../../src/data/hold-out.js';
import { openDatasets } from '../../src/data/open.js';
import { openSource } from '../../src/data/listing/source.js';

/** Pictures of one pixel whose value is their number, with labels as given. */
const labelled = (labels: readonly number[], classes: number): Dataset => ({
  name: 'made-up',
  split: 'train',
  classes: Array.from({ length: classes }, (_, at) => `class ${at}`),
  length: labels.length,
  size: { height: 1, width: 1, channels: 3 },
  mean: [0, 0, 0],
  sd: [1, 1, 1],
  label: (index) => labels[index] as number,
  fingerprint: 'some',
  remarks: [],
  picture: (index) => ({ height: 1, width: 1, pixels: Uint8Array.of(index, index, index) }),
});

const numbersOf = async ({ length, picture }: Dataset): Promise<number[]> => {
  const pictures = await Promise.all(Array.from({ length }, (_, at) => picture(at)));
  return pictures.map(({ pixels }) => pixels[0] as number);
};

const sets = fc.integer({ min: 1, max: 6 }).chain((classes) =>
  fc.record({
    classes: fc.constant(classes),
    labels: fc.array(fc.nat(classes - 1), { minLength: 40, maxLength: 250 }),
    share: fc.integer({ min: 5, max: 50 }).map((percent) => percent / 100),
    seed: fc.nat(5),
  }),
);

it('every picture is on one side, in order; every class gives its share and keeps one', async () => {
  await fc.assert(
    fc.asyncProperty(sets, async ({ classes, labels, share, seed }) => {
      fc.pre(labels.some((label) => labels.filter((one) => one === label).length * share >= 1));
      const { rest, heldOut } = holdOut(labelled(labels, classes), { share, seed });
      const [kept, held] = [await numbersOf(rest), await numbersOf(heldOut)];
      expect([...kept, ...held].sort((a, b) => a - b)).toEqual(labels.map((_, at) => at));
      for (const side of [kept, held]) expect(side).toEqual([...side].sort((a, b) => a - b));
      expect(held.map((at) => labels[at])).toEqual(held.map((_, at) => heldOut.label(at)));
      for (let label = 0; label < classes; label++) {
        const size = labels.filter((one) => one === label).length;
        const given = held.filter((at) => labels[at] === label).length;
        expect(given).toBe(Math.max(0, Math.min(Math.round(share * size), size - 1)));
      }
      expect(rest.fingerprint).not.toBe(heldOut.fingerprint);
    }),
    { numRuns: 60 },
  );
});

it('the split is its seed and share, and nothing else', async () => {
  const labels = Array.from({ length: 200 }, (_, at) => at % 4);
  const held = (share: number, seed: number) => numbersOf(holdOut(labelled(labels, 4), { share, seed }).heldOut);
  expect(await held(0.1, 3)).toEqual(await held(0.1, 3));
  expect(await held(0.1, 3)).not.toEqual(await held(0.1, 4));
  expect(await held(0.1, 3)).toHaveLength(20);
});

it('where no class has enough, that is said', () => {
  expect(() => holdOut(labelled([0, 1, 2], 3), { share: 0.1, seed: 0 })).toThrow(
    'made-up has 3 training pictures of 3 classes, and a share of 0.1 holds out none.\nNext:',
  );
});

it('threads see the same pictures of either side', async () => {
  const root = fileURLToPath(new URL('../fixtures/fashion-mnist', import.meta.url));
  const { train } = await openDatasets({ name: 'fashion-mnist', root, train_limit: 60, test_limit: null });
  const { rest, heldOut } = holdOut(train, { share: 0.2, seed: 0 });
  expect([rest.length, heldOut.length]).toEqual([50, 10]);
  expect(heldOut.classes.map((_, at) => heldOut.label(at)).sort()).toEqual(heldOut.classes.map((_, at) => at));
  for (const side of [rest, heldOut]) {
    const reader = openSource(structuredClone(side.source as NonNullable<Dataset['source']>));
    for (let index = 0; index < side.length; index += 7)
      expect(await reader.picture(index)).toEqual(await side.picture(index));
    await reader.close();
  }
});
