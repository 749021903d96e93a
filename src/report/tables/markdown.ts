import type { Table } from './table.js';

/** A GitHub-flavoured table. Whatever a name or reason holds, it stays in its cell. */
export function markdownTable({ columns, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(columns.map(({ heading }) => markdownText(heading))),
    line(columns.map(({ right }) => (right ? '---:' : '---'))),
    ...rows.map((row) => line(row.map(markdownText))),
  ].join('\n');
}

/** Text that Markdown prints as it is: no markup, no HTML, no line break. */
export const markdownText = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[\\`*_[\]|#~]/g, '\\$&')
    .replace(/\s*[\r\n]+\s*/g, ' ');
