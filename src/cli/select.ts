import type { PlannedRun } from '../experiment/plan.js';
import { UsageError } from './errors.js';

/** The runs that `--only` and the seeds leave; trials are chosen by their variant, too, and keep their seeds. Throws a `UsageError` where they leave none. */
export function selectRuns(
  runs: readonly PlannedRun[],
  only: string | undefined,
  seeds: ReadonlySet<number>,
): PlannedRun[] {
  const suits = fitsRun(only);
  const chosen = runs.filter((run) => suits(run) && (run.trial !== null || seeds.has(run.spec.seed)));
  if (chosen.length > 0) return chosen;
  throw fitsNone(
    only,
    runs.map(({ spec }) => spec.variant),
  );
}

/** The networks that have a run which `--only` leaves; null is all of them. */
export function networksLeft(runs: readonly PlannedRun[], only: string | undefined): readonly string[] | null {
  const names = new Set(runs.map(networkOf));
  const left = new Set(runs.filter(fitsRun(only)).map(networkOf));
  return left.size < names.size ? [...left] : null;
}

/** The network that a run is of, whatever it is for: a trial and a repeat have names of their own. */
const networkOf = ({ spec, trial, again }: PlannedRun): string => trial?.variant ?? again ?? spec.variant;

function fitsRun(only: string | undefined): (run: PlannedRun) => boolean {
  const suits = fits(only);
  return (run) => suits(run.spec.variant) || suits(networkOf(run));
}

/** What to throw where `--only` leaves none of a suite's networks. */
export function fitsNone(only: string | undefined, names: readonly string[]): UsageError {
  return new UsageError(`--only "${only}" fits no network of the suite; it has ${[...new Set(names)].join(', ')}`);
}

/** `0-4,7` -> 0, 1, 2, 3, 4, 7. */
export function parseSeeds(text: string): Set<number> {
  const seeds = new Set<number>();
  for (const part of text.split(',')) {
    const [, first, last] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(part.trim()) ?? [];
    if (first === undefined) throw new UsageError(`expected seeds such as 0-4 or 0,2,5, found "${text}"`);
    const end = Number(last ?? first);
    if (end < Number(first) || end - Number(first) > 10_000)
      throw new UsageError(`the seeds ${part} are not a range of at most 10,000`);
    for (let seed = Number(first); seed <= end; seed++) seeds.add(seed);
  }
  return seeds;
}

/** Whether a variant's name fits `--only`: names or patterns with `*`, `?` and `{a,b}`, separated by commas. */
export function fits(only: string | undefined): (name: string) => boolean {
  if (only === undefined) return () => true;
  // Commas inside braces separate names there; those outside separate whole patterns.
  const patterns = only.split(/,(?![^{]*\})/).map((pattern) => glob(pattern.trim()));
  return (name) => patterns.some((pattern) => pattern.test(name));
}

function glob(pattern: string): RegExp {
  const source = pattern.replace(/\{([^{}]*)\}|[^\w]/g, (token: string, names: string | undefined) => {
    if (names !== undefined)
      return `(${names
        .split(',')
        .map((name) => glob(name.trim()).source.slice(1, -1))
        .join('|')})`;
    if (token === '*') return '.*';
    return token === '?' ? '.' : `\\${token}`;
  });
  return new RegExp(`^${source}$`);
}
