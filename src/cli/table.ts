import { grouped } from '../words/counted.js';

/** A column of a text table: its heading, and whether its cells are set to the right as numbers are. */
export interface Column {
  readonly heading: string;
  readonly right?: boolean;
}

/** Rows of cells as aligned text, one line each, with a rule under the headings. */
export function textTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map(({ heading }, at) =>
    Math.max(heading.length, ...rows.map((row) => (row[at] ?? '').length)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => (columns[at]?.right ? cell.padStart(widths[at] as number) : cell.padEnd(widths[at] as number)))
      .join('  ')
      .trimEnd();
  const head = line(columns.map(({ heading }) => heading));
  return [head, widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}

/** With a sign that is never missing: `+1,024`, `-36`, `0`. */
export const signed = (value: number): string =>
  value > 0 ? `+${grouped(value)}` : value < 0 ? `-${grouped(-value)}` : '0';
