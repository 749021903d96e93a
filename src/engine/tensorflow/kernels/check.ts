import type { Tensor } from '@tensorflow/tfjs-core';

/** A kernel's own error text reaches only the console, so the wrappers check first and throw what was expected and found. */
export function check(
  condition: boolean,
  op: string,
  expected: string,
  ...found: readonly (Tensor | null | undefined)[]
): void {
  if (condition) return;
  const shapes = found.map((tensor) => (tensor ? `${tensor.dtype} [${tensor.shape}]` : 'nothing')).join(', ');
  throw new Error(`${op}: expected ${expected}, found ${shapes}`);
}

export const channelsOf = (x: Tensor): number => x.shape.at(-1) ?? 1;

/** Every given vector must have one float a channel of x. */
export function checkChannels(
  op: string,
  x: Tensor,
  vectors: Readonly<Record<string, Tensor | null | undefined>>,
): void {
  check(x.dtype === 'float32' && x.rank > 0, op, 'a float32 map', x);
  const channels = channelsOf(x);
  for (const [name, vector] of Object.entries(vectors)) {
    if (!vector) continue;
    check(vector.dtype === 'float32' && vector.size === channels, op, `${name} with ${channels} values`, vector);
  }
}

export function checkSame(op: string, a: Tensor, b: Tensor, expected: string): void {
  const same =
    a.dtype === 'float32' &&
    b.dtype === 'float32' &&
    a.rank === b.rank &&
    a.shape.every((side, i) => side === b.shape[i]);
  check(same, op, expected, a, b);
}
