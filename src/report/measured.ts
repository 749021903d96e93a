import { type RunRecord, startsOf } from '../records/run.js';
import { summarize, type Summary } from '../statistics/summary.js';
import { counted, grouped, seedList } from './format.js';
import { doneRuns, type RunState } from './runs.js';

/** Speed and memory of a network, over those of its runs that were measured where they are to be compared. */
export interface Measured {
  /** Training pictures a second. */
  readonly imagesPerSecond: Summary | null;
  /** Of the process, at its largest. */
  readonly peakMemoryBytes: Summary | null;
}

/** Where speed and memory of a study were measured. */
export interface MeasuredOn {
  /** Machine, engine and threads in words; null where no run says. */
  readonly words: string | null;
  /** Networks, or seeds of one, that were measured elsewhere and so stand on no measured axis. */
  readonly elsewhere: readonly string[];
}

type Runs = readonly { readonly states: readonly RunState[] }[];

/**
 * Where a run's speed and memory were measured, in words that are equal where they can be compared: machine, device, engine,
 * threads, ranks, precision, and whether and by what steps were compiled, from its first start to its last.
 */
function placeOf(run: RunRecord): string {
  const known = places.get(run);
  if (known !== undefined) return known;
  const words = startsOf(run).map(({ engine, machine, ranks = 1 }) =>
    [
      `${machine.cpu}, ${counted(machine.cores, 'core')}, ${grouped(Math.round(machine.memoryBytes / 2 ** 30))} GiB`,
      ...(engine.device === 'cpu' || engine.device === machine.cpu ? [] : [engine.device]),
      `${counted(engine.threads, 'thread')} a run${ranks > 1 ? `, ${ranks} ranks` : ''}`,
      `${engine.engine} ${engine.version}${engine.compiled ? (engine.compiler ? ' with XLA' : '') : ', eager'}, ${engine.precision}`,
    ].join(', '),
  );
  const place = [...new Set(words)].join(', then ');
  places.set(run, place);
  return place;
}

/** Every row asks again. */
const places = new WeakMap<RunRecord, string>();

/** The place where most runs were measured; null where no record says. */
export function usualPlace(rows: Runs): string | null {
  const counts = new Map<string, number>();
  for (const { files } of rows.flatMap(({ states }) => doneRuns(states)))
    if (files.run) counts.set(placeOf(files.run), (counts.get(placeOf(files.run)) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? null;
}

const measuredAt =
  (place: string | null) =>
  ({ files }: RunState): boolean =>
    files.run !== null && placeOf(files.run) === place;

export function measuredOf(states: readonly RunState[], place: string | null): Measured {
  const there = doneRuns(states).filter(measuredAt(place));
  return {
    imagesPerSecond: summarize(there.map(({ result }) => result.imagesPerSecond)),
    peakMemoryBytes: summarize(there.map(({ result }) => result.peakMemoryBytes)),
  };
}

/** Where a study was measured, and what of it elsewhere. */
export function measuredOn(
  rows: readonly (Runs[number] & { readonly network: string })[],
  place: string | null,
): MeasuredOn {
  const networks = new Map(rows.map(({ network, states }) => [network, doneRuns(states)]));
  const elsewhere = [...networks].flatMap(([network, done]) => {
    const seeds = done.filter((state) => !measuredAt(place)(state)).map(({ seed }) => seed);
    if (seeds.length === 0) return [];
    return seeds.length === done.length
      ? [network]
      : [`${network} ${seeds.length === 1 ? 'seed' : 'seeds'} ${seedList(seeds)}`];
  });
  return { words: place, elsewhere };
}
