import type { PlannedRun } from '../experiment/plan.js';
import type { WorkerMessage } from '../training/messages.js';
import type { ScheduleEvent } from '../experiment/schedule.js';
import { counted } from '../words/counted.js';

/** A run under way, as far as its worker has told. */
interface Live {
  readonly run: PlannedRun;
  readonly began: number;
  phase: 'starting' | Extract<WorkerMessage, { kind: 'phase' }>['phase'];
  step: number;
  total: number;
  loss: number;
  imagesPerSecond: number;
  /** Where this start took it up, and when: what was done before says nothing about its speed. */
  first: { readonly step: number; readonly at: number } | null;
}

/** Where a suite stands, from its events alone; `clock` in milliseconds. */
export interface ProgressState {
  /** Takes an event in and returns the line that it deserves in a log, if any. */
  take(event: ScheduleEvent): string | null;
  /** The whole suite in one line. */
  overall(): string;
  /** A line for every run under way. */
  running(): string[];
}

/** @param runs all runs that were asked for, those already done included. */
export function createProgressState(runs: readonly PlannedRun[], clock: () => number = Date.now): ProgressState {
  const began = clock();
  const live = new Map<PlannedRun, Live>();
  const warned = new Set<string>();
  const work = (run: PlannedRun): number => run.macs * run.spec.recipe.epochs;
  const whole = runs.reduce((sum, run) => sum + work(run), 0);
  let ended = 0;
  /** Work that is done, and the part of it that was before this start. */
  let finished = 0;
  let before = 0;

  return { take, overall, running: () => [...live.values()].map(describe) };

  function take(event: ScheduleEvent): string | null {
    const { run } = event;
    const name = nameOf(run);
    if (event.kind === 'skipped') {
      ended++;
      finished += work(run);
      before += work(run);
      return null;
    }
    if (event.kind === 'taken') {
      ended++;
      finished += work(run);
      before += work(run);
      return `taken  ${name}: the same run is done in ${event.from}`;
    }
    if (event.kind === 'aside') return `aside  ${name}: ${event.reason ?? staleWords}; they stay in ${event.folder}`;
    if (event.kind === 'waiting') {
      const { pid, host, stopped } = event.holder;
      return `wait   ${name}: process ${pid} on ${host} still works on it${stopped ? `, but was stopped; kill -CONT ${pid} lets it go on` : ''}`;
    }
    if (event.kind === 'started') {
      const nothing = { step: 0, total: 0, loss: Number.NaN, imagesPerSecond: 0, first: null };
      live.set(run, { run, began: clock(), phase: 'starting', ...nothing });
      return `start  ${name}`;
    }
    const entry = live.get(run);
    if (event.kind === 'message') return entry ? takeMessage(entry, event.message) : null;
    live.delete(run);
    const { end } = event;
    if (end.status === 'interrupted') {
      return end.saved === null
        ? `ended  ${name}: nothing new was saved; it goes on from its last checkpoint, or from its start`
        : `saved  ${name}: goes on at step ${end.saved}`;
    }
    if (end.status === 'unable') return null;
    if (end.status === 'followed') {
      ended++;
      finished += work(run);
      return `done   ${name}: rank 0 has the result`;
    }
    ended++;
    finished += work(run);
    if (end.status === 'failed') return `FAILED ${name}: ${end.reason.trimEnd().replaceAll('\n', '\n  ')}`;
    const took = duration(clock() - (entry?.began ?? began));
    return `done   ${name}: top-1 ${(100 * end.top1).toFixed(2)} %, ${Math.round(end.imagesPerSecond)} images/s, ${took}`;
  }

  function takeMessage(entry: Live, message: WorkerMessage): string | null {
    if (message.kind === 'warning') return takeWarning(message.text);
    if (message.kind === 'started') entry.total = message.totalSteps;
    if (message.kind === 'phase') entry.phase = message.phase;
    if (message.kind !== 'progress') return null;
    const { step, loss, imagesPerSecond } = message;
    if (!entry.first) {
      entry.first = { step, at: clock() };
      before += (work(entry.run) * (step - 1)) / Math.max(1, entry.total);
    }
    Object.assign(entry, { step, loss, imagesPerSecond });
    return null;
  }

  /** What every run warns of is said once. */
  function takeWarning(text: string): string | null {
    if (warned.has(text)) return null;
    warned.add(text);
    return `warning: ${text}`;
  }

  function overall(): string {
    const underWay = [...live.values()].reduce((sum, entry) => sum + work(entry.run) * shareOf(entry), 0);
    const done = finished + underWay;
    const fresh = done - before;
    const left = fresh > 0 ? `, ${duration(((clock() - began) * (whole - done)) / fresh)} left` : '';
    return `${bar(whole > 0 ? done / whole : 1)} ${ended}/${counted(runs.length, 'run')}${done < whole ? left : ''}`;
  }

  function describe(entry: Live): string {
    const { run, phase, step, total, loss, imagesPerSecond, first } = entry;
    const name = `${bar(shareOf(entry))} ${nameOf(run)}`;
    if (step === 0 || phase === 'evaluating') return `${name}: ${phase}`;
    const steps = step - (first?.step ?? step);
    const left = steps > 0 ? `, ${duration(((clock() - (first?.at ?? 0)) * (total - step)) / steps)} left` : '';
    return `${name}: step ${step}/${total}, loss ${loss.toFixed(3)}, ${Math.round(imagesPerSecond)} images/s${left}`;
  }
}

/** What is wrong with records that are of no use to a run. */
export const staleWords = 'its records are of another network, plug-in, recipe or dataset';

const nameOf = ({ spec }: PlannedRun): string => `${spec.variant} seed ${spec.seed}`;

const shareOf = ({ step, total }: Live): number => (total > 0 ? step / total : 0);

function bar(share: number): string {
  const width = 20;
  const full = Math.floor(width * Math.min(1, share));
  return `${'█'.repeat(full)}${'░'.repeat(width - full)} ${String(Math.floor(100 * Math.min(1, share))).padStart(3)} %`;
}

/** 95 s -> `1 min 35 s`; 2 h -> `2 h 0 min`; 3 days -> `3 d 0 h`. */
export function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const hours = Math.floor(seconds / 3600);
  return hours < 48
    ? `${hours} h ${Math.floor((seconds % 3600) / 60)} min`
    : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
