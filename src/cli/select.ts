import type { PlannedRun } from '../experiment/plan.js';
import { UsageError } from './errors.js';

/** The runs that `--only` and `--seeds` leave. Throws a `UsageError` where they leave none. */
export function selectRuns(
  runs: readonly PlannedRun[],
  only: string | undefined,
  wanted: ReadonlySet<number> | undefined,
): PlannedRun[] {
  const chosen = runs.filter(
    ({ spec }) => (only === undefined || glob(only).test(spec.variant)) && (!wanted || wanted.has(spec.seed)),
  );
  if (chosen.length > 0) return chosen;
  const variants = [...new Set(runs.map(({ spec }) => spec.variant))].join(', ');
  throw new UsageError(
    `no run is left by --only and --seeds; the suite has the variants ${variants} and the seeds ${[...new Set(runs.map(({ spec }) => spec.seed))].join(', ')}`,
  );
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

/** `*`, `?` and `{a,b}` over a variant's name. */
function glob(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^$()|[\]\\]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.')
    .replace(/\{([^}]*)\}/g, (_, names: string) => `(${names.replaceAll(',', '|')})`);
  return new RegExp(`^${source}$`);
}
