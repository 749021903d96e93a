import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { MetricsLine, PlanRecord } from '../../src/experiment/records.js';
import { readJson, readMetrics, recordedRuns, setAside, writeJson, writePlan } from '../../src/experiment/store.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ablate-store-'));
});
afterEach(() => rm(folder, { recursive: true }));

const line = (step: number): MetricsLine => ({
  kind: 'train',
  step,
  epoch: step / 10,
  loss: 2.3,
  learningRate: 0.001,
  imagesPerSecond: 500,
});

test('metrics that were cut off anywhere give every whole line and nothing else', async () => {
  const lines = [1, 2, 3].map(line);
  const text = lines.map((one) => `${JSON.stringify(one)}\n`).join('');
  await fc.assert(
    fc.asyncProperty(fc.nat(text.length), async (length) => {
      const cut = text.slice(0, length);
      await writeFile(join(folder, 'metrics.jsonl'), cut);
      const ends = lines.map((_, index) => text.split('\n', index + 1).join('\n').length);
      expect(await readMetrics(folder)).toEqual(lines.filter((_, index) => length >= (ends[index] as number)));
    }),
    { numRuns: 50 },
  );
});

test('no metrics are no lines', async () => {
  expect(await readMetrics(join(folder, 'nowhere'))).toEqual([]);
});

test('JSON is written whole and leaves nothing beside it', async () => {
  const path = join(folder, 'deep', 'record.json');
  await Promise.all([1, 2, 3].map((value) => writeJson(join(folder, `${value}`, 'record.json'), { value })));
  await writeJson(path, { value: 1 });
  await writeJson(path, { value: 2 });
  expect(await readJson(path)).toEqual({ value: 2 });
  expect(await readdir(join(folder, 'deep'))).toEqual(['record.json']);
});

test('what cannot be written leaves the file before and nothing beside it', async () => {
  const path = join(folder, 'record.json');
  await writeJson(path, { value: 1 });
  const circular: Record<string, unknown> = {};
  circular.self = circular;
  await expect(writeJson(path, circular)).rejects.toThrow();
  expect(await readJson(path)).toEqual({ value: 1 });
  expect(await readdir(folder)).toEqual(['record.json']);
});

test('a missing or damaged file is null', async () => {
  await writeFile(join(folder, 'half.json'), '{"a":');
  expect(await readJson(join(folder, 'half.json'))).toBeNull();
  expect(await readJson(join(folder, 'none.json'))).toBeNull();
});

test('a plan that has not changed is not written again', async () => {
  const plan = { schema: 'ablate/plan/1', suite: 'some', variants: [] } as unknown as PlanRecord;
  await writePlan(folder, plan);
  const { ino } = await stat(join(folder, 'plan.json'));
  await writePlan(folder, plan);
  expect((await stat(join(folder, 'plan.json'))).ino).toBe(ino);
});

test('records that are set aside twice under one name are both kept', async () => {
  for (const _ of [1, 2, 3]) {
    await mkdir(join(folder, 'seed-0'));
    await setAside(join(folder, 'seed-0'), '0123456789abcdef');
  }
  expect(await readdir(folder)).toEqual([
    'stale-seed-0-01234567',
    'stale-seed-0-01234567-2',
    'stale-seed-0-01234567-3',
  ]);
});

test('runs that were trained beside the suite are remembered when they are done', async () => {
  const runs = [0, 3, 4].map((seed) => ({ seed, hash: '' }));
  await writeJson(join(folder, 'plan.json'), {
    variants: [
      { name: 'a', runs },
      { name: 'b', runs },
    ],
  });
  await writeJson(join(folder, 'b', 'seed-3', 'result.json'), { status: 'done' });
  await writeJson(join(folder, 'b', 'seed-4', 'result.json'), { status: 'failed' });
  expect(await recordedRuns(folder)).toEqual([{ variant: 'b', seed: 3 }]);
  expect(await recordedRuns(join(folder, 'nowhere'))).toEqual([]);
});
