import { signed } from '../format.js';
import { niceStep } from './axis.js';
import type { Layout } from './render.js';
import { linearScale } from './scale.js';
import type { Theme } from './theme.js';

export interface ChangeRows {
  readonly rows: number;
  /** Half the axis: it goes as far to both sides of 0. */
  readonly reach: number;
  readonly title: string;
  readonly theme: Theme;
  readonly layout: Layout;
  readonly textSize: number;
  /** Room for the words beside and above the rows. */
  readonly padding: { readonly left: number; readonly right: number; readonly top: number };
  /** Drawn behind the points, beside the line at 0. */
  readonly annotations?: Readonly<Record<string, object>>;
}

/** Chart.js options of a picture of changes: row under row, 0 in the middle, every tick with its sign. */
export function changeRowsOptions({ rows, padding, theme, annotations, ...axis }: ChangeRows): object {
  return {
    layout: { padding: { ...padding, bottom: 4 } },
    scales: {
      y: { type: 'linear', reverse: true, min: -0.5, max: rows - 0.5, display: false },
      x: changeScale({ ...axis, theme }),
    },
    plugins: {
      legend: { display: false },
      annotation: {
        annotations: {
          ...annotations,
          zero: {
            type: 'line',
            scaleID: 'x',
            value: 0,
            borderColor: theme.quiet,
            borderWidth: 1.2,
            drawTime: 'beforeDatasetsDraw',
          },
        },
      },
    },
  };
}

function changeScale({
  reach,
  title,
  theme,
  layout,
  textSize,
}: Pick<ChangeRows, 'reach' | 'title' | 'theme' | 'layout' | 'textSize'>): object {
  const step = niceStep(reach / (layout === 'wide' ? 4 : 2));
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const style = { theme, size: textSize - 1, title, line: false };
  const scale = linearScale({ min: -reach, max: reach, step, startsAtZero: false }, style);
  const callback = (value: number) => (value === 0 ? '0' : signed(value, digits));
  return { ...scale, ticks: { ...(scale as { ticks: object }).ticks, callback } };
}
