import type { Table } from '../tables/table.js';
import { escapeHtml } from './escape.js';

/** A table that scrolls sideways where the window is narrow; with `sortable` its headings sort it. */
export function htmlTable({ columns, rows }: Table, caption: string, sortable = false): string {
  const side = (at: number) => (columns[at]?.right ? ' class="n"' : '');
  const head = columns.map(({ heading }, at) => {
    const words = escapeHtml(heading);
    return `<th scope="col"${side(at)}>${sortable && heading !== '' ? `<button type="button">${words}</button>` : words}</th>`;
  });
  const body = rows.map((row) => `<tr>${row.map((cell, at) => htmlCell(cell, at, side(at))).join('')}</tr>`);
  return `<div class="scroll" tabindex="0" role="region" aria-label="${escapeHtml(caption)}">
<table${sortable ? ' class="sortable"' : ''}><caption>${escapeHtml(caption)}</caption>
<thead><tr>${head.join('')}</tr></thead>
<tbody>
${body.join('\n')}
</tbody></table></div>`;
}

function htmlCell(cell: string, at: number, side: string): string {
  if (at === 0) return `<th scope="row">${escapeHtml(cell)}</th>`;
  const verdict = /^(helps|hurts|equivalent)\b/.exec(cell)?.[1];
  return `<td${verdict ? ` class="${verdict}"` : side}>${escapeHtml(cell)}</td>`;
}
