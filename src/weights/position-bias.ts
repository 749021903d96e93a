import type { TensorEntry } from './header.js';
import type { Place } from './place.js';

const name = /(^|\.)relative_position_bias_table$/;

/** Whether a tensor is Swin's table of biases for another window: as many heads, an odd square of offsets. */
export function canResize({ spec, tensors }: Place, [entry]: readonly TensorEntry[]): boolean {
  const [offsets = 0, heads] = entry?.shape ?? [];
  if (!name.test(spec.name) || entry?.shape.length !== 2 || heads !== tensors[0]?.shape[1]) return false;
  const side = Math.round(Math.sqrt(offsets));
  return side * side === offsets && side % 2 === 1 && side > 1;
}

/**
 * A table of position biases `[(2w-1)^2, heads]` for windows of another size, `[(2v-1)^2, heads]`, as timm makes it
 * (`resize_rel_pos_bias_table`): the known offsets are spread geometrically over the new ones, fine near 0 and coarse far
 * away, and what lies between them is interpolated linearly by row and column.
 */
export function resizePositionBias(values: Float32Array, from: number, to: number, heads: number): Float32Array {
  const [source, target] = [Math.round(Math.sqrt(from)), Math.round(Math.sqrt(to))];
  if (source === target) return values;
  const known = spread(source, target);
  const half = Math.floor(target / 2);
  const between = Array.from({ length: target }, (_, at) => neighbours(known, at - half));
  const table = new Float32Array(to * heads);
  for (let row = 0; row < target; row++) {
    for (let column = 0; column < target; column++) {
      const vertical = between[row] as Neighbours;
      const horizontal = between[column] as Neighbours;
      for (let head = 0; head < heads; head++) {
        let sum = 0;
        for (const [y, weightY] of vertical) {
          for (const [x, weightX] of horizontal)
            sum += weightY * weightX * (values[(y * source + x) * heads + head] as number);
        }
        table[(row * target + column) * heads + head] = sum;
      }
    }
  }
  return table;
}

/** Where the known offsets lie among the new ones: a geometric progression each way, its ratio found by bisection. */
function spread(source: number, target: number): number[] {
  const count = Math.floor(source / 2);
  const reach = Math.floor(target / 2);
  let [low, high, ratio] = [1.01, 1.5, 1.01];
  while (high - low > 1e-6) {
    ratio = (low + high) / 2;
    if ((1 - ratio ** count) / (1 - ratio) > reach) high = ratio;
    else low = ratio;
  }
  const away: number[] = [];
  let at = 1;
  for (let step = 0; step < count; step++) {
    away.push(Math.fround(at));
    at += ratio ** (step + 1);
  }
  return [...away.map((offset) => -offset).reverse(), 0, ...away];
}

type Neighbours = readonly (readonly [place: number, weight: number])[];

/** The known places on both sides of an offset and their weights; beyond the last, that one alone. */
function neighbours(known: readonly number[], offset: number): Neighbours {
  const right = known.findIndex((place) => place >= offset);
  if (right === 0) return [[0, 1]];
  if (right < 0) return [[known.length - 1, 1]];
  const [before, after] = [known[right - 1] as number, known[right] as number];
  const share = (offset - before) / (after - before);
  return [
    [right - 1, 1 - share],
    [right, share],
  ];
}
