import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { uniform } from '../fixtures/networks/uniform.js';

interface Pass {
  readonly logits: number;
  readonly loss: number;
  readonly gradients: Readonly<Record<string, number>>;
}
export interface Fixture {
  /** Of the whole network with 1000 classes, where it stands for a plug-in. */
  readonly params?: number;
  readonly weights: Readonly<Record<string, number[]>>;
  readonly eval: Pass;
  readonly train: Pass;
  readonly statistics: Readonly<Record<string, number>>;
}

const source = new URL('../fixtures/inference/', import.meta.url);
/** By network: what timm's own modules gave, as predict.py found it. */
export const fixtures: Record<string, Fixture> = JSON.parse(readFileSync(new URL('predict.json', source), 'utf8'));
const bytes = gunzipSync(readFileSync(new URL('predict.bin.gz', source)));
const numbers = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);

/** A tensor's values by its name in timm, as `first` in predict.py. */
export function first(name: string, shape: readonly number[]): Float32Array {
  const length = shape.reduce((product, side) => product * side, 1);
  const bound = Math.sqrt((3 * (shape[0] as number)) / length);
  if (shape.length > 1) return uniform(name, length, -bound, bound);
  return /(bias|mean)$/.test(name) ? uniform(name, length, -0.2, 0.2) : uniform(name, length, 0.5, 1.5);
}

/** The logits that timm gave in a pass. */
export const logitsOf = ({ logits }: Pass): Float32Array => numbers.subarray(logits, logits + 21);

/** The largest gradient of a pass: some others are exactly 0, and their rounding is held to a share of it. */
export const largestGradient = ({ gradients }: Pass): number =>
  Math.max(...Object.values(gradients).map((at) => numbers[at + 1] as number));

/**
 * The root mean square over the stored values, relative to the tensor's largest value or to `floor` where that is larger:
 * a ReLU that falls on the other side of 0 by rounding moves single values by permille, in PyTorch itself as well.
 */
export function distance(found: Float32Array, start: number, floor: number): number {
  const [norm, largest, ...samples] = numbers.subarray(start, start + 18) as unknown as [number, number, ...number[]];
  const apart = samples.map((value, k) =>
    Math.abs((found[Math.trunc((k * (found.length - 1)) / 15)] as number) - value),
  );
  const own = Math.abs(Math.hypot(...sums(found)) - norm) / Math.max(norm, floor * Math.sqrt(found.length));
  return Math.max(own, Math.hypot(...apart) / Math.sqrt(apart.length) / Math.max(largest, floor));
}

/** Norms of rows of 1000: a spread call takes no million arguments. */
const sums = (values: Float32Array): number[] =>
  Array.from({ length: Math.ceil(values.length / 1000) }, (_, at) =>
    Math.hypot(...values.subarray(at * 1000, at * 1000 + 1000)),
  );
