import type { PlannedRun } from '../experiment/plan.js';
import type { RunResult } from '../records/result.js';
import type { ScheduleEvent } from '../experiment/schedule.js';
import { quantile } from './interleave.js';

/** What the time of a run goes to, in its order. */
export const parts = {
  start: 'start of the process',
  loading: 'program, engine, data',
  compiling: 'first weights, compiled step',
  steps: 'steps',
  waiting: 'waiting for pictures',
  evaluation: 'evaluation',
  records: 'records, checkpoints, the rest',
  ending: 'end of the process',
} as const;
export type Part = keyof typeof parts;

/** Where one run's time went, in seconds, from the start of its process to the end of it. */
export interface RunTime {
  readonly variant: string;
  readonly seed: number;
  readonly total: number;
  readonly parts: Readonly<Record<Part, number>>;
}

/** Share of a run that is none of its steps; waiting for pictures is not one. */
export const overhead = ({ total, parts: { steps } }: RunTime): number => 1 - steps / total;

export interface SuiteClock {
  take(event: ScheduleEvent): void;
  /** The runs that have ended well so far. */
  times(): RunTime[];
  /** What ended otherwise, and why. */
  failures(): string[];
}

/** When a run's phases began, in milliseconds. */
interface Marks {
  readonly started: number;
  loading?: number;
  compiling?: number;
  training?: number;
  evaluating?: number;
  evaluation: number;
  finished?: number;
}

/** Times the runs of a suite by what their workers tell; `clock` in milliseconds. */
export function createSuiteClock(clock: () => number = () => performance.now()): SuiteClock {
  const live = new Map<PlannedRun, Marks>();
  const times: RunTime[] = [];
  const failures: string[] = [];
  return {
    times: () => times,
    failures: () => failures,
    take(event) {
      const { run } = event;
      const name = `${run.spec.variant} seed ${run.spec.seed}`;
      if (event.kind === 'started') live.set(run, { started: clock(), evaluation: 0 });
      const marks = live.get(run);
      if (!marks) return;
      if (event.kind === 'message') return mark(marks, event.message, clock());
      if (event.kind !== 'ended') return;
      live.delete(run);
      if (event.end.status === 'done') times.push(timeOf(run, marks, event.end, clock()));
      else failures.push(`${name}: ${'reason' in event.end ? event.end.reason : event.end.status}`);
    },
  };
}

type Message = Extract<ScheduleEvent, { kind: 'message' }>['message'];

function mark(marks: Marks, message: Message, now: number): void {
  if (message.kind === 'finished') marks.finished = now;
  if (message.kind !== 'phase') return;
  if (message.phase === 'evaluating') marks.evaluating = now;
  else marks[message.phase] ??= now;
  if (message.phase === 'training' && marks.evaluating !== undefined) {
    marks.evaluation += now - marks.evaluating;
    marks.evaluating = undefined;
  }
}

function timeOf(run: PlannedRun, marks: Marks, result: Extract<RunResult, { status: 'done' }>, now: number): RunTime {
  const { started, loading = started, compiling = loading, training = compiling, finished = now, evaluation } = marks;
  const waiting = result.seconds.waiting ?? 0;
  const seconds = {
    start: (loading - started) / 1000,
    loading: (compiling - loading) / 1000,
    compiling: (training - compiling) / 1000,
    steps: result.seconds.training - waiting,
    waiting,
    evaluation: evaluation / 1000,
    records: (finished - training - evaluation) / 1000 - result.seconds.training,
    ending: (now - finished) / 1000,
  };
  const { variant, seed } = run.spec;
  return { variant, seed, total: (now - started) / 1000, parts: seconds };
}

/** A suite's time as a whole. */
export interface SuiteTime {
  /** Seconds from the first run's start to the last one's end, and from the command's. */
  readonly wall: number;
  readonly command: number;
  readonly parallel: number;
  /** Share of the places for runs that stood empty while the suite ran. */
  readonly idle: number;
  readonly overhead: { readonly median: number; readonly most: number };
  readonly parts: Readonly<Record<Part, number>>;
  readonly runs: readonly RunTime[];
}

export function suiteTime(runs: readonly RunTime[], wall: number, command: number, parallel: number): SuiteTime {
  const shares = runs.map(overhead).sort((a, b) => a - b);
  const busy = runs.reduce((sum, { total }) => sum + total, 0);
  const names = Object.keys(parts) as Part[];
  return {
    ...{ wall, command, parallel, runs },
    idle: 1 - busy / (parallel * wall),
    overhead: { median: quantile(shares, 0.5), most: shares.at(-1) as number },
    parts: Object.fromEntries(
      names.map((name) => [name, runs.reduce((sum, run) => sum + run.parts[name], 0)]),
    ) as SuiteTime['parts'],
  };
}
