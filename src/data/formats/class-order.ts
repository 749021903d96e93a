/**
 * Compares as Python does, and so torchvision's `ImageFolder`: by code points. JavaScript's own order is by UTF-16's
 * units, in which what lies above U+FFFF comes before U+E000 to U+FFFF.
 */
export function byCodePoint(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    if (a.charCodeAt(at) === b.charCodeAt(at)) continue;
    return rank(a.charCodeAt(at)) - rank(b.charCodeAt(at));
  }
  return a.length - b.length;
}

/** A unit's rank among code points: surrogates, which stand for those above U+FFFF, behind all others. */
const rank = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit);

const wholeNumber = /^\d+$/;

/** Whether names are all numbers whose order as text (0, 1, 10, 2) is not that as numbers. */
export function isNumberedAsText(names: readonly string[]): boolean {
  return names.every((name) => wholeNumber.test(name)) && naturally(names).some((name, at) => name !== names[at]);
}

/** As timm orders classes: digits by what they count to. */
export function naturally(names: readonly string[]): string[] {
  const parts = (name: string) => name.toLowerCase().split(/(\d+)/);
  return [...names].sort((a, b) => {
    const [left, right] = [parts(a), parts(b)];
    for (let at = 0; at < Math.min(left.length, right.length); at++) {
      const [one, other] = [left[at] as string, right[at] as string];
      // Every second part is digits.
      const order = at % 2 === 1 ? Number(one) - Number(other) : byCodePoint(one, other);
      if (order !== 0) return order;
    }
    return left.length - right.length || byCodePoint(a, b);
  });
}
