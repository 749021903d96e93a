import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunRecord } from '../../src/records/run.js';
import { figuresOf } from '../../src/report/figures/figures.js';
import { pairOf, sideFrom } from '../../src/report/pair.js';
import { noticesOf } from '../../src/report/notices/notices.js';
import { paretoFront } from '../../src/report/pareto.js';
import { readPlanOf, readSuite } from '../../src/report/read.js';
import { study } from '../../src/report/study.js';
import { stepNotes } from '../../src/report/step-notes.js';
import { summarize } from '../../src/statistics/summary.js';
import { writeSynthetic } from './synthetic.js';

describe('the front', () => {
  it('is every offer that no other is as cheap and as good as, with more of one', () => {
    const offer = fc.record({ cost: fc.integer({ min: 0, max: 6 }), value: fc.integer({ min: 0, max: 6 }) });
    fc.assert(
      fc.property(fc.array(offer, { maxLength: 12 }), (offers) => {
        const beaten = offers.map((one) =>
          offers.some(
            (other) =>
              other.cost <= one.cost && other.value >= one.value && (other.cost < one.cost || other.value > one.value),
          ),
        );
        expect(paretoFront(offers)).toEqual(beaten.map((yes) => !yes));
      }),
    );
  });
});

const faster = (record: RunRecord): RunRecord => ({ ...record, machine: { ...record.machine, cpu: 'faster CPU' } });
const threads = (record: RunRecord, count: number): RunRecord => ({
  ...record,
  engine: { ...record.engine, threads: count },
});
const variants = [
  { name: 'base', kind: 'base' as const, top1: [80, 80.2, 80.4] },
  { name: 'gelu', parent: 'base', top1: [70, 71, 72] },
  { name: 'norms', parent: 'gelu', top1: [60, 60.5, 61] },
];
/** What the made-up records say: the better a network, the slower it is. */
const speedOf = (top1: readonly number[]) => top1.reduce((sum, one) => sum + 900 - one, 0) / top1.length;

describe('speeds of seeds that do the same work', () => {
  const notices = async (...speeds: readonly (readonly number[])[]) => {
    const made = study(readSuite(await writeSynthetic({ variants })));
    const rows = made.rows.map((row, at) => ({ ...row, imagesPerSecond: summarize(speeds[at] ?? []) }));
    return noticesOf({ ...made, rows }).flatMap(({ level, text }) =>
      text.startsWith('Training speeds') ? [[level, ...(text.match(/\d+%/g) ?? [])]] : [],
    );
  };

  it('say, where they differ, how far: the standard deviation over the mean', async () => {
    // 300 of 600, 100 of 500, 80 of 800.
    expect(await notices([300, 600, 900], [400, 500, 600], [800, 720, 880])).toEqual([['note', '20%', '50%']]);
  });

  it('are not mentioned where they hardly do, or where there is one of each', async () => {
    expect(await notices([880, 900, 860], [400, 500, 600], [800, 720, 880])).toEqual([]);
    expect(await notices([100], [900], [500])).toEqual([]);
  });
});

describe('speed and memory', () => {
  it('are of the place where most runs were measured alone; what was measured elsewhere is named', async () => {
    const change = (record: RunRecord): RunRecord => {
      const { variant, seed } = record.spec;
      if (variant === 'norms') return faster(record);
      return variant === 'gelu' && seed === 2 ? threads(record, 1) : record;
    };
    const made = study(readSuite(await writeSynthetic({ variants, change })));
    const [base, gelu, norms] = made.rows;
    expect(base?.imagesPerSecond?.mean).toBeCloseTo(speedOf([80, 80.2, 80.4]), 9);
    expect(gelu?.imagesPerSecond?.mean).toBeCloseTo(speedOf([70, 71]), 9);
    expect(norms?.imagesPerSecond).toBeNull();
    expect(norms?.peakMemoryBytes).toBeNull();
    expect(made.measuredOn).toEqual({
      words: 'made-up CPU, 2 cores, 7 GiB, 2 threads a run, tensorflow 2.21.0, float32',
      elsewhere: ['gelu seed 2', 'norms'],
    });
    expect(stepNotes(made).join(' ')).toContain('measured elsewhere, and not in it: gelu seed 2 and norms.');
    const figure = figuresOf(made).find(({ name }) => name === 'accuracy-speed');
    expect(figure?.note).toBe(
      'Measured on made-up CPU, 2 cores, 7 GiB, 2 threads a run, tensorflow 2.21.0, float32. Left out, since measured elsewhere: gelu seed 2 and norms.',
    );
    const lines =
      figure?.csv
        .trimEnd()
        .split('\r\n')
        .slice(1)
        .map((line) => line.split(',')) ?? [];
    expect(lines.map((cells) => [cells[1], cells.at(-1)])).toEqual([
      ['base', 'true'],
      ['gelu', 'true'],
    ]);
  });

  it('have no figure where fewer than two networks were measured in one place', async () => {
    const change = (record: RunRecord) =>
      record.spec.variant === 'base' ? record : threads(record, record.spec.variant === 'gelu' ? 1 : 4);
    const names = figuresOf(study(readSuite(await writeSynthetic({ variants, change })))).map(({ name }) => name);
    expect(names).toContain('accuracy-flops');
    expect(names).not.toContain('accuracy-speed');
    expect(names).not.toContain('accuracy-memory');
  });

  it('of two networks are beside each other only from one place', async () => {
    const change = (record: RunRecord) => (record.spec.variant === 'gelu' ? faster(record) : record);
    const folder = await writeSynthetic({ variants, change });
    const plan = readPlanOf(folder);
    const [base, gelu, norms] = plan.variants.map((variant) => sideFrom(folder, plan, variant));
    const apart = pairOf(base as never, gelu as never);
    expect([apart.before.row.imagesPerSecond, apart.after.row.imagesPerSecond].filter(Boolean)).toHaveLength(1);
    const together = pairOf(base as never, norms as never);
    expect(together.after.row.imagesPerSecond?.mean).toBeCloseTo(speedOf([60, 60.5, 61]), 9);
  });
});
