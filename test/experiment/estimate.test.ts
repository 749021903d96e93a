import { expect, test } from 'vitest';
import { estimateTime, type Speed } from '../../src/experiment/estimate.js';
import type { PlannedRun } from '../../src/experiment/plan.js';
import { shareMachine } from '../../src/experiment/share.js';
import { fakeRun } from './fakes/runs.js';

const MiB = 2 ** 20;
const GiB = 2 ** 30;
const many = (count: number, bytes = 100 * MiB): PlannedRun[] =>
  Array.from({ length: count }, (_, seed) => fakeRun('a', seed, { bytes }));

test('a core a run, and no more runs than there are', () => {
  const machine = { cores: 8, memoryBytes: 64 * GiB, gpus: [] };
  expect(shareMachine(many(30), 'auto', machine)).toMatchObject({ parallel: 8, threads: 1, note: null });
  expect(shareMachine(many(2), 'auto', machine)).toMatchObject({ parallel: 2, threads: 4 });
  expect(shareMachine(many(30), 3, machine)).toMatchObject({ parallel: 3, threads: 2 });
  expect(shareMachine([], 'auto', machine)).toMatchObject({ parallel: 1, threads: 8 });
});

test('fewer where memory is short, saying so; a wish is taken as it is', () => {
  const machine = { cores: 8, memoryBytes: 16 * GiB, gpus: [] };
  const share = shareMachine(many(30, 5 * GiB), 'auto', machine);
  expect(share).toMatchObject({ parallel: 2, threads: 4 });
  expect(share.note).toMatch('2 at a time: a run may need 5.8 GiB');
  expect(shareMachine(many(30, 5 * GiB), 4, machine)).toMatchObject({ parallel: 4, note: null });
});

test('what may not fit at all is said, with what takes less', () => {
  const machine = { cores: 2, memoryBytes: 16 * GiB, gpus: [] };
  const share = shareMachine(many(3, 30 * GiB), 'auto', machine);
  expect(share.parallel).toBe(1);
  expect(share.note).toMatch(/^a run may need 30.8 GiB, this machine has 16.0 GiB; a smaller micro_batch_size or /);
});

test('a run a graphics card', () => {
  const machine = { cores: 16, memoryBytes: 64 * GiB, gpus: ['0', '1'] };
  expect(shareMachine(many(30), 'auto', machine)).toMatchObject({ parallel: 2, threads: 8, gpus: ['0', '1'] });
});

const speed: Speed = { macs: 1e9, params: 1e6, imagesPerSecond: 10, startup: 1, evaluation: 0.1 };
const options = { pictures: 100, parallel: 1, threads: 1, speeds: [speed], assumable: true };
const seconds = (left: readonly PlannedRun[], changes: object = {}): number =>
  (estimateTime({ ...options, left, ...changes })?.milliseconds ?? Number.NaN) / 1000;

test('a network that was trained before has its own speed, others go by their multiply-adds', () => {
  const known = fakeRun('known', 0, { macs: 1e9, params: 1e6 });
  const twice = fakeRun('twice', 0, { macs: 2e9, params: 1e6 });
  expect(seconds([known])).toBeCloseTo(12);
  expect(seconds([twice])).toBeCloseTo(23);
  expect(seconds([known, twice], { parallel: 2 })).toBeCloseTo(23);
  expect(seconds([known, known, twice], { parallel: 2 })).toBeCloseTo(24);
  expect(estimateTime({ ...options, left: [known, twice] })?.basis).toMatch(
    '1 is of a network that was not among these',
  );
});

test('without a finished run the guess says so, or there is none', () => {
  const left = [fakeRun('a', 0, { macs: 12e9 })];
  expect(estimateTime({ ...options, left, speeds: [] })?.basis).toMatch(/^a guess/);
  expect(estimateTime({ ...options, left, speeds: [], assumable: false })).toBeNull();
});

test('steps that were timed just now count before records, and make an estimate where there is none', () => {
  const timed = [{ macs: 1e9, params: 1e6, imagesPerSecond: 20 }];
  const known = fakeRun('known', 0, { macs: 1e9, params: 1e6 });
  const twice = fakeRun('twice', 0, { macs: 2e9, params: 1e6 });
  // Startup and the share of evaluation are still those of the records.
  expect(seconds([known], { timed })).toBeCloseTo(1 + (1.1 * 100) / 20);
  expect(seconds([twice], { timed, speeds: [] })).toBeCloseTo(2 + (1.1 * 100) / 10);
  expect(seconds([twice], { timed, speeds: [], assumable: false })).toBeCloseTo(2 + (1.1 * 100) / 10);
  expect(estimateTime({ ...options, left: [known, twice], timed })?.basis).toBe(
    'by the steps of 1 network, timed just now with their pictures at hand; 1 is of a network that was not among these and goes by its multiply-adds',
  );
});
