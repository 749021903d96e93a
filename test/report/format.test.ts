import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { barAxis, niceStep, pointAxis } from '../../src/report/figures/axis.js';
import { placeLabels } from '../../src/report/figures/placement.js';
import {
  duration,
  grouped,
  inUnit,
  listed,
  percent,
  pValue,
  seedList,
  signed,
  signedInUnit,
  unitFor,
} from '../../src/report/format.js';
import { escapeHtml } from '../../src/report/html/escape.js';
import { csv } from '../../src/report/tables/csv.js';
import { markdownTable } from '../../src/report/tables/markdown.js';

describe('names in a sentence', () => {
  it('are all there up to twenty, of more the first and how many are not', () => {
    const names = (count: number) => Array.from({ length: count }, (_, at) => `n${at + 1}`);
    expect([listed([]), listed(['a']), listed(['a', 'b']), listed(['a', 'b', 'c'])]).toEqual([
      '',
      'a',
      'a and b',
      'a, b and c',
    ]);
    expect(listed(names(20))).toBe(`${names(19).join(', ')} and n20`);
    expect(listed(names(256))).toBe(`${names(19).join(', ')} and 237 more`);
  });
});

describe('numbers as printed', () => {
  it('group, sign and scale the same everywhere', () => {
    expect(grouped(4089184256)).toBe('4,089,184,256');
    expect([percent(-1.236), percent(-0.001), percent(80, 1)]).toEqual(['−1.24', '0.00', '80.0']);
    expect([signed(0.54), signed(-1.23), signed(0.001), signed(-0.004)]).toEqual(['+0.54', '−1.23', '0.00', '0.00']);
    const giga = unitFor([4089184256, 2349507072, 4455531264]);
    expect([
      inUnit(4089184256, giga),
      inUnit(15354700000, giga),
      signedInUnit(-108380256, giga),
      signedInUnit(0, giga),
    ]).toEqual(['4.09', '15.4', '−0.108', '0']);
    expect([inUnit(40_079e3, unitFor([477e3])), inUnit(999.6, { factor: 1, letter: '' })]).toEqual(['40,079', '1,000']);
    expect(unitFor([21e6, 400e6, 3e9]).letter).toBe('M');
    expect([pValue(0.25), pValue(0.00390625), pValue(0.0000001)]).toEqual(['0.25', '0.0039', '< 0.0001']);
    expect([duration(59.6), duration(900), duration(11_100)]).toEqual(['60 s', '15 min', '3 h 5 min']);
    expect([seedList([0, 1, 2]), seedList([7, 0, 1]), seedList([3])]).toEqual(['0-2', '0, 1, 7', '3']);
  });
});

describe('axes', () => {
  it('start at 0 unless the bars would all look the same', () => {
    expect(barAxis([10, 60, 90], 0)).toMatchObject({ min: 0, startsAtZero: true });
    expect(barAxis([76.1, 78.8, 82], 0)).toMatchObject({ min: 74, startsAtZero: false });
    expect(barAxis([90.12, 90.3, 90.5], 0).min).toBeGreaterThan(89.5);
  });

  it('leave every bar a length, room beyond the longest, and a round step', () => {
    const values = fc.array(fc.double({ min: 0.1, max: 100, noNaN: true }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(values, (accuracies) => {
        const { min, max, step } = barAxis(accuracies, 0.2);
        expect(min).toBeLessThan(Math.min(...accuracies));
        expect(Math.max(...accuracies)).toBeLessThan(max);
        expect(Math.abs(min / step - Math.round(min / step))).toBeLessThan(1e-6);
        expect(niceStep(step)).toBeCloseTo(step, 10);
      }),
    );
  });

  it('survive a single value', () => {
    expect(pointAxis([5])).toMatchObject({ min: 4.96, max: 5.04 });
    expect(barAxis([0], 0.2).max).toBeGreaterThan(0);
  });
});

describe('labels of points', () => {
  it('cover neither points nor each other while there is room', () => {
    const points = [...Array(12)].map((_, i) => ({ x: 200 + 3 * i, y: 200 - 4 * i }));
    const places = placeLabels(points, points, { width: 16, height: 12 }, { left: 0, top: 0, right: 400, bottom: 400 });
    places.forEach((a, i) => {
      for (const b of places.slice(i + 1)) expect(Math.abs(a.x - b.x) >= 16 || Math.abs(a.y - b.y) >= 12).toBe(true);
      for (const point of points) expect(Math.abs(a.x - point.x) >= 13.5 || Math.abs(a.y - point.y) >= 11.5).toBe(true);
    });
  });
});

describe('text from outside', () => {
  const nasty = 'a<b>&"\'|,\nsecond `line` [x](y) *z*';

  it('stays in its CSV field, and is no formula', () => {
    expect(
      csv(
        ['a', 'b'],
        [
          [nasty, 1.5],
          [null, '=1+1'],
        ],
      ),
    ).toBe(`a,b\r\n"a<b>&""'|,\nsecond \`line\` [x](y) *z*",1.5\r\n,'=1+1\r\n`);
  });

  it.each(['=1+1', '+1', '-1+1', '@a', '\t=1', '\r=1', '\n=1', ' =1', '＝1+1', '＋1'])(
    '%j is no formula in CSV',
    (text) => {
      const [, line] = csv(['a'], [[text]]).split(/(?<=^a\r\n)/);
      expect(line?.replace(/^"/, '').startsWith("'")).toBe(true);
    },
  );

  it('stays in its Markdown cell', () => {
    const table = markdownTable({ columns: [{ heading: 'x' }, { heading: 'y', right: true }], rows: [[nasty, '1']] });
    expect(table.split('\n')).toHaveLength(3);
    expect(table.split('\n')[2]).toBe('| a&lt;b&gt;&amp;"\'\\|, second \\`line\\` \\[x\\](y) \\*z\\* | 1 |');
  });

  it('is no HTML', () => {
    expect(escapeHtml(nasty)).toBe('a&lt;b&gt;&amp;&quot;&#39;|,\nsecond `line` [x](y) *z*');
  });
});
