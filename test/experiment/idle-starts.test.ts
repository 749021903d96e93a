import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { forgetStarts, giveUp } from '../../src/experiment/idle-starts.js';
import type { Standing } from '../../src/experiment/standing.js';
import { runFolder } from '../../src/records/folders.js';
import { orNull, readResult } from '../../src/records/read.js';
import { writeSafetensors } from '../../src/weights/safetensors.js';
import { mkdir } from 'node:fs/promises';
import { noProgress } from '../../src/training/progress.js';
import { fakeRun } from './fakes/runs.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ablate-idle-'));
});
afterEach(() => rm(folder, { recursive: true }));

const run = fakeRun('gelu');
const seedFolder = () => runFolder(folder, 'gelu', run.spec.seed);
const start = (state: Standing['state'] = 'begun') => giveUp([run], new Map([[run, { state } as Standing]]), 3, folder);

async function saveAt(step: number): Promise<void> {
  await mkdir(join(seedFolder(), 'checkpoint'), { recursive: true });
  const progress = JSON.stringify({ ...noProgress, step });
  await writeSafetensors(join(seedFolder(), 'checkpoint', 'state.safetensors'), [], { progress });
}

test('after three starts that trained nothing, a run fails with the reason; the next count begins anew', async () => {
  for (let count = 0; count < 3; count++) expect(await start()).toEqual([]);
  const reason = '3 starts in a row ended at step 0, where they began: a start needs more time';
  expect(await start()).toEqual([{ run, reason }]);
  expect(orNull(readResult(seedFolder()))).toMatchObject({ status: 'failed', hash: run.hash, reason, step: 0 });
  expect(await start()).toEqual([]);
});

test('a start that trained a step is counted as the first', async () => {
  for (let step = 1; step < 8; step++) {
    await saveAt(step);
    for (let count = 0; count < 2; count++) expect(await start()).toEqual([]);
  }
  for (let count = 0; count < 1; count++) expect(await start()).toEqual([]);
  expect((await start())[0]?.reason).toContain('ended at step 7');
});

test('what is done, failed or another run is not counted, and nothing stays of what was', async () => {
  for (const state of ['done', 'elsewhere', 'failed', 'stale'] as const) await start(state);
  expect(await readdir(folder)).toEqual([]);
  await start('waiting');
  await forgetStarts([run], folder);
  expect(await readdir(seedFolder())).toEqual([]);
});
