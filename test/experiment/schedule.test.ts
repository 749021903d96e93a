import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EnvironmentError } from '../../src/engine/engine.js';
import { localProcesses } from '../../src/experiment/executor.js';
import type { PlannedRun } from '../../src/experiment/plan.js';
import type { RunResult } from '../../src/records/result.js';
import {
  runSchedule,
  type ScheduleEvent,
  type ScheduleOptions,
  type ScheduleSummary,
} from '../../src/experiment/schedule.js';
import { runFolder } from '../../src/records/folders.js';
import { orNull, readResult, readRun } from '../../src/records/read.js';
import { fakeRun, fakeWorker } from './fakes/runs.js';

let folder: string;
let events: string[];
let stop: AbortController;
let kill: AbortController;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ablate-schedule-'));
  events = [];
  stop = new AbortController();
  kill = new AbortController();
});
afterEach(() => rm(folder, { recursive: true }));

const schedule = (
  runs: readonly PlannedRun[],
  { parallel = 2, gpus = [] as string[], onEvent = (_: ScheduleEvent) => {}, ...more } = {} as {
    parallel?: number;
    gpus?: string[];
    onEvent?: (event: ScheduleEvent) => void;
  } & Partial<ScheduleOptions>,
): Promise<ScheduleSummary> =>
  runSchedule({
    runs,
    suiteFolder: folder,
    executor: localProcesses(fakeWorker),
    share: { parallel, threads: 1, gpus, note: null },
    eager: false,
    codeVersion: 'test',
    onEvent: (event) => {
      if (event.kind !== 'message') events.push(`${event.kind} ${event.run.spec.variant}`);
      onEvent(event);
    },
    ...more,
    stop: stop.signal,
    kill: kill.signal,
  });

const at = (name: string, variant: string): string => join(runFolder(folder, variant, 0), name);
const resultOf = (variant: string): RunResult | null => orNull(readResult(runFolder(folder, variant, 0)));
const names = (runs: readonly PlannedRun[]): string[] => runs.map(({ spec }) => spec.variant).sort();

test('what is done is not done again', async () => {
  const runs = [fakeRun('a'), fakeRun('b')];
  expect((await schedule(runs)).done).toHaveLength(2);
  const first = [resultOf('a'), resultOf('b')];
  events = [];
  expect(names((await schedule([...runs, fakeRun('c')])).done)).toEqual(['a', 'b', 'c']);
  expect(events).toEqual(['skipped a', 'skipped b', 'started c', 'ended c']);
  expect([resultOf('a'), resultOf('b')]).toEqual(first);
});

test('the most expensive runs begin first', async () => {
  await schedule(
    [fakeRun('small', 0, { macs: 1 }), fakeRun('large', 0, { macs: 9 }), fakeRun('middle', 0, { macs: 5 })],
    {
      parallel: 1,
    },
  );
  expect(events.filter((event) => event.startsWith('started'))).toEqual([
    'started large',
    'started middle',
    'started small',
  ]);
});

test('a crash, a kill from outside and a NaN end one run each, with the reason; all are tried again', async () => {
  const runs = ['crash', 'a', 'killed', 'nan', 'b'].map((variant) => fakeRun(variant));
  for (const attempt of [1, 2]) {
    const { done, failed, left } = await schedule(runs);
    expect(names(done)).toEqual(['a', 'b']);
    expect(left).toEqual([]);
    expect(Object.fromEntries(failed.map(({ run, reason }) => [run.spec.variant, reason]))).toEqual({
      crash: 'the process ended with code 9: RangeError: this worker was told to crash',
      killed: 'the process was killed from outside (SIGKILL)',
      nan: 'loss is NaN at step 3',
    });
    const log = await readFile(at('log.txt', 'nan'), 'utf8');
    expect(log.includes('tried again; before: loss is NaN at step 3')).toBe(attempt === 2);
  }
});

