import { expect, it } from 'vitest';
import { type Row, roadEnd } from '../../src/report/study.js';

const row = (name: string, steps: number): Row =>
  ({ variant: { name, kind: 'step', adopted: true, steps: Array.from({ length: steps }, String) } }) as unknown as Row;
const rows = [row('one', 1), row('three', 3), row('two', 2)];

it.each<[string | undefined, string, boolean | undefined]>([
  ['three', 'a-strategy-of-a-plug-in', true],
  [undefined, 'a-strategy-of-a-plug-in', false],
  // Of plans that do not say it.
  ['three', 'cumulative', undefined],
  [undefined, 'add-one', undefined],
])('%s is the end of the road of %s, where the plan says %s', (name, strategy, wholeRoad) => {
  const plan = { strategy, ...(wholeRoad !== undefined && { wholeRoad }) };
  expect(roadEnd(rows, plan)?.variant.name).toBe(name);
});
