import fc from 'fast-check';
import { expect, test } from 'vitest';
import { byCodePoint, isNumberedAsText, naturally } from '../../../src/data/formats/class-order.js';

test('names are ordered by code points, as Python orders strings', () => {
  // sorted(["ﬀ", "😀", "é", "a", "_x", "Z", "B", "2", "10", "aa", ""]) in Python 3.
  const sorted = ['', '10', '2', 'B', 'Z', '_x', 'a', 'aa', 'é', 'ﬀ', '😀'];
  expect([...sorted].reverse().sort(byCodePoint)).toEqual(sorted);
  const points = (text: string) => [...text].map((letter) => letter.codePointAt(0) as number);
  const inPython = (a: readonly number[], b: readonly number[]): number => {
    const at = a.findIndex((point, place) => point !== b[place]);
    return at < 0 ? a.length - b.length : at >= b.length ? 1 : (a[at] as number) - (b[at] as number);
  };
  const text = fc.string({ unit: 'binary', maxLength: 6 });
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(byCodePoint(a, b))).toBe(Math.sign(inPython(points(a), points(b))));
    }),
  );
});

test("digits count by what they say in timm's natural order", () => {
  // timm 1.0.31: sorted(names, key=natural_key)
  expect(naturally(['10', '2', 'b10', 'B2', 'b1x', 'a', '0'])).toEqual(['0', '2', '10', 'a', 'b1x', 'B2', 'b10']);
  expect(isNumberedAsText(['0', '1', '10', '2'])).toBe(true);
  expect(isNumberedAsText(['0', '1', '2'])).toBe(false);
  expect(isNumberedAsText(['0', '1', '10', '2', 'x'])).toBe(false);
});
