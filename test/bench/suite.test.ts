import { describe, expect, it } from 'vitest';
import { createSuiteClock, overhead, suiteTime } from '../../src/bench/suite-clock.js';
import { suiteFindings, suiteTable } from '../../src/bench/suite-table.js';
import type { PlannedRun } from '../../src/experiment/plan.js';
import type { RunResult } from '../../src/records/result.js';
import type { WorkerMessage } from '../../src/training/messages.js';
import type { ScheduleEvent } from '../../src/experiment/schedule.js';

const run = (seed: number) => ({ spec: { variant: 'gelu', seed } }) as PlannedRun;
const done = (training: number, waiting?: number) => {
  const seconds = { total: 0, training, evaluation: 0, startup: 0, ...(waiting === undefined ? {} : { waiting }) };
  return { status: 'done', seconds } as RunResult;
};

/** Events at their times, in seconds. */
function clocked(events: readonly (readonly [number, ScheduleEvent])[]) {
  let now = 0;
  const clock = createSuiteClock(() => 1000 * now);
  for (const [at, event] of events) {
    now = at;
    clock.take(event);
  }
  return clock;
}

const told = (one: PlannedRun, message: WorkerMessage): ScheduleEvent => ({ kind: 'message', run: one, message });
type Phase = Extract<WorkerMessage, { kind: 'phase' }>['phase'];
const phase = (one: PlannedRun, name: Phase) => told(one, { kind: 'phase', phase: name });

describe('the clock of a suite', () => {
  it('takes a run apart by what its worker tells', () => {
    const one = run(0);
    const clock = clocked([
      [10, { kind: 'started', run: one }],
      [11, phase(one, 'loading')],
      [13, phase(one, 'compiling')],
      [14, phase(one, 'training')],
      [64, phase(one, 'evaluating')],
      [67, phase(one, 'training')],
      [68, phase(one, 'evaluating')],
      [70, phase(one, 'training')],
      [71, told(one, { kind: 'finished', result: done(50, 5) })],
      [71.5, { kind: 'ended', run: one, end: done(50, 5) }],
    ]);
    const [time] = clock.times();
    expect(time).toEqual({
      variant: 'gelu',
      seed: 0,
      total: 61.5,
      parts: { start: 1, loading: 2, compiling: 1, steps: 45, waiting: 5, evaluation: 5, records: 2, ending: 0.5 },
    });
    expect(time && overhead(time)).toBeCloseTo(1 - 45 / 61.5);
  });

  it('names the runs that fail and leaves out those that were done', () => {
    const [one, other] = [run(0), run(1)];
    const clock = clocked([
      [0, { kind: 'skipped', run: other }],
      [1, { kind: 'started', run: one }],
      [2, { kind: 'ended', run: one, end: { status: 'failed', reason: 'loss is NaN' } as RunResult }],
    ]);
    expect(clock.times()).toEqual([]);
    expect(clock.failures()).toEqual(['gelu seed 0: loss is NaN']);
  });
});

it('sums up a suite: where the time went, and the places that stood empty', () => {
  const parts = { start: 1, loading: 1, compiling: 1, steps: 45, waiting: 0, evaluation: 1, records: 1, ending: 0 };
  const runs = [0, 1, 2].map((seed) => ({ variant: 'gelu', seed, total: 50, parts }));
  const time = suiteTime(runs, 100, 103, 2);
  expect(time.idle).toBeCloseTo(0.25);
  expect(time.overhead.median).toBeCloseTo(0.1);
  expect(suiteTable(time).rows[3]).toEqual(['steps', '135.0', '45.00', '90.0 %']);
  expect(suiteFindings(time)).toEqual([
    'Overhead of a run outside its steps: median 10.0 %, most 10.0 %; 10.0 % of the longest run (gelu seed 0, 50 s).',
    '3 runs, 2 at a time, in 100 s; places for runs stood empty for 25.0 % of it.',
    'The command before the first run and after the last: 3.0 s.',
  ]);
});
