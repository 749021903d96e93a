import { describe, expect, it } from 'vitest';
import type { RunRecord } from '../../src/records/run.js';
import { readSuite } from '../../src/report/read.js';
import { noiseFloor } from '../../src/report/repeats.js';
import { noticesOf } from '../../src/report/notices/notices.js';
import { stepNotes } from '../../src/report/step-notes.js';
import { study } from '../../src/report/study.js';
import { type Synthetic, writeSynthetic } from './synthetic.js';

const variants = [
  { name: 'base', kind: 'base' as const, top1: [80, 81, 82] },
  { name: 'gelu', parent: 'base', top1: [83, 83, 86] },
];
const told = async (of: Partial<Synthetic>) => {
  const made = study(readSuite(await writeSynthetic({ variants, pictures: 1000, ...of })));
  const line = stepNotes(made).filter((note) => note.startsWith('Noise floor'));
  return { made, line: line[0] ?? null, found: noiseFloor(made) };
};

describe('networks that were trained twice with one seed', () => {
  it('are not spoken of where the suite asked for none', async () => {
    expect(await told({})).toMatchObject({ line: null, found: null });
  });

  it('say of a device that repeats itself that it does, from the records', async () => {
    const repeats = [
      { variant: 'base', top1: 80, same: true },
      { variant: 'gelu', top1: 83, same: true },
    ];
    const { line, found, made } = await told({ repeats });
    expect(found).toMatchObject({
      device: 0,
      repeats: [
        { same: true, churn: 0 },
        { same: true, churn: 0 },
      ],
    });
    expect(line).toBe(
      'Noise floor: none. 2 networks trained a second time with the same seed (base and gelu) gave the same numbers to the last digit: this device repeats itself, and the spread over seeds is all theirs.',
    );
    // The second runs count nowhere else, and are no leftovers.
    expect(made.rows.map(({ bySeed }) => bySeed.size)).toEqual([3, 3]);
    expect(
      noticesOf(made)
        .map(({ text }) => text)
        .join('\n'),
    ).not.toContain('@again');
  });

  it('of equal accuracy with other predictions are no repetition', async () => {
    const { found } = await told({ repeats: [{ variant: 'base', top1: 80, same: false }] });
    expect(found?.repeats[0]?.same).toBe(false);
    // 200 of 1,000 wrong in each, drawn apart: 2 · 0.2 · 0.8 of the pictures on average.
    expect(found?.repeats[0]?.churn).toBeCloseTo(0.32, 1);
  });

  it('stand beside the spread over seeds', async () => {
    const repeats = [
      { variant: 'base', top1: 80.6, same: false },
      { variant: 'gelu', top1: 82.3, same: false },
    ];
    const { line, found } = await told({ repeats });
    // √((0.6² + 0.7²) / 2 / 2) of the device; √((1² + (√3)²) / 2) over seeds.
    expect(found?.device).toBeCloseTo(Math.sqrt(0.2125), 9);
    expect(found?.seeds).toBeCloseTo(Math.sqrt(2), 9);
    expect(line).toContain('+0.60 and −0.70 points and other classes for 3');
    expect(line).toContain(
      "a standard deviation of 0.46 for one run by the device alone; over seeds these networks have 1.41, so that about 11% of that variance is the device's and no seed repeats it. Of so few pairs that is rough.",
    );
  });

  it('say what is not done, and what is not alike', async () => {
    const open = await told({ repeats: [{ variant: 'base', top1: null, same: true }] });
    expect(open.line).toBe('Noise floor: nothing was trained twice yet. Not both done: base.');
    const change = (record: RunRecord) =>
      record.spec.variant === 'gelu@again' ? { ...record, codeVersion: 'newer' } : record;
    const repeats = [
      { variant: 'base', top1: 80, same: true },
      { variant: 'gelu', top1: 83, same: true },
    ];
    const apart = await told({ repeats, change });
    expect(apart.found).toMatchObject({ apart: ['gelu (other code)'], repeats: [{ variant: 'base' }] });
    expect(apart.line).toContain('Not alike: gelu (other code).');
  });
});
