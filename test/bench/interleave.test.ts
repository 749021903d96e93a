import { describe, expect, it } from 'vitest';
import { type Contender, interleave, quantile } from '../../src/bench/interleave.js';

/** Answers each line with as many times as it asks for, all of them `milliseconds`. */
const steady = (name: string, milliseconds: number): Contender => ({
  name,
  command: [
    process.execPath,
    '-e',
    `require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
      const times = Array(JSON.parse(line).steps).fill(${milliseconds});
      console.log(JSON.stringify({ times, peakBytes: ${milliseconds} * 1000, firstLoss: ${milliseconds} / 2, about: '${name} 1.0' }));
    });`,
  ],
});
const failing: Contender = {
  name: 'failing',
  command: [process.execPath, '-e', 'throw new TypeError("no such library")'],
};
const dying: Contender = {
  name: 'dying',
  command: [
    process.execPath,
    '-e',
    `let asked = 0;
    require('node:readline').createInterface({ input: process.stdin }).on('line', () => {
      if (++asked > 2) { console.error('out of memory'); process.exit(1); }
      console.log('{"times":[1],"peakBytes":1}');
    });`,
  ],
};

describe('interleave', () => {
  it('takes turns and counts no warm-up', async () => {
    const turns: string[] = [];
    const { measured, dropped } = await interleave([steady('a', 5), steady('b', 7)], {
      rounds: 3,
      steps: 4,
      onTurn: ({ name, round }) => turns.push(`${name}${round}`),
    });
    expect(dropped).toEqual([]);
    expect(turns).toEqual(['a0', 'b0', 'a1', 'b1', 'a2', 'b2', 'a3', 'b3']);
    expect(measured).toEqual([
      {
        ...{ name: 'a', median: 5, least: 5, spread: 0, steps: 12, peakBytes: 5000, firstPeakBytes: 5000 },
        ...{ first: 5, firstLoss: 2.5, about: 'a 1.0' },
      },
      {
        ...{ name: 'b', median: 7, least: 7, spread: 0, steps: 12, peakBytes: 7000, firstPeakBytes: 7000 },
        ...{ first: 7, firstLoss: 3.5, about: 'b 1.0' },
      },
    ]);
  });

  it('goes on without those that cannot run, and says what they said', async () => {
    const absent: Contender = { name: 'absent', command: ['/no/such/program'] };
    const { measured, dropped } = await interleave([failing, steady('a', 5), absent, dying], { rounds: 2, steps: 1 });
    expect(measured.map(({ name }) => name)).toEqual(['a']);
    expect(dropped).toEqual([
      { name: 'failing', reason: 'TypeError: no such library' },
      { name: 'absent', reason: expect.stringContaining('ENOENT') },
      { name: 'dying', reason: 'out of memory' },
    ]);
  });
});

it('takes quantiles on the line between two values', () => {
  expect(quantile([1, 2, 4], 0.5)).toBe(2);
  expect(quantile([1, 2, 4, 8], 0.5)).toBe(3);
  expect(quantile([10], 0.75)).toBe(10);
});
