import { signed } from '../format.js';
import { type Axis, niceStep } from './axis.js';
import type { Theme } from './theme.js';

export interface ScaleStyle {
  readonly theme: Theme;
  /** Text size of the axis title; ticks are a unit smaller. */
  readonly size: number;
  readonly title: string;
  readonly colour?: string;
  /** Whether the axis itself is a line. */
  readonly line?: boolean;
}

/** Chart.js options of a linear axis in the report's style. */
export function linearScale({ min, max, step }: Axis, { theme, size, title, colour, line = true }: ScaleStyle): object {
  return {
    type: 'linear',
    min,
    max,
    grid: { color: theme.grid, drawTicks: false },
    border: line ? { color: theme.quiet } : { display: false },
    ticks: {
      color: theme.quiet,
      font: { size: size - 0.5 },
      stepSize: step,
      includeBounds: false,
      maxRotation: 0,
      autoSkipPadding: 8,
      padding: 5,
    },
    title: { display: true, text: title, color: colour ?? theme.text, font: { size, weight: 'bold' }, padding: 3 },
  };
}

/** Options of an axis of changes: `reach` to both sides of 0, every tick with its sign. */
export function changeScale(reach: number, ticks: number, style: ScaleStyle): object {
  const step = niceStep(reach / ticks);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const scale = linearScale({ min: -reach, max: reach, step, startsAtZero: false }, { ...style, line: false });
  const callback = (value: number) => (value === 0 ? '0' : signed(value, digits));
  return { ...scale, ticks: { ...(scale as { ticks: object }).ticks, callback } };
}
