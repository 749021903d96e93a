export type Cell = string | number | null;

/** RFC 4180: fields with commas, quotes or line breaks are quoted; lines end in CRLF; null is an empty field. */
export function csv(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [header, ...rows].map((row) => `${row.map(field).join(',')}\r\n`).join('');
}

function field(value: Cell): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  // A text that starts like a formula would be run by a spreadsheet, some of which take wide signs and leading space, too.
  const safe = /^\s*[=+\-@\t\r\n＝＋－＠]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
