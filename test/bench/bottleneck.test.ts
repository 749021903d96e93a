import { expect, test } from 'vitest';
import { describeBottleneck, findBottleneck, type Rates } from '../../src/bench/bottleneck.js';

const base: Rates = { step: 500, data: 2000, threads: 8, finish: 10_000, cores: 16, shared: false };
const told = (changes: Partial<Rates>) => {
  const rates = { ...base, ...changes };
  return describeBottleneck('resnet-50', rates, findBottleneck(rates));
};

test('a device of its own gets what the slower side makes', () => {
  expect(findBottleneck(base)).toEqual({ limit: 'compute', factor: 4, together: 500, threadsNeeded: 2 });
  expect(findBottleneck({ ...base, step: 4000 })).toEqual({
    limit: 'data',
    factor: 2,
    together: 2000,
    threadsNeeded: 16,
  });
});

test('on shared cores both take their time from each other, the data as fast as all cores make it', () => {
  const rates = { ...base, cores: 2, threads: 1, data: 100, step: 50, shared: true };
  expect(findBottleneck(rates)).toMatchObject({ limit: 'compute', together: 40, threadsNeeded: 1 });
});

test('the needed threads make at least what the step takes, and one fewer does not', () => {
  for (const step of [1, 249, 250, 251, 999, 1000, 1001, 5000]) {
    const { threadsNeeded } = findBottleneck({ ...base, step });
    const each = base.data / base.threads;
    expect((threadsNeeded as number) * each).toBeGreaterThanOrEqual(step);
    expect(((threadsNeeded as number) - 1) * each).toBeLessThan(step);
  }
});

test('one sentence says which, by how much, and what would do', () => {
  expect(told({})).toBe(
    'Compute limits resnet-50: its step takes 500 pictures/s, the data makes 2,000 pictures/s with 8 threads, 4.0 times as many; 2 threads would do.',
  );
  expect(told({ step: 8000 })).toBe(
    'Data limits resnet-50: its step takes 8,000 pictures/s, the data makes 2,000 pictures/s with 8 threads, 4.0 times too few; 32 threads would do, more than the 16 cores here.',
  );
  expect(told({ step: 20_000 })).toMatch(
    /10.0 times too few; no number of threads would do, since one of them normalises, erases and mixes 10,000 pictures\/s at most\.$/,
  );
  expect(told({ threads: 0 })).toMatch(
    /with training's own thread, 4.0 times as many; it needs no thread of its own\.$/,
  );
  expect(told({ cores: 2, threads: 1, data: 100, step: 50, shared: true })).toMatch(
    /1 thread would do; both share 2 cores, so that training gets about 40 pictures\/s, 20 % less than with its pictures at hand\.$/,
  );
});
