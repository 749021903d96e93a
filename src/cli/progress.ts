import { createLogUpdate } from 'log-update';
import type { ScheduleEvent } from '../experiment/schedule.js';
import type { PlannedRun } from '../experiment/plan.js';

/** Shows a suite at work: bars on a terminal, plain lines elsewhere. */
export interface ProgressDisplay {
  onEvent(event: ScheduleEvent): void;
  /** A line that stays. */
  say(text: string): void;
  close(): void;
}

interface Live {
  readonly run: PlannedRun;
  readonly began: number;
  phase: string;
  step: number;
  total: number;
  loss: number;
  imagesPerSecond: number;
}

const nameOf = ({ spec }: PlannedRun): string => `${spec.variant} seed ${spec.seed}`;

/** @param runs all runs of the suite, those already done included. */
export function createProgress(stream: NodeJS.WriteStream, runs: readonly PlannedRun[]): ProgressDisplay {
  const live = new Map<PlannedRun, Live>();
  const work = (run: PlannedRun): number => run.macs * run.spec.recipe.epochs;
  const whole = runs.reduce((sum, run) => sum + work(run), 0);
  let finished = 0;
  let counted = 0;
  /** Work that was done before this start: it says nothing about speed. */
  let skipped = 0;
  const began = Date.now();
  const terminal = stream.isTTY === true;
  const update = terminal ? createLogUpdate(stream, { showCursor: true }) : null;
  const timer = update ? setInterval(() => update(frame()), 200) : null;
  let quiet = Date.now();

  const say = (text: string): void => {
    update?.clear();
    stream.write(`${text}\n`);
    update?.(frame());
  };

  return {
    say,
    onEvent(event) {
      const { run } = event;
      if (event.kind === 'skipped') {
        counted++;
        finished += work(run);
        skipped += work(run);
      } else if (event.kind === 'started') {
        live.set(run, {
          run,
          began: Date.now(),
          phase: 'starting',
          step: 0,
          total: 0,
          loss: Number.NaN,
          imagesPerSecond: 0,
        });
        if (!terminal) say(`start  ${nameOf(run)}`);
      } else if (event.kind === 'message') {
        onMessage(live.get(run) as Live, event);
      } else {
        const seconds = (Date.now() - (live.get(run)?.began ?? began)) / 1000;
        live.delete(run);
        counted++;
        finished += work(run);
        say(endLine(event, seconds));
      }
    },
    close() {
      if (timer) clearInterval(timer);
      update?.clear();
      update?.done();
    },
  };

  function onMessage(entry: Live, { message, run }: Extract<ScheduleEvent, { kind: 'message' }>): void {
    if (message.kind === 'warning') say(`warning  ${nameOf(run)}: ${message.text}`);
    else if (message.kind === 'started') entry.total = message.totalSteps;
    else if (message.kind === 'phase') entry.phase = message.phase;
    else if (message.kind === 'progress') {
      Object.assign(entry, { step: message.step, loss: message.loss, imagesPerSecond: message.imagesPerSecond });
      if (!terminal && Date.now() - quiet > 10_000) {
        quiet = Date.now();
        say(`${overall()}  ${[...live.values()].map(runLine).join('  |  ')}`);
      }
    }
  }

  function endLine({ run, end }: Extract<ScheduleEvent, { kind: 'ended' }>, seconds: number): string {
    if (end.status === 'done')
      return `done   ${nameOf(run)}: top-1 ${(100 * end.top1).toFixed(2)} %, ${Math.round(end.imagesPerSecond)} images/s, ${seconds.toFixed(0)} s`;
    if (end.status === 'failed') return `FAILED ${nameOf(run)}: ${end.reason}`;
    return `saved  ${nameOf(run)}: goes on where it stopped`;
  }

  function overall(): string {
    const running = [...live.values()].reduce(
      (sum, { run, step, total }) => sum + (total ? (work(run) * step) / total : 0),
      0,
    );
    const done = finished + running;
    const share = whole > 0 ? done / whole : 1;
    const fresh = done - skipped;
    const left = fresh > 0 ? ((Date.now() - began) * (whole - done)) / fresh : Number.NaN;
    return `${bar(share)} ${counted}/${runs.length} runs${Number.isFinite(left) ? `, ${duration(left)} left` : ''}`;
  }

  function frame(): string {
    return [
      overall(),
      ...[...live.values()].map((entry) => `${bar(entry.total ? entry.step / entry.total : 0)} ${runLine(entry)}`),
    ].join('\n');
  }

  function runLine({ run, phase, step, total, loss, imagesPerSecond }: Live): string {
    if (step === 0) return `${nameOf(run)}: ${phase}`;
    return `${nameOf(run)}: step ${step}/${total}, loss ${loss.toFixed(3)}, ${Math.round(imagesPerSecond)} images/s`;
  }
}

function bar(share: number): string {
  const width = 24;
  const full = Math.round(width * Math.min(1, share));
  return `${'█'.repeat(full)}${'░'.repeat(width - full)} ${String(Math.floor(100 * Math.min(1, share))).padStart(3)} %`;
}

/** 95 s -> `1 min 35 s`; 2 h -> `2 h 0 min`. */
export function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}
