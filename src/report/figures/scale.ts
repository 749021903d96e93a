import type { Axis } from './axis.js';
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
    // Chart.js's own ticks leave the step where the axis holds hundreds of units and ends between two of them.
    afterBuildTicks: (axis: { ticks: { value: number }[] }) => {
      const first = Math.ceil(min / step - 1e-9);
      const count = Math.floor(max / step + 1e-9) - first + 1;
      axis.ticks = Array.from({ length: count }, (_, at) => ({ value: (first + at) * step }));
    },
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