test('a program that cannot be started is a failed run with the reason', async () => {
  const { failed } = await runSchedule({
    runs: [fakeRun('a')],
    suiteFolder: folder,
    executor: localProcesses(join(folder, 'missing.mjs')),
    share: { parallel: 1, threads: 1, gpus: [], note: null },
    eager: false,
    codeVersion: 'test',
    onEvent: () => {},
    stop: stop.signal,
    kill: kill.signal,
  });
  expect(failed[0]?.reason).toMatch(/ended with code 1: Error: Cannot find module .*missing\.mjs/);
});

test('a missing engine ends the suite at once, the other runs saved', async () => {
  const runs = [fakeRun('endless', 0, { macs: 3 }), fakeRun('unable', 0, { macs: 2 }), fakeRun('a')];
  await expect(schedule(runs)).rejects.toThrow(new EnvironmentError('there is no engine here'));
  expect(events).not.toContain('started a');
  expect(resultOf('endless')).toBeNull();
  expect(resultOf('unable')).toBeNull();
});

test('asked to stop, runs save and go on from there', async () => {
  const onEvent = (event: ScheduleEvent) => {
    if (event.kind === 'message' && event.message.kind === 'progress' && event.message.step === 7) stop.abort();
  };
  const { done, left } = await schedule([fakeRun('a'), fakeRun('b')], { parallel: 1, onEvent });
  expect(done).toEqual([]);
  expect(names(left)).toEqual(['a', 'b']);
  const saved = JSON.parse(await readFile(at('checkpoint/count.json', 'a'), 'utf8')).step as number;
  expect(saved).toBeGreaterThanOrEqual(7);

  stop = new AbortController();
  expect((await schedule([fakeRun('a'), fakeRun('b')])).done).toHaveLength(2);
  const steps = (await readFile(at('trace.txt', 'a'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => Number(line.split(' ')[1]));
  expect(steps).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
});

test('killed at once, a run is neither done nor failed', async () => {
  const onEvent = (event: ScheduleEvent) => {
    if (event.kind === 'message' && event.message.kind === 'progress') {
      stop.abort();
      kill.abort();
    }
  };
  const { failed, left } = await schedule([fakeRun('endless')], { onEvent });
  expect(failed).toEqual([]);
  expect(left).toHaveLength(1);
  expect(resultOf('endless')).toBeNull();
});

test('records of another resolved run are set aside, and come back when the suite does', async () => {
  const [before, after] = [fakeRun('a'), fakeRun('a', 0, { hash: 'f'.repeat(64) })];
  await schedule([before]);
  const first = resultOf('a');
  const moved: unknown[] = [];
  await schedule([after], { onEvent: (event) => event.kind === 'aside' && moved.push(event) });
  const aside = join(folder, 'a', `stale-seed-0-${before.hash.slice(0, 8)}`);
  expect(moved).toEqual([{ kind: 'aside', run: after, folder: aside, reason: null }]);
  const second = resultOf('a');
  expect([first?.hash, second?.hash]).toEqual([before.hash, after.hash]);
  expect(orNull(readResult(aside))).toEqual(first);

  events = [];
  await schedule([before]);
  expect(events).toEqual(['aside a', 'skipped a']);
  expect(resultOf('a')).toEqual(first);
  expect(orNull(readResult(join(folder, 'a', 'stale-seed-0-ffffffff')))).toEqual(second);
});

test.each(['run.json', 'result.json'])(
  'a run whose %s is damaged is set aside whole and trained anew',
  async (name) => {
    await schedule([fakeRun('a')]);
    await writeFile(at(name, 'a'), '{ "schema": "ablate/res');
    if (name === 'run.json') await rm(at('result.json', 'a'));
    events = [];
    expect((await schedule([fakeRun('a')])).done).toHaveLength(1);
    expect(events).toEqual(['aside a', 'started a', 'ended a']);
    expect(await readFile(join(folder, 'a', 'damaged-seed-0', name), 'utf8')).toBe('{ "schema": "ablate/res');
  },
);

test('a done result stands, however the process ends after it', async () => {
  const { done, failed } = await schedule([fakeRun('late')]);
  expect([names(done), failed]).toEqual([['late'], []]);
  expect(resultOf('late')?.status).toBe('done');
});

test('a failed run says all that its error said', async () => {
  const { failed } = await schedule([fakeRun('wordy')]);
  expect(failed[0]?.reason).toBe('the first line\nthe second line');
});

test('a full disk ends the suite at once, not one run after the other', async () => {
  const runs = [fakeRun('full', 0, { macs: 2 }), fakeRun('a')];
  await expect(schedule(runs, { parallel: 1 })).rejects.toThrow(/the disk is full \(ENOSPC\)/);
  expect(events).not.toContain('started a');
  expect(resultOf('full')).toBeNull();
});

test('runs of one hash are trained once; the others take the records, which say from where', async () => {
  const hash = 'e'.repeat(64);
  const runs = ['a', 'b', 'c'].map((variant) => fakeRun(variant, 0, { hash }));
  expect(names((await schedule(runs)).done)).toEqual(['a', 'b', 'c']);
  expect(events.filter((event) => event.startsWith('started'))).toEqual(['started a']);
  expect(orNull(readRun(runFolder(folder, 'b', 0)))).toMatchObject({
    hash,
    takenFrom: join(basename(folder), 'a', 'seed-0'),
    spec: { variant: 'b' },
  });
  expect(resultOf('c')).toEqual(resultOf('a'));
  events = [];
  expect((await schedule([...runs, fakeRun('d', 0, { hash })])).done).toHaveLength(4);
  expect(events).toEqual(['skipped a', 'skipped b', 'skipped c', 'taken d']);
});

test('what a failed or interrupted run was to give to others fails or is left with it', async () => {
  const hash = 'd'.repeat(64);
  const { failed } = await schedule(['nan', 'nan-too'].map((variant) => fakeRun(variant, 0, { hash })));
  expect(failed.map(({ reason }) => reason)).toEqual(['loss is NaN at step 3', 'loss is NaN at step 3']);
});

test('what was never finished writing goes when the run starts again', async () => {
  await schedule([fakeRun('nan')]);
  await writeFile(at('result.json.123.partial', 'nan'), '{');
  await schedule([fakeRun('nan')]);
  expect((await readdir(runFolder(folder, 'nan', 0))).filter((name) => name.endsWith('.partial'))).toEqual([]);
});

test('the first run settles the engine for the suite; a begun one is bound to its own', async () => {
  const chosen: unknown[] = [];
  const onEvent = (event: ScheduleEvent) => {
    if (event.kind === 'message' && event.message.kind === 'progress' && event.message.step === 7) stop.abort();
  };
  await schedule([fakeRun('a'), fakeRun('b')], { parallel: 1, onEvent, onEngine: (one: unknown) => chosen.push(one) });
  expect(chosen).toEqual([{ engine: 'tensorflow', gpu: false }]);
  stop = new AbortController();
  await schedule([fakeRun('a'), fakeRun('b')], { parallel: 1, engine: { engine: 'wasm', gpu: false } as const });
  const told = async (variant: string) => JSON.parse(await readFile(at('task.json', variant), 'utf8')).expected;
  expect(await told('a')).toEqual({ engine: 'tensorflow', gpu: false, precision: 'float32' });
  expect(await told('b')).toEqual({ engine: 'wasm', gpu: false });
});

test('graphics cards are given out in turn', async () => {
  await schedule(
    ['a', 'b', 'c', 'd'].map((variant) => fakeRun(variant)),
    { gpus: ['0', '1'] },
  );
  const cards = await Promise.all(
    ['a', 'b', 'c', 'd'].map(
      async (variant) => JSON.parse(await readFile(at('task.json', variant), 'utf8')).gpu as string,
    ),
  );
  expect(new Set(cards)).toEqual(new Set(['0', '1']));
});

const processOf = async (variant: string): Promise<number> =>
  Number.parseInt(await readFile(at('trace.txt', variant), 'utf8'), 10);
const costing = (...variants: readonly string[]): PlannedRun[] =>
  variants.map((variant, place) => fakeRun(variant, 0, { macs: variants.length - place }));

test('a process that has done a run takes the next, whose log is its own', async () => {
  const runs = costing('kept-a', 'kept-b', 'kept-c');
  expect(names((await schedule(runs, { parallel: 1 })).done)).toEqual(['kept-a', 'kept-b', 'kept-c']);
  const first = await processOf('kept-a');
  expect([await processOf('kept-b'), await processOf('kept-c')]).toEqual([first, first]);
  expect(await readFile(at('log.txt', 'kept-a'), 'utf8')).toMatch(/^--- \S+ kept-a seed 0\n$/);
  expect(await readFile(at('log.txt', 'kept-c'), 'utf8')).toMatch(/^--- \S+ kept-c seed 0\nfrom now on\n$/);
});

test('a crash in a process that has done a run ends no other run', async () => {
  const { done, failed } = await schedule(costing('kept-a', 'crash-b', 'kept-c'), { parallel: 1 });
  expect(names(done)).toEqual(['kept-a', 'kept-c']);
  expect(failed.map(({ reason }) => reason)).toEqual([expect.stringMatching(/^the process ended with code 9/)]);
  expect(await processOf('crash-b')).toBe(await processOf('kept-a'));
  expect(await processOf('kept-c')).not.toBe(await processOf('kept-a'));
});

test('a process that ends between two runs takes none with it', async () => {
  const { done } = await schedule(costing('kept-a', 'kept-b'), {
    parallel: 1,
    onEvent: (event) => {
      if (event.kind !== 'ended' || event.run.spec.variant !== 'kept-a') return;
      process.kill(Number.parseInt(readFileSync(at('trace.txt', 'kept-a'), 'utf8'), 10), 'SIGKILL');
    },
  });
  expect(names(done)).toEqual(['kept-a', 'kept-b']);
  expect(await processOf('kept-b')).not.toBe(await processOf('kept-a'));
});

test('a slot goes on with the network that it has trained last, and begins one that no other is at', async () => {
  const runs = ['wide', 'narrow'].flatMap((base, at) =>
    [0, 1].map((seed): PlannedRun => {
      const run = fakeRun(`kept-${base}`, seed, { macs: 2 - at });
      return { ...run, spec: { ...run.spec, network: { ...run.spec.network, base } } };
    }),
  );
  expect((await schedule(runs, { parallel: 2 })).done).toHaveLength(4);
  const pids = await Promise.all(
    runs.map(async ({ spec }) =>
      Number.parseInt(await readFile(join(runFolder(folder, spec.variant, spec.seed), 'trace.txt'), 'utf8'), 10),
    ),
  );
  expect([pids[1], pids[3]]).toEqual([pids[0], pids[2]]);
  expect(pids[0]).not.toBe(pids[2]);
});

test.each([
  ['another network', {}, { network: { ...fakeRun('a').spec.network, width: 0.5 } }],
  ['another card', { gpus: ['0', '1'] }, {}],
  ['plug-ins', {}, { plugins: ['/a/plugin.ts'] }],
])('runs share no process where one has %s', async (_, options, changes) => {
  const [first, second] = costing('kept-a', 'kept-b') as [PlannedRun, PlannedRun];
  const runs = [first, { ...second, spec: { ...second.spec, ...changes } }];
  const { done } = await schedule(runs, { parallel: 'gpus' in options ? 2 : 1, ...options });
  expect(done).toHaveLength(2);
  expect(await processOf('kept-b')).not.toBe(await processOf('kept-a'));
});
