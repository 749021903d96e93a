import { grouped } from '../words/counted.js';
import { type Column, fitColumns, wrapCell } from './fit-columns.js';

/**
 * Rows of cells as aligned text with a rule under the headings: a line each, or several where the terminal is narrower.
 *
 * @param room columns of the terminal; a pipe or a file takes lines of any length.
 */
export function textTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  room: number = process.stdout.columns ?? Number.POSITIVE_INFINITY,
): string {
  const widths = fitColumns(columns, rows, room);
  const line = (cells: readonly string[]) => {
    const wrapped = columns.map((_, at) => wrapCell(cells[at] ?? '', widths[at] as number));
    const height = Math.max(...wrapped.map(({ length }) => length));
    return Array.from({ length: height }, (_, part) =>
      columns
        .map(({ right }, at) => {
          const [text, width] = [wrapped[at]?.[part] ?? '', widths[at] as number];
          return right ? text.padStart(width) : text.padEnd(width);
        })
        .join('  ')
        .trimEnd(),
    ).join('\n');
  };
  const head = line(columns.map(({ heading }) => heading));
  return [head, widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}

/** With a sign that is never missing: `+1,024`, `-36`, `0`. */
export const signed = (value: number): string =>
  value > 0 ? `+${grouped(value)}` : value < 0 ? `-${grouped(-value)}` : '0';
