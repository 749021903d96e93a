import { expect, test } from 'vitest';
import type { Batch } from '../../src/data/dataset.js';
import { takeAhead } from '../../src/training/take-ahead.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Batches whose size is their number. */
function numbered() {
  const asked: number[] = [];
  const next = async () => {
    asked.push(asked.length);
    return { value: { size: asked.length - 1 } as Batch, done: false as const };
  };
  return { asked, batches: { next } as AsyncIterator<Batch, never> };
}

test('one batch is made ahead, and only after whoever took one has begun', async () => {
  const { asked, batches } = numbered();
  const take = takeAhead(batches);
  expect((await take()).size).toBe(0);
  expect(asked).toEqual([0]);
  await turn();
  await turn();
  expect(asked).toEqual([0, 1]);
  await turn();
  expect(asked).toEqual([0, 1]);
  expect([(await take()).size, (await take()).size]).toEqual([1, 2]);
});

test('an error is told to whoever takes the batch, not to the process', async () => {
  const failing: AsyncIterator<Batch, never> = { next: () => Promise.reject(new Error('no pictures')) };
  await expect(takeAhead(failing)()).rejects.toThrow('no pictures');
});
