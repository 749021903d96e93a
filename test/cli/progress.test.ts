import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { createProgress } from '../../src/cli/progress.js';
import { createProgressState, duration } from '../../src/cli/progress-state.js';
import type { PlannedRun } from '../../src/experiment/plan.js';
import type { RunResult } from '../../src/records/result.js';
import type { WorkerMessage } from '../../src/training/messages.js';
import type { ScheduleEvent } from '../../src/experiment/schedule.js';
import { fakeRun } from '../experiment/fakes/runs.js';

const [a, b, c] = ['a', 'b', 'c'].map((name) => fakeRun(name)) as [PlannedRun, PlannedRun, PlannedRun];
const done = { status: 'done', top1: 0.5, imagesPerSecond: 300 } as RunResult;
const message = (run: PlannedRun, told: object): ScheduleEvent => ({
  kind: 'message',
  run,
  message: told as WorkerMessage,
});
const progress = (run: PlannedRun, step: number) =>
  message(run, { kind: 'progress', step, loss: 2, imagesPerSecond: 100 });

function stateAt(runs: readonly PlannedRun[]) {
  let now = 0;
  const state = createProgressState(runs, () => now);
  const after = (milliseconds: number) => {
    now += milliseconds;
    return state;
  };
  return { state, after };
}

test('time left follows from the work that was done since the start', () => {
  const { state, after } = stateAt([a, b, c]);
  state.take({ kind: 'skipped', run: a });
  expect(state.overall()).toBe('██████░░░░░░░░░░░░░░  33 % 1/3 runs');
  state.take({ kind: 'started', run: b });
  state.take(message(b, { kind: 'started', totalSteps: 100 }));
  state.take(progress(b, 1));
  after(10_000).take(progress(b, 50));
  expect(state.overall()).toBe('██████████░░░░░░░░░░  50 % 1/3 runs, 30 s left');
  expect(state.running()).toEqual([
    '██████████░░░░░░░░░░  50 % b seed 0: step 50/100, loss 2.000, 100 images/s, 10 s left',
  ]);
  expect(after(10_000).take({ kind: 'ended', run: b, end: done })).toBe(
    'done   b seed 0: top-1 50.00 %, 300 images/s, 20 s',
  );
  expect(state.overall()).toBe('█████████████░░░░░░░  66 % 2/3 runs, 20 s left');
});

test('what a run had done before it was cut off says nothing about its speed', () => {
  const { state, after } = stateAt([a]);
  state.take({ kind: 'started', run: a });
  state.take(message(a, { kind: 'started', totalSteps: 100 }));
  state.take(progress(a, 81));
  after(10_000).take(progress(a, 90));
  expect(state.overall()).toBe('██████████████████░░  90 % 0/1 run, 10 s left');
});

test.each([
  [12, 'saved  a seed 0: goes on at step 12'],
  [null, 'ended  a seed 0: nothing new was saved; it goes on from its last checkpoint, or from its start'],
])('a run that was saved at step %s is not an ended one, and says no more than was saved', (saved, line) => {
  const { state } = stateAt([a]);
  state.take({ kind: 'started', run: a });
  expect(state.take({ kind: 'ended', run: a, end: { status: 'interrupted', saved } })).toBe(line);
  expect(state.overall()).toBe('░░░░░░░░░░░░░░░░░░░░   0 % 0/1 run');
});

test('records that are moved aside are told with the reason and their new place', () => {
  const { state } = stateAt([a]);
  const aside = (reason: string | null) =>
    state.take({ kind: 'aside', run: a, folder: 'out/a/stale-seed-0-1', reason });
  expect(aside(null)).toBe(
    'aside  a seed 0: its records are of another network, plug-in, recipe or dataset; they stay in out/a/stale-seed-0-1',
  );
  expect(aside('out/a/seed-0/run.json is no JSON')).toBe(
    'aside  a seed 0: out/a/seed-0/run.json is no JSON; they stay in out/a/stale-seed-0-1',
  );
});

test('what every run warns of is said once', () => {
  const { state } = stateAt([a, b]);
  for (const run of [a, b]) state.take({ kind: 'started', run });
  expect(state.take(message(a, { kind: 'warning', text: 'slow' }))).toBe('warning: slow');
  expect(state.take(message(b, { kind: 'warning', text: 'slow' }))).toBeNull();
});

test('durations read as people say them', () => {
  const hour = 3_600_000;
  expect([400, 59_000, 95_000, 2 * hour, 80 * hour].map(duration)).toEqual([
    '0 s',
    '59 s',
    '1 min 35 s',
    '2 h 0 min',
    '3 d 8 h',
  ]);
});

const shownOn = (stream: NodeJS.WriteStream): string => {
  const display = createProgress(stream, [a]);
  display.onEvent({ kind: 'started', run: a });
  display.onEvent(progress(a, 1));
  display.onEvent({
    kind: 'ended',
    run: a,
    end: { ...done, status: 'failed', reason: 'loss is NaN at step 3' } as RunResult,
  });
  display.say('a line');
  display.close();
  return String(stream.read());
};

test('where nobody watches, a line an event and no control characters', () => {
  const stream = new PassThrough() as unknown as NodeJS.WriteStream;
  expect(shownOn(stream)).toBe('start  a seed 0\nFAILED a seed 0: loss is NaN at step 3\na line\n');
});

test('on a terminal, what ended stays above the bars', () => {
  const stream = Object.assign(new PassThrough(), {
    isTTY: true,
    columns: 80,
    rows: 24,
  }) as unknown as NodeJS.WriteStream;
  expect(shownOn(stream)).toMatch(/FAILED a seed 0: loss is NaN at step 3\n.*a line\n/);
});
