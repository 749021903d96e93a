import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runHash } from '../../src/experiment/hash.js';
import { standingOf } from '../../src/experiment/standing.js';
import { writeJson } from '../../src/experiment/store.js';
import { fakeRun } from './fakes/runs.js';

let suite: string;
beforeEach(async () => {
  suite = await mkdtemp(join(tmpdir(), 'ablate-standing-'));
});
afterEach(() => rm(suite, { recursive: true }));

const run = fakeRun('a');
const write = (name: string, value: object, folder = 'seed-0') => writeJson(join(suite, 'a', folder, name), value);

test('waiting, begun, failed, done', async () => {
  expect(await standingOf(run, suite)).toEqual({ state: 'waiting' });
  await write('run.json', { hash: run.hash });
  expect(await standingOf(run, suite)).toMatchObject({ state: 'begun' });
  await write('result.json', { status: 'failed', hash: run.hash, reason: 'loss is NaN at step 3' });
  expect(await standingOf(run, suite)).toEqual({ state: 'failed', reason: 'loss is NaN at step 3' });
  await write('result.json', { status: 'done', hash: run.hash });
  expect(await standingOf(run, suite)).toMatchObject({ state: 'done', folder: join(suite, 'a', 'seed-0') });
});

test('the records of another run are stale, and its own count where they were set aside', async () => {
  await write('result.json', { status: 'done', hash: 'another' });
  expect(await standingOf(run, suite)).toEqual({ state: 'stale', found: 'another' });
  await write('run.json', { hash: run.hash }, 'stale-seed-0-half');
  expect(await standingOf(run, suite)).toMatchObject({ state: 'begun' });
  await write('result.json', { status: 'done', hash: run.hash }, 'stale-seed-0-whole');
  expect(await standingOf(run, suite)).toMatchObject({ state: 'done', folder: join(suite, 'a', 'stale-seed-0-whole') });
});

test("a seed's records are not those of another seed with the same digits", async () => {
  await write('result.json', { status: 'done', hash: run.hash }, 'stale-seed-01-whole');
  expect(await standingOf(run, suite)).toEqual({ state: 'waiting' });
});

test('where the data is not here, records are recognised by what they say of it', async () => {
  const hash = runHash(run.design, 'pictures');
  const blind = { ...run, fingerprint: null, hash: runHash(run.design, 'unknown') };
  await write('run.json', { hash, datasetFingerprint: 'pictures' });
  await write('result.json', { status: 'done', hash });
  expect(await standingOf(blind, suite)).toMatchObject({ state: 'done' });
  expect(await standingOf({ ...blind, design: 'another' }, suite)).toMatchObject({ state: 'stale' });
  expect(await standingOf({ ...run, hash: runHash(run.design, 'others') }, suite)).toMatchObject({ state: 'stale' });
});
