import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { PlanRecord } from '../../src/records/plan.js';
import { setAside } from '../../src/records/folders.js';
import { orNull, readMetrics, readPlan, readResult } from '../../src/records/read.js';
import { writeJson, writePlan } from '../../src/records/write.js';
import { doneResult, trainLine } from '../experiment/fakes/records.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ablate-store-'));
});
afterEach(() => rm(folder, { recursive: true }));

const readJson = async (path: string): Promise<unknown> => JSON.parse(await readFile(path, 'utf8'));

test('metrics that were cut off anywhere give every whole line and nothing else', async () => {
  const lines = [1, 2, 3].map(trainLine);
  const text = lines.map((one) => `${JSON.stringify(one)}\n`).join('');
  await fc.assert(
    fc.asyncProperty(fc.nat(text.length), async (length) => {
      const cut = text.slice(0, length);
      await writeFile(join(folder, 'metrics.jsonl'), cut);
      const ends = lines.map((_, index) => text.split('\n', index + 1).join('\n').length);
      const whole = lines.filter((_, index) => length >= (ends[index] as number));
      expect(readMetrics(folder)).toEqual({ lines: whole, damage: null });
    }),
    { numRuns: 50 },
  );
});

test('no metrics are no lines', async () => {
  expect(readMetrics(join(folder, 'nowhere'))).toEqual({ lines: [], damage: null });
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

test('a missing file is absent, a damaged one named with the place', async () => {
  expect(readResult(folder)).toEqual({ state: 'absent' });
  const file = join(folder, 'result.json');
  const reasonFor = async (text: string) => {
    await writeFile(file, text);
    const found = readResult(folder);
    expect(found).toMatchObject({ state: 'damaged', file });
    return (found as { reason: string }).reason;
  };
  expect(await reasonFor('{"a":')).toMatch(/^is no JSON/);
  // What the parser quotes of the file may be of any kind and have lines of its own.
  expect(await reasonFor('{\n  "top1": NaN,\n  "top5": 1\n}')).toBe("is no JSON: Unexpected token 'N'");
  expect(await reasonFor('\u0000\u0000')).not.toMatch(/[\0\n]/);
  expect(await reasonFor('null')).toMatch(/^is damaged/);
  const wrong = {
    top1: [85, '0.9', null, -3, 1e308],
    loss: [1e308, 'x'],
    steps: [1.5, -1],
    best: [null, {}],
    seconds: [null, { total: -1 }],
  };
  for (const [key, values] of Object.entries(wrong)) {
    for (const value of values)
      expect(await reasonFor(JSON.stringify({ ...doneResult('h'), [key]: value }))).toMatch(`at ${key}`);
  }
  expect(await reasonFor('{"schema":"ablate/result/1","status":"done","hash":"h","top1":1e999}')).toMatch('at top1');
  await rm(file);
  await mkdir(file);
  expect(readResult(folder)).toMatchObject({ state: 'damaged', file, reason: expect.stringMatching('cannot be read') });
});

test('a byte-order mark is no damage', async () => {
  await writeFile(join(folder, 'result.json'), `\ufeff${JSON.stringify(doneResult('h'))}`);
  expect(orNull(readResult(folder))).toEqual(doneResult('h'));
});

test('a line in the middle that is none is named by its number; those around it count', async () => {
  const lines = [1, 2].map(trainLine);
  const text = (middle: string) => `${JSON.stringify(lines[0])}\n${middle}\n${JSON.stringify(lines[1])}\n`;
  for (const middle of ['\0\0\0', '{"kind":"train"}', '5', '{"kind":']) {
    await writeFile(join(folder, 'metrics.jsonl'), text(middle));
    expect(readMetrics(folder)).toMatchObject({ lines, damage: expect.stringMatching(/metrics\.jsonl, line 2 is /) });
  }
});

test.each(['../out', 'a/b', '..', '.', '', 'a\\b', 'a\0b', 'x'.repeat(300)])(
  'a variant named %j is no variant',
  async (name) => {
    const variant = { name, kind: 'base', step: null, title: '', section: null, parent: null, adopted: true };
    const cost = { steps: [], resolution: 32, macs: 1, params: 1, runs: [] };
    const plan = {
      schema: 'ablate/plan/1',
      suite: 's',
      description: '',
      dataset: '',
      base: '',
      strategy: '',
      seeds: [],
    };
    const write = (changes: object) => writeJson(join(folder, 'plan.json'), { ...plan, ...changes });
    await write({ variants: [{ ...variant, ...cost }] });
    expect(readPlan(folder)).toMatchObject({ state: 'damaged', reason: expect.stringMatching(/at variants\.0\.name/) });
    await write({ suite: name, variants: [] });
    expect(readPlan(folder)).toMatchObject({ state: 'damaged', reason: expect.stringMatching(/at suite/) });
  },
);

test('a plan that has not changed is not written again', async () => {
  const plan: PlanRecord = {
    ...{ schema: 'ablate/plan/1', suite: 'some', description: '', dataset: '', base: '', strategy: 'cumulative' },
    ...{ seeds: [], variants: [] },
  };
  await writePlan(folder, plan);
  const { ino } = await stat(join(folder, 'plan.json'));
  // The order of its fields is nothing that changes.
  await writePlan(folder, Object.fromEntries(Object.entries(plan).reverse()) as unknown as PlanRecord);
  expect((await stat(join(folder, 'plan.json'))).ino).toBe(ino);
});

test('records that are set aside twice under one name are both kept', async () => {
  for (const _ of [1, 2, 3]) {
    await mkdir(join(folder, 'seed-0'));
    await setAside(join(folder, 'seed-0'), 'stale', '0123456789abcdef');
  }
  expect(await readdir(folder)).toEqual([
    'stale-seed-0-01234567',
    'stale-seed-0-01234567-2',
    'stale-seed-0-01234567-3',
  ]);
});
