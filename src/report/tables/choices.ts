import type { SweepChoice } from '../../records/plan.js';
import { none, percent, withSpread } from '../format.js';
import { labelOf } from '../labels.js';
import { type Row, rowNamed } from '../study.js';
import type { Table } from './table.js';

/** A line a value of the sweeps that leave it to their runs: what the choice was made by, beside what the test set says. */
export function choiceTable(rows: readonly Row[], choices: readonly SweepChoice[]): Table | null {
  if (choices.length === 0) return null;
  return {
    columns: [
      { heading: 'sweep' },
      { heading: 'value' },
      { heading: 'chosen by' },
      { heading: 'runs done', right: true },
      { heading: 'mean top-1 there, %', right: true },
      { heading: 'test top-1, %', right: true },
      { heading: 'chosen' },
    ],
    rows: choices.flatMap(({ step, by, seeds, values, chosen }) =>
      values.map(({ name, top1, done, failed }) => {
        const row = rowNamed(rows, name);
        return [
          step,
          row ? labelOf(row) : name,
          by === 'test' ? 'test pictures' : 'held-out pictures',
          `${done} of ${seeds.length}${failed > 0 ? `, ${failed} failed` : ''}`,
          top1 === null ? none : percent(100 * top1),
          row?.top1 ? withSpread(row.top1) : none,
          chosen === null ? 'open' : chosen === name ? 'yes' : '',
        ];
      }),
    ),
  };
}
