import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { PlannedRun } from '../../src/experiment/plan.js';
import { prepareFolder } from '../../src/experiment/prepare.js';
import { standingOf, standingsAnywhere } from '../../src/experiment/standing.js';
import { runHash } from '../../src/records/hash.js';
import { writeJson } from '../../src/records/write.js';
import { doneResult, failedResult, runRecord } from './fakes/records.js';
import { fakeRun } from './fakes/runs.js';

let records: string;
let suite: string;
beforeEach(async () => {
  records = await mkdtemp(join(tmpdir(), 'ablate-standing-'));
  suite = join(records, 'fake');
});
afterEach(() => rm(records, { recursive: true }));

const run = fakeRun('a');
const write = (name: string, value: object, folder = 'seed-0') => writeJson(join(suite, 'a', folder, name), value);

test('waiting, begun, failed, done', async () => {
  expect(standingOf(run, suite)).toEqual({ state: 'waiting' });
  await write('run.json', runRecord(run.hash));
  expect(standingOf(run, suite)).toMatchObject({ state: 'begun' });
  await write('result.json', failedResult(run.hash, 'loss is NaN at step 3'));
  expect(standingOf(run, suite)).toEqual({ state: 'failed', reason: 'loss is NaN at step 3' });
  await write('result.json', doneResult(run.hash));
  expect(standingOf(run, suite)).toMatchObject({ state: 'done', folder: join(suite, 'a', 'seed-0') });
});

test('the records of another run are stale, and its own count where they were set aside', async () => {
  await write('result.json', doneResult('another'));
  expect(standingOf(run, suite)).toEqual({ state: 'stale', found: 'another' });
  await write('run.json', runRecord(run.hash), 'stale-seed-0-half');
  expect(standingOf(run, suite)).toMatchObject({ state: 'begun' });
  await write('result.json', doneResult(run.hash), 'stale-seed-0-whole');
  expect(standingOf(run, suite)).toMatchObject({ state: 'done', folder: join(suite, 'a', 'stale-seed-0-whole') });
});

test("a seed's records are not those of another seed with the same digits", async () => {
  await write('result.json', doneResult(run.hash), 'stale-seed-01-whole');
  expect(standingOf(run, suite)).toEqual({ state: 'waiting' });
});

test('where the data is not here, records are recognised by what they say of it', async () => {
  const hash = runHash(run.design, 'pictures');
  const blind = { ...run, fingerprint: null, hash: runHash(run.design, 'unknown') };
  await write('run.json', runRecord(hash));
  await write('result.json', doneResult(hash));
  expect(standingOf(blind, suite)).toMatchObject({ state: 'done' });
  expect(standingOf({ ...blind, design: 'another' }, suite)).toMatchObject({ state: 'stale' });
  expect(standingOf({ ...run, hash: runHash(run.design, 'others') }, suite)).toMatchObject({ state: 'stale' });
});

test('damage is named by file, and is neither a result nor none', async () => {
  await write('run.json', runRecord(run.hash));
  await write('result.json', { ...doneResult(run.hash), top1: 85 });
  expect(standingOf(run, suite)).toEqual({
    state: 'damaged',
    reason: expect.stringMatching(/result\.json is damaged: at top1: /),
  });
  // A result that is whole needs no run.json to be one.
  await write('result.json', doneResult(run.hash));
  await writeFile(join(suite, 'a', 'seed-0', 'run.json'), 'null');
  expect(standingOf(run, suite)).toMatchObject({ state: 'done' });
});

test.each([
  ['checkpoint', 'file', /checkpoint is no folder/],
  ['metrics.jsonl', 'folder', /metrics\.jsonl is a folder/],
  ['log.txt', 'folder', /log\.txt is a folder/],
  ['', 'file', /seed-0 is no folder/],
] as const)('%s as a %s is damage: the records are set aside, and the run starts anew', async (name, kind, reason) => {
  const folder = join(suite, 'a', 'seed-0');
  await write('run.json', runRecord(run.hash));
  await rm(join(folder, name), { recursive: true, force: true });
  if (kind === 'folder') await mkdir(join(folder, name));
  else await writeFile(join(folder, name), 'x');
  const told: unknown[] = [];
  const { signal } = new AbortController();
  await prepareFolder(run, suite, signal, { onAside: (...what) => told.push(what) });
  expect(told).toEqual([[join(suite, 'a', 'damaged-seed-0'), expect.stringMatching(reason)]]);
  expect(standingOf(run, suite)).toEqual({ state: 'waiting' });
  expect(existsSync(join(suite, 'a', 'damaged-seed-0', name))).toBe(true);
});

test('what another variant or suite has done under the same hash counts, and only where its result says so', async () => {
  const same = (variant: string): PlannedRun => fakeRun(variant, 0, { hash: run.hash });
  const [one, other] = [same('one'), same('other')];
  expect(standingsAnywhere([one, other], suite).get(other)).toEqual({ state: 'waiting' });

  const neighbour = join(records, 'neighbour');
  const variant = { name: 'theirs', kind: 'base', step: null, title: '', section: null, parent: null, adopted: true };
  const cost = { steps: [], resolution: 32, macs: 1, params: 1 };
  await writeJson(join(neighbour, 'plan.json'), {
    ...{
      schema: 'ablate/plan/1',
      suite: 'neighbour',
      description: '',
      dataset: '',
      base: '',
      strategy: '',
      seeds: [3],
    },
    variants: [{ ...variant, ...cost, runs: [{ seed: 3, hash: run.hash }] }],
  });
  const theirs = join(neighbour, 'theirs', 'seed-3');
  await writeJson(join(theirs, 'result.json'), doneResult('another'));
  expect(standingsAnywhere([one], suite).get(one)).toEqual({ state: 'waiting' });
  await writeJson(join(theirs, 'result.json'), doneResult(run.hash));
  expect(standingsAnywhere([one], suite).get(one)).toMatchObject({ state: 'elsewhere', folder: theirs });

  await writeJson(join(suite, 'one', 'seed-0', 'result.json'), doneResult(run.hash));
  expect(standingsAnywhere([one, other], suite).get(other)).toMatchObject({
    state: 'elsewhere',
    folder: join(suite, 'one', 'seed-0'),
  });
});
