import fc from 'fast-check';
import { expect, test } from 'vitest';
import { counted, grouped, noun } from '../../src/words/counted.js';

test('one is one, everything else is many', () => {
  expect([0, 1, 2, 1000].map((count) => counted(count, 'run'))).toEqual(['0 runs', '1 run', '2 runs', '1,000 runs']);
  expect([1, 3].map((count) => counted(count, 'company', 'companies'))).toEqual(['1 company', '3 companies']);
  expect([1, 3].map((count) => noun(count, 'thread'))).toEqual(['thread', 'threads']);
});

test('grouped digits are the digits, in threes', () => {
  expect([0, 999, 1000, -1234567, 4089184256].map(grouped)).toEqual([
    '0',
    '999',
    '1,000',
    '-1,234,567',
    '4,089,184,256',
  ]);
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      expect(grouped(value).replaceAll(',', '')).toBe(String(value));
      expect(grouped(value)).toMatch(/^-?\d{1,3}(,\d{3})*$/);
    }),
  );
});
