/** A column of a text table: its heading, and whether its cells are set to the right as numbers are. */
export interface Column {
  readonly heading: string;
  readonly right?: boolean;
}

/** Spaces between two columns. */
const between = 2;
/** Narrower than this a column of text is no text any more; what is still too wide then goes over the edge. */
const narrowest = 8;

/**
 * Widths of a table's columns in a terminal of `room` columns. Text gives way first, the column that has the least
 * of it for its width before others: at spaces, then within names (after `.`, `-`, `/`, `_` and `,`), then anywhere. Numbers are never broken.
 */
export function fitColumns(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  room: number,
): readonly number[] {
  const cells = columns.map(({ heading }, at) => [heading, ...rows.map((row) => row[at] ?? '')]);
  const widths = cells.map((column) => longest(column));
  const least = (pattern: RegExp | null) =>
    columns.map(({ heading, right }, at) => {
      const whole = widths[at] as number;
      if (right) return Math.max(longest(cells[at]?.slice(1) ?? []), longest(heading.split(' ')));
      const pieces = cells[at]?.flatMap((cell) => (pattern ? cell.split(pattern) : [])) ?? [];
      return Math.min(whole, Math.max(narrowest, longest(pieces)));
    });
  const goal = room - between * (columns.length - 1);
  const text = cells.map((column) => column.reduce((sum, { length }) => sum + length, 1));
  for (const pattern of [/ /, pieceEnd, null]) shrink(widths, least(pattern), text, goal);
  return widths;
}

/** Takes space, one by one, from the column that can still give and fills it least. */
function shrink(widths: number[], least: readonly number[], text: readonly number[], goal: number): void {
  const emptiness = (at: number) => (widths[at] as number) / (text[at] as number);
  for (let total = widths.reduce((sum, width) => sum + width, 0); total > goal; total--) {
    const giving = widths.flatMap((width, at) => (width > (least[at] as number) ? [at] : []));
    if (giving.length === 0) return;
    const emptiest = giving.reduce((most, at) => (emptiness(at) > emptiness(most) ? at : most));
    (widths[emptiest] as number)--;
  }
}

/** A cell in lines of at most `width` characters, broken where it reads best. Nothing but spaces is lost. */
export function wrapCell(text: string, width: number): string[] {
  if (text.length <= width) return [text];
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line && line.length + 1 + word.length <= width) {
      line += ` ${word}`;
      continue;
    }
    if (line) lines.push(line);
    const parts = brokenWord(word, width);
    lines.push(...parts.slice(0, -1));
    line = parts.at(-1) as string;
  }
  return [...lines, line];
}

function brokenWord(word: string, width: number): string[] {
  if (word.length <= width) return [word];
  const lines: string[] = [];
  let line = '';
  for (const piece of word.split(pieceEnd).flatMap((long) => long.match(new RegExp(`.{1,${width}}`, 'gu')) ?? [])) {
    if (line.length + piece.length > width) {
      lines.push(line);
      line = '';
    }
    line += piece;
  }
  return [...lines, line].filter((part) => part !== '');
}

/** Where a name may end in a line and go on in the next. */
const pieceEnd = /(?<=[.\-/_,])/;

const longest = (texts: readonly string[]): number => texts.reduce((most, { length }) => Math.max(most, length), 0);
