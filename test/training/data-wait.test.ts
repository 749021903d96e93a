import { expect, test } from 'vitest';
import { createDataWait } from '../../src/training/data-wait.js';

test.each([
  [0.3, 1],
  [0.1, 0],
])('a run that waits %d of its time is told so %i times', (share, times) => {
  const told: string[] = [];
  const watch = createDataWait((text) => told.push(text));
  for (let step = 0; step < 300; step++) watch(share * 100, 100);
  expect(told.length).toBe(times);
  if (times > 0) expect(told[0]).toMatch(/^30 % of the time goes by waiting for pictures/);
});
