import { describe, expect, it } from 'vitest';
import { readSuite } from '../../src/report/read.js';
import { composeReport } from '../../src/report/report.js';
import { everyOrder, factorial, grid, orders } from './arranged.js';
import { type Synthetic, writeSynthetic } from './synthetic.js';

const reportOf = async (synthetic: Synthetic) => composeReport(readSuite(await writeSynthetic(synthetic)));

describe('the report of random orders', () => {
  it('says what each step is worth; where every set was trained, exactly: each shares what two give together', async () => {
    const { study, summary, tables, figures, notes } = await reportOf(orders(everyOrder));
    const values = new Map(study.arranged.shapley?.values.map(({ step, value }) => [step, value]));
    expect(values.get('a')).toBeCloseTo(2.75, 0);
    expect(values.get('b')).toBeCloseTo(-0.25, 0);
    expect(study.arranged.shapley?.exact).toBe(true);
    expect(tables.shapley?.rows.map(([step]) => step)).toEqual(['a', 'c', 'b', 'all together']);
    expect(summary[0]).toContain('averaged over all orders: a (+2.7');
    expect(figures.map(({ name }) => name)).toEqual(expect.arrayContaining(['shapley', 'interactions', 'effects']));
    expect(notes.arrangement[0]).toContain('all 6 orders of 3 steps');
  });

  it('says what two steps give beyond their sum over all orders, where every set was trained', async () => {
    const { study, tables, figures, notes } = await reportOf(orders(everyOrder));
    const [first, ...others] = study.arranged.pairs;
    expect(first?.steps).toEqual(['a', 'b']);
    expect(first?.value).toBeCloseTo(1.5, 0);
    expect(tables.interactions?.rows.map(([steps, , , verdict]) => [steps, verdict])).toEqual([
      ['a × b', 'more than their sum'],
      ...others.map(() => [expect.any(String), 'unresolved']),
    ]);
    expect(study.interactions).toEqual([]);
    const csv = figures.find(({ name }) => name === 'interactions')?.csv.split('\r\n');
    expect(csv?.[0]).toBe(
      'step,other,beyond_their_sum,standard_error,by_seeds,by_pictures,degrees,low95,high95,verdict',
    );
    expect(csv?.[1]).toMatch(/^a,b,1\..*,more than their sum$/);
    expect(notes.arrangement.join(' ')).toContain('Beyond their sum, below');
  });

  it('judges pairs company by company where a set was not trained', async () => {
    const { study, tables, notes } = await reportOf(orders(['abc', 'acb', 'cab']));
    expect(study.arranged.pairs).toEqual([]);
    expect(study.interactions.length).toBeGreaterThan(0);
    expect(tables.interactions?.columns.map(({ heading }) => heading)).toContain('on top of');
    expect(notes.arrangement.join(' ')).not.toContain('Beyond their sum, below');
  });

  it('states both doubts where orders were drawn', async () => {
    const { study, tables } = await reportOf(orders(['abc', 'acb', 'cab', 'cba']));
    expect(study.arranged.shapley).toMatchObject({ exact: false, orders: 4 });
    expect(tables.shapley?.rows[0]?.[5]).toMatch(/^\d\.\d\d$/);
  });

  it('leaves out orders with a network that has no result', async () => {
    const all = orders(['abc', 'bca', 'acb', 'cab']);
    const variants = all.variants.map((one) => (one.name === 'b' ? { ...one, top1: [null, null, null] } : one));
    const { study, notes } = await reportOf({ ...all, variants });
    expect(study.arranged.shapley).toMatchObject({ orders: 3, drawn: 4 });
    expect(notes.arrangement.join(' ')).toContain('1 order of 4 left out');
  });
});

it('the report of a factorial has every effect, with a verdict', async () => {
  const { study, tables, summary, figures } = await reportOf(factorial);
  const effects = new Map(study.arranged.factorial.map(({ steps, difference }) => [steps.join(), difference?.mean]));
  expect(effects.get('a')).toBeCloseTo(2.75, 0);
  expect(effects.get('a,b')).toBeCloseTo(1.5, 0);
  expect(tables.factorial?.rows.map(([name]) => name)).toEqual(['a', 'b', 'c', 'a × b', 'a × c', 'b × c']);
  expect(summary[0]).toContain('Helps on average: a (+2.7');
  expect(figures.map(({ name }) => name)).toContain('interactions');
  expect(tables.interactions).toBeNull();
});

it('the report of a grid names the highest pair and whether it is told from the adopted one', async () => {
  const { summary, figures } = await reportOf(grid);
  expect(summary[0]).toMatch(/^Highest of 6 pairs: kernel-9\+rate-0\.2 at 75\.\d\d%, more than the adopted pair\.$/);
  expect(figures.find(({ name }) => name === 'grid')?.csv.split('\r\n')).toHaveLength(8);
});
