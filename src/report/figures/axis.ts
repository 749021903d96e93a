/** A value axis: where it starts and ends, and the distance of its ticks. */
export interface Axis {
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly startsAtZero: boolean;
}

/**
 * An axis for bars of `values`: from 0 where the smallest bar is less than half as long as the longest, else from a round
 * number below the smallest, leaving it a visible length. `room` is the share of the width kept free beyond the longest.
 */
export function barAxis(values: readonly number[], room: number): Axis {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const range = Math.max(high - low, high * 0.01, 1e-9);
  const fromZero = values.length === 0 || low < high / 2;
  const step = niceStep((fromZero ? high : range * 1.3) / 6);
  const min = fromZero ? 0 : Math.max(0, Math.floor((low - 0.25 * range) / step) * step);
  return { min, max: min + (high - min || step) / (1 - room), step, startsAtZero: min === 0 };
}

/** An axis around `values` with a margin on both sides, for points; never below `floor`. */
export function pointAxis(values: readonly number[], floor = Number.NEGATIVE_INFINITY): Axis {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const range = high - low || Math.abs(high) * 0.1 || 1;
  const step = niceStep(range / 5);
  const min = Math.max(floor, low - 0.08 * range);
  return { min, max: high + 0.08 * range, step, startsAtZero: min === 0 };
}

/** The 1, 2 or 5 times a power of ten that is next to `step`, from above. */
export function niceStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  const factor = [1, 2, 5, 10].find((candidate) => candidate * power >= step * (1 - 1e-9)) ?? 10;
  return factor * power;
}
