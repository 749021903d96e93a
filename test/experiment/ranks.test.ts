import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Group } from '../../src/engine/group.js';
import { localProcesses, type RunEnd } from '../../src/experiment/executor.js';
import { compareFacts, type Facts, joinRanks } from '../../src/experiment/join-ranks.js';
import { runFolder } from '../../src/records/folders.js';
import { patienceOf } from '../../src/experiment/ranks.js';
import { shareMachine } from '../../src/experiment/share.js';
import { withRanks } from '../../src/cli/ranks-option.js';
import type { Engine } from '../../src/engine/engine.js';
import type { RunTask } from '../../src/experiment/worker-task.js';
import type { WorkerMessage } from '../../src/training/messages.js';
import { engine } from './fakes/records.js';
import { fakeRun, fakeWorker } from './fakes/runs.js';

describe('what ranks must share', () => {
  const facts: Facts = { program: '1', TensorFlow: '2.21.0', data: 'these pictures', run: 'gelu seed 0 (abc)' };
  const hosts = ['a:1', 'b:2', 'c:3'];

  it('passes where it is the same', () => {
    expect(() => compareFacts([facts, { ...facts }, facts], hosts)).not.toThrow();
  });

  it.each([
    ['program', { program: '2' }, 'program: rank 0 (a:1) has 1, rank 2 (c:3) has 2'],
    ['TensorFlow', { TensorFlow: '2.20.0' }, 'TensorFlow: rank 0 (a:1) has 2.21.0, rank 2 (c:3) has 2.20.0'],
    // Other data makes another hash: the data is what is named.
    ['data', { data: 'others', run: 'gelu seed 0 (def)' }, 'data: rank 0 (a:1) has these pictures, rank 2'],
    [
      'run',
      { run: 'gelu seed 1 (def)' },
      'run: rank 0 (a:1) has gelu seed 0 (abc), rank 2 (c:3) has gelu seed 1 (def)',
    ],
  ])('names a difference in %s', (_, changes, message) => {
    expect(() => compareFacts([facts, facts, { ...facts, ...changes }], hosts)).toThrow(message);
  });

  it('is told whole by each to all', async () => {
    const told: Float32Array[] = [];
    let watched = false;
    const group = {
      exchange: async (own: Float32Array) => {
        told.push(own);
        return [own, own];
      },
      watch: () => {
        watched = true;
      },
    } as unknown as Group;
    const options = { hosts: ['a:1', 'b:2'], rank: 0, comeWithin: 1, timeout: 1, lostAfter: 1 };
    const joining = { description: engine, join: () => group } as unknown as Engine;
    expect(await joinRanks(joining, options, { ...facts, program: 'ä·€' })).toBe(group);
    expect(watched).toBe(true);
    expect(new TextDecoder().decode(Uint8Array.from(told[0] as Float32Array))).toContain('"program":"ä·€"');
  });

  it('is an engine with compiled steps', async () => {
    const options = { hosts: ['a:1', 'b:2'], rank: 0, comeWithin: 1, timeout: 1, lostAfter: 1 };
    await expect(joinRanks({ description: engine } as unknown as Engine, options, facts)).rejects.toThrow(
      '2 ranks need the tensorflow engine with steps that it compiles itself',
    );
  });
});

