import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createTurns, together } from '../../../src/engine/tensorflow/setup/together.js';

test('turns come in order, so many at a time, also after a failure', async () => {
  const turns = createTurns(2);
  const begun: number[] = [];
  let most = 0;
  let now = 0;
  const all = Array.from({ length: 9 }, (_, at) =>
    turns(async () => {
      begun.push(at);
      most = Math.max(most, ++now);
      // The first ones take longest.
      for (let wait = 9 - at; wait > 0; wait--) await turn();
      now--;
      if (at === 3) throw new Error('three');
    }),
  );
  const ends = await Promise.allSettled(all);
  expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  expect(most).toBe(2);
  expect(ends.map(({ status }) => status).indexOf('rejected')).toBe(3);
});

test('the first failure is thrown once the others have ended', async () => {
  const seen: string[] = [];
  const whole = together(undefined, (ending) => [
    turn().then(() => Promise.reject(new Error('first'))),
    new Promise<void>((_, reject) => {
      ending.addEventListener('abort', async () => {
        await turn();
        seen.push('cleared away');
        reject(new Error('second'));
      });
    }),
  ]);
  await expect(whole).rejects.toThrow('first');
  expect(seen).toEqual(['cleared away']);
});

test("a signal's reason is thrown", async () => {
  const stopping = new AbortController();
  const whole = together(stopping.signal, (ending) => [
    new Promise<void>((resolve) => {
      ending.addEventListener('abort', () => resolve());
    }),
  ]);
  stopping.abort(new Error('by hand'));
  await expect(whole).rejects.toThrow('by hand');
});
