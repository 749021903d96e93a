import fc from 'fast-check';
import { expect, test } from 'vitest';
import { textTable } from '../../src/cli/table.js';

const columns = [{ heading: 'step' }, { heading: 'MACs', right: true }, { heading: 'what changes' }];
const rows = [
  ['depthwise-conv', '2,349,507,072', 'The convolution mixes positions only.'],
  ['gelu', '4', ''],
];

test('a table is as wide as it needs where there is room', () => {
  const wide = `step                     MACs  what changes
--------------  -------------  -------------------------------------
depthwise-conv  2,349,507,072  The convolution mixes positions only.
gelu                        4`;
  expect(textTable(columns, rows, Number.POSITIVE_INFINITY)).toBe(wide);
  expect(textTable(columns, rows, 68)).toBe(wide);
});

test('in a narrower terminal text is broken at words, then within names, numbers never', () => {
  expect(textTable(columns, rows, 50)).toBe(`step                     MACs  what changes
--------------  -------------  -------------------
depthwise-conv  2,349,507,072  The convolution
                               mixes positions
                               only.
gelu                        4`);
  expect(textTable(columns, rows, 40)).toBe(`step                   MACs  what
                             changes
------------  -------------  -----------
depthwise-    2,349,507,072  The
conv                         convolution
                             mixes
                             positions
                             only.
gelu                      4`);
});

const cell = fc.stringMatching(/^[a-z0-9.,-]{0,12}( [a-z0-9.-]{1,30}){0,5}$/);

test('whatever is in it and however narrow it is, nothing is lost, and every line fits that can', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell), { maxLength: 6 }), fc.integer({ min: 1, max: 120 }), (cells, room) => {
      const text = textTable([{ heading: 'name' }, { heading: 'words' }], cells, room);
      const all = text.replace(/[\s-]/g, '').length;
      expect(all).toBe(['name', 'words', ...cells.flat()].join('').replace(/[\s-]/g, '').length);
      // Two columns of eight and the gap between them are the least that text takes.
      for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(Math.max(room, 18));
    }),
    { numRuns: 300 },
  );
});

test('very many rows are no argument list', () => {
  expect(textTable(columns, Array(200_000).fill(['a', '1', 'b']), 80).split('\n')).toHaveLength(200_002);
});
