import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { halfBits, halfValue } from '../../src/records/half.js';
import { type Predictions, predictionsName, readPredictions, writePredictions } from '../../src/records/predictions.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ablate-predictions-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('numbers are rounded to half precision as numpy rounds them', async () => {
  const file = new URL('../fixtures/records/halves.json', import.meta.url);
  const { value, bits, back } = JSON.parse(await readFile(file, 'utf8'));
  expect(value.map(halfBits)).toEqual(bits);
  expect(bits.map(halfValue)).toEqual(back);
  expect(halfValue(halfBits(1e30))).toBe(65_504);
  expect(halfValue(halfBits(Number.NaN))).toBeNaN();
});

/** Of so many classes, as a network would say it; a picture that could not be read now and then. */
const someOf = (classes: number): fc.Arbitrary<Predictions> =>
  fc
    .array(
      fc.record({
        label: fc.nat(classes - 1),
        predicted: fc.nat(classes),
        loss: fc.nat(1000).map((at) => at / 64),
        confidence: fc.nat(1024).map((at) => at / 1024),
      }),
      { minLength: 1, maxLength: 40 },
    )
    .map((pictures) => ({
      classes,
      label: Uint32Array.from(pictures, ({ label }) => label),
      predicted: Uint32Array.from(pictures, ({ predicted }) => predicted),
      loss: Float32Array.from(pictures, ({ loss }) => loss),
      confidence: Float32Array.from(pictures, ({ confidence }) => confidence),
    }));

function accuracyOf({ label, predicted, classes }: Predictions): number {
  const read = predicted.filter((one) => one < classes).length;
  return predicted.filter((one, at) => one === label[at]).length / Math.max(1, read);
}

it('come back as they were written, whatever the number of classes', async () => {
  const any = fc.constantFrom(2, 10, 255, 256, 1000, 65_536, 100_000).chain(someOf);
  await fc.assert(
    fc.asyncProperty(any, async (predictions) => {
      const note = await writePredictions(folder, 'hash', predictions);
      const result = { hash: 'hash', top1: accuracyOf(predictions), predictions: note };
      expect(readPredictions(folder, result)).toEqual({ state: 'read', value: { ...predictions, hash: 'hash' } });
      expect(await readdir(folder)).toEqual([predictionsName]);
    }),
    { numRuns: 40 },
  );
});

const known: Predictions = {
  classes: 3,
  label: Uint32Array.of(0, 1, 2, 0),
  predicted: Uint32Array.of(0, 1, 1, 3),
  loss: Float32Array.of(0.5, 0.25, 2, Number.NaN),
  confidence: Float32Array.of(0.5, 0.75, 0.875, Number.NaN),
};

it('are named where they are missing, cut, changed, of another run or of another accuracy', async () => {
  const note = await writePredictions(folder, 'hash', known);
  const result = { hash: 'hash', top1: 2 / 3, predictions: note };
  const file = join(folder, predictionsName);
  const packed = await readFile(file);
  const reason = (changes: object = {}) => {
    const found = readPredictions(folder, { ...result, ...changes });
    return found.state === 'damaged' ? `${found.file === file} ${found.reason}` : found.state;
  };
  expect(reason()).toBe('read');
  expect(readPredictions(folder, { hash: 'hash', top1: 0 })).toEqual({ state: 'absent' });
  expect(reason({ hash: 'another' })).toBe('true is of another run');
  expect(reason({ top1: 0.9 })).toMatch(/has 2 of 3 pictures right/);
  expect(reason({ predictions: { ...note, pictures: 5 } })).toMatch(/has 4 pictures, and result.json says 5/);
  for (let at = 0; at < packed.length; at += 7) {
    await writeFile(file, packed.subarray(0, at));
    expect(reason()).toMatch(/^true is damaged/);
    const changed = Buffer.from(packed);
    changed[at] = (changed[at] as number) ^ 0x55;
    await writeFile(file, changed);
    // Some bytes of the wrapping say nothing of the content.
    expect(reason()).toMatch(/^true is damaged|^read$/);
  }
  await writeFile(file, gzipSync(Buffer.alloc(100_000)));
  expect(reason()).toMatch(/has not the checksum/);
  await rm(file);
  expect(reason()).toBe('true is missing, and result.json says that there is one');
});

it('are a safetensors file inside, with whole arrays at whole places', async () => {
  await writePredictions(folder, 'hash', known);
  const bytes = gunzipSync(await readFile(join(folder, predictionsName)));
  const length = Number(bytes.readBigUInt64LE(0));
  expect(length % 8).toBe(0);
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + length));
  expect(header.__metadata__).toEqual({ schema: 'ablate/predictions/1', hash: 'hash', classes: '3' });
  expect(header.loss).toEqual({ dtype: 'F16', shape: [4], data_offsets: [0, 8] });
  expect(header.predicted).toEqual({ dtype: 'U8', shape: [4], data_offsets: [20, 24] });
  expect(bytes.length).toBe(8 + length + 24);
});
