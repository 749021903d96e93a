import { basename } from 'node:path';
import { counted } from '../words/counted.js';

/** A place in a document: the names and numbers that lead to it. */
export type Path = readonly (string | number)[];

/** Something wrong in a suite or recipe, at a path of its YAML. */
export interface Problem {
  readonly path: Path;
  /** Whether the caret stands under the key or the value at the path. */
  readonly on: 'key' | 'value';
  readonly message: string;
}

/** A problem with the file and place that a person is shown. Lines and columns start at 1; at 0 `file` is the whole place. */
export interface PlacedProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The line itself, for the caret; empty where there is none to show. */
  readonly text: string;
  readonly message: string;
}

/** By file, line and column. */
export const inOrder = (problems: readonly PlacedProblem[]): PlacedProblem[] =>
  [...problems].sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column);

/** The first of each place: many variants can fail for one reason. */
export function oncePerPlace(problems: readonly PlacedProblem[]): PlacedProblem[] {
  const seen = new Map<string, PlacedProblem>();
  for (const problem of problems) {
    const key = `${problem.file}:${problem.line}:${problem.column}`;
    if (!seen.has(key)) seen.set(key, problem);
  }
  return [...seen.values()];
}

/** A suite is wrong. Carries every problem of its files at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(readonly problems: readonly PlacedProblem[]) {
    super(problems.map((problem) => `${placeOf(problem)}: ${problem.message}`).join('\n'));
  }

  /** Every problem with its line, and how many there are. */
  render(): string {
    const shown = this.problems.slice(0, mostShown).map(renderProblem);
    const rest = this.problems.length - shown.length;
    const count = counted(this.problems.length, 'problem');
    const files = [...new Set(this.problems.map(({ file, line }) => (line > 0 ? basename(file) : file)))].join(', ');
    return [...shown, rest > 0 ? `... and ${rest} more` : '', `${count} in ${files}; nothing was written`]
      .filter(Boolean)
      .join('\n\n');
  }
}

/** `file:line:column`, or what stands for a file and has no lines. */
const placeOf = ({ file, line, column }: PlacedProblem): string => (line > 0 ? `${file}:${line}:${column}` : file);

/** Enough to mend a file by: a wrong indentation can give hundreds. */
const mostShown = 20;
const longestLine = 160;

/** `file:line:column: message`, the line, and a caret under the place. */
export function renderProblem(problem: PlacedProblem): string {
  const { column, text, message } = problem;
  const head = `${placeOf(problem)}: ${message}`;
  if (text.trim() === '') return head;
  // A tab stays a tab under a tab, so that the caret lines up whatever its width.
  const margin = text.slice(0, column - 1).replace(/[^\t]/g, ' ');
  return column > longestLine ? head : `${head}\n  ${text.slice(0, longestLine)}\n  ${margin}^`;
}

/** No name of anything is longer, and the search for a near one takes the product of both lengths. */
const longestName = 100;

/** The candidate closest to a misspelt name, or null where none is close. */
export function nearest(name: string, candidates: readonly string[]): string | null {
  if (name.length > longestName) return null;
  let best: string | null = null;
  let least = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

/** Levenshtein's distance, row by row. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const substituted = (previous[column - 1] as number) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min((previous[column] as number) + 1, (current[column - 1] as number) + 1, substituted));
    }
    previous = current;
  }
  return previous[b.length] as number;
}