describe('on the command line', () => {
  it('ranks are a field of the suite', () => {
    const { options, seat } = withRanks({ ranks: '4' });
    expect(options.set.map(({ text }) => text)).toEqual(['runner.ranks=4']);
    expect(seat).toBeNull();
    expect(withRanks({ set: [] }).options.set).toEqual([]);
  });

  it('hosts say how many there are', () => {
    const { options, seat } = withRanks({ hosts: 'a:4000, [::1]:4001', rank: '1' });
    expect(options.set.map(({ text }) => text)).toEqual(['runner.ranks=2']);
    expect(seat).toEqual({ hosts: ['a:4000', '[::1]:4001'], rank: 1 });
  });

  it.each([
    [{ ranks: '0' }, '--ranks takes a whole number above 0, found "0"'],
    [{ ranks: '3', hosts: 'a:1,b:1', rank: '0' }, '--ranks 3 and 2 addresses in --hosts'],
    [{ hosts: 'a:1,b:1' }, '--hosts and --rank belong together'],
    [{ rank: '1' }, '--hosts and --rank belong together'],
    [{ hosts: 'a,b:1', rank: '0' }, '--hosts takes host:port for each rank, found "a"'],
    [{ hosts: 'a:1,a:1', rank: '0' }, '--hosts has a:1 twice'],
    [{ hosts: 'a:1,b:1', rank: '2' }, '--rank takes a number from 0 to 1'],
  ])('%j is refused', (options, message) => {
    expect(() => withRanks(options)).toThrow(message);
  });
});

it('cores are shared out between the ranks of runs', () => {
  const runs = [fakeRun('a'), fakeRun('b'), fakeRun('c')];
  const machine = { cores: 8, memoryBytes: 2 ** 36, gpus: [] };
  expect(shareMachine(runs, 'auto', machine, 4)).toMatchObject({ parallel: 2, threads: 1 });
  expect(shareMachine(runs, 1, machine, 4)).toMatchObject({ parallel: 1, threads: 2 });
  expect(shareMachine(runs, 'auto', { ...machine, cores: 2 }, 4)).toMatchObject({ parallel: 1, threads: 1 });
  expect(shareMachine(runs, 'auto', { ...machine, gpus: ['0', '1', '2', '3'] }, 2)).toMatchObject({ parallel: 2 });
});

it('how long ranks wait can be said', () => {
  expect(patienceOf({ ABLATE_RANKS_PATIENCE: '60,120,5' })).toEqual({ comeWithin: 60, timeout: 120, lostAfter: 5 });
  expect(patienceOf({ ABLATE_RANKS_PATIENCE: 'long' })).toEqual(patienceOf({}));
});

describe('the processes of a run', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ablate-ranks-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function train(variant: string): Promise<{ end: RunEnd; warnings: string[] }> {
    const { spec, hash } = fakeRun(variant);
    const task: RunTask = {
      ...{ spec, hash, folder: runFolder(folder, variant, 0), threads: 1, gpus: [null, null], eager: false },
      ...{ precision: null, engine: null, named: [], codeVersion: 'test', ranks: 2 },
    };
    const messages: WorkerMessage[] = [];
    const end = await localProcesses(fakeWorker)(task, (message) => messages.push(message)).ended;
    return { end, warnings: messages.flatMap((one) => (one.kind === 'warning' ? [one.text] : [])) };
  }

  it('all end, and the result is rank 0’s', async () => {
    const { end } = await train('fine');
    expect(end).toMatchObject({ status: 'done' });
    const log = await readFile(join(runFolder(folder, 'fine', 0), 'log.txt'), 'utf8');
    expect(log.match(/rank \d of 2/g)?.sort()).toEqual(['rank 0 of 2', 'rank 1 of 2']);
  });

  it('one that fails by its own word ends the run', async () => {
    expect(await train('wordy')).toEqual({
      end: expect.objectContaining({ status: 'failed', reason: 'the first line\nthe second line' }),
      warnings: [],
    });
    expect((await train('unable')).end).toEqual({ status: 'unable', reason: 'there is no engine here' });
  });

  it('one that is killed again and again, where it came no further, ends the run with that reason', async () => {
    const { end, warnings } = await train('killed');
    expect(end).toMatchObject({
      status: 'failed',
      reason: expect.stringMatching(
        /^rank \d: the process was killed from outside \(SIGKILL\); 4 starts in a row came no further$/,
      ),
    });
    expect(warnings).toHaveLength(3);
    expect(warnings[0]).toMatch(/^killed seed 0: rank \d: .* all ranks go on from the last checkpoint$/);
  });
});
