/** IEEE 754 half precision of numbers from 0: 5 bits of exponent, 10 of fraction. */

const largestHalf = 65_504;

/** The nearest half, ties to even, as its 16 bits; above the largest it is the largest, NaN stays NaN. */
export function halfBits(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const bounded = Math.min(Math.max(value, 0), largestHalf);
  const exponent = bounded === 0 ? -14 : Math.max(-14, Math.floor(Math.log2(bounded)));
  const scaled = bounded / 2 ** (exponent - 10);
  const below = Math.floor(scaled);
  const rest = scaled - below;
  const up = rest > 0.5 || (rest === 0.5 && below % 2 === 1);
  // The hidden bit of a normal number adds one to its exponent.
  return (exponent + 14) * 1024 + below + (up ? 1 : 0);
}

export function halfValue(bits: number): number {
  const exponent = bits >> 10;
  const fraction = bits & 1023;
  if (exponent === 31) return Number.NaN;
  return exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
}
