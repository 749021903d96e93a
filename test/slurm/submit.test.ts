import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aRunningTask, cluster, preempt, slurm, stateOf, until, Workplace } from './cluster.js';

// Without `npm test` finding Debian's packages within two minutes, or `npm run test:slurm`, there is no cluster.
const only = 'convnext-tiny';
/** So many that no run ends before it has been preempted, told to save and cancelled, on the fastest CPU at hand. */
const EPOCHS = 180;

describe.runIf(cluster)('on a real Slurm', { timeout: 300_000 }, () => {
  let place: Workplace;
  beforeAll(() => {
    place = new Workplace({ epochs: EPOCHS, seeds: 2 });
  });
  afterAll(() => {
    slurm('scancel', '--me');
    place.remove();
  });

  test('runs that were preempted, told to save and cancelled equal runs that were not', async () => {
    const first = place.submit('--only', only);
    expect(first).toMatchObject({ runs: 2, jobs: [expect.stringMatching(/^\d+$/)] });
    const job = first.jobs[0];
    expect(place.submit('--only', only)).toMatchObject({ runs: 0, jobs: [] });

    // Both tasks that run: Slurm sends SIGTERM to the shell, the program and the worker, and queues them again.
    await Promise.all([0, 1].map((seed) => place.trained(only, seed, 3)));
    expect(
      place.status().filter(({ state, slurm: task }) => state === 'running' && task?.state === 'RUNNING'),
    ).toHaveLength(2);
    const began = Date.now();
    preempt();
    await until(() => [0, 1].every((seed) => place.savedAt(only, seed) > began), 'both save');

    // The notice, as --signal=B:USR1@120 sends it: the task is queued again by itself.
    const at = await aRunningTask(place);
    await place.trained(at.variant, at.seed, 3);
    const notice = Date.now();
    slurm('scancel', '--signal=USR1', '--batch', at.id);
    await until(() => place.savedAt(at.variant, at.seed) > notice, 'the task saves');
    await until(() => stateOf(at.id) !== 'RUNNING', 'its job ends');
    expect(['PENDING', 'REQUEUED', 'COMPLETING']).toContain(stateOf(at.id));

    // scancel cancels, and the run is saved all the same.
    const other = await aRunningTask(place);
    await place.trained(other.variant, other.seed, 2);
    const end = Date.now();
    slurm('scancel', other.id);
    await until(() => place.savedAt(other.variant, other.seed) > end, 'the cancelled task saves');
    await until(() => stateOf(other.id) === 'CANCELLED', 'it is cancelled');
    const left = () => place.status().find(({ variant, seed }) => variant === other.variant && seed === other.seed);
    await until(() => left()?.slurm === null, 'Slurm has done with it');
    expect(left()?.state).toBe('begun');

    // Only what is missing goes in again, and all of it is done in the end.
    const second = place.submit('--only', only, '--runs-per-task', '2');
    expect(second.runs).toBe(1);
    await until(() => [0, 1].every((seed) => place.result(only, seed) !== null), 'all runs are done');

    const local = new Workplace({ epochs: EPOCHS, seeds: 2 });
    const { status, stderr } = local.ablate(
      'run',
      'small.yaml',
      '--only',
      only,
      '--device',
      'wasm',
      '--out',
      'out %j',
      '--parallel',
      '2',
    );
    expect(status, stderr).toBe(0);
    for (const seed of [0, 1]) {
      expect(place.result(only, seed)).toEqual(local.result(only, seed));
      expect(place.metrics(only, seed)).toEqual(local.metrics(only, seed));
      const { machine } = JSON.parse(readFileSync(join(place.seedFolder(only, seed), 'run.json'), 'utf8'));
      expect(machine.cores).toBe(1);
    }
    local.remove();
    const written = readdirSync(join(place.records, 'small', 'slurm')).filter((name) => name.endsWith('.txt'));
    expect(written.sort()).toEqual(
      [0, 1]
        .map((task) => `${job}_${task}.txt`)
        .concat(`${second.jobs[0]}_0.txt`)
        .sort(),
    );
  });

  // By `npm run test:slurm`: more than a minute, of which a test of everything has none left.
  test.runIf(process.env['ABLATE_SLURM_RANKS'])(
    'runs of two ranks that were preempted, told to save and cancelled equal those of one process',
    async () => {
      const suite = { epochs: 40, seeds: 2, pass: 8 };
      const two = new Workplace(suite);
      const options = ['--only', only, '--ranks', '2', '--device', 'cpu', '--memory', '2000'];
      expect(two.submit(...options)).toMatchObject({ runs: 2, jobs: [expect.anything()] });

      // One run at a time: its two tasks take both cores.
      for (const [what, event] of [
        ['preempted', preempt],
        ['told to save', (id: string) => slurm('scancel', '--signal=USR1', '--batch', id)],
        ['cancelled', (id: string) => slurm('scancel', id)],
      ] as const) {
        const at = await aRunningTask(two);
        await two.trained(at.variant, at.seed, 2);
        const began = Date.now();
        event(at.id);
        await until(() => two.savedAt(at.variant, at.seed) > began, `a run that is ${what} is saved`);
        await until(() => stateOf(at.id) !== 'RUNNING', `its job ends`);
      }
      await until(() => slurm('squeue', '--me', '--noheader', '--array') === '', 'what is left of the job ends');
      expect(two.submit(...options).runs).toBe(1);
      await until(() => [0, 1].every((seed) => two.result(only, seed) !== null), 'all runs are done');

      const local = new Workplace(suite);
      const alone = local.ablate(
        'run',
        'small.yaml',
        '--only',
        only,
        '--device',
        'cpu',
        '--parallel',
        '2',
        '--out',
        'out %j',
      );
      expect(alone.status, alone.stderr).toBe(0);
      for (const seed of [0, 1]) {
        expect(two.result(only, seed)).toEqual(local.result(only, seed));
        expect(two.metrics(only, seed)).toEqual(local.metrics(only, seed));
        expect(two.ranks(only, seed)).toContain(2);
      }
      for (const one of [two, local]) one.remove();
    },
  );

  test('1,500 runs are more than an array holds: they are several', () => {
    const many = new Workplace({ epochs: 1, seeds: 750 });
    const { runs, jobs, scripts } = many.submit(
      ...['--sbatch=--hold', '--sbatch=--partition=many', '--sbatch=--comment=two "words"'],
    );
    expect([runs, jobs.length, scripts.length]).toEqual([1500, 2, 2]);
    expect(slurm('squeue', '--me', '--noheader', '--array').split('\n')).toHaveLength(1500);
    const status = many.status();
    expect(status.filter(({ slurm: task }) => task?.state === 'PENDING')).toHaveLength(1500);
    expect(slurm('scontrol', 'show', 'job', `${jobs[1]}_0`)).toContain('Comment=two "words"');
    expect(many.submit()).toMatchObject({ runs: 0 });
    slurm('scancel', ...jobs);
    expect(many.submit('--script-only', '--runs-per-task', '5')).toMatchObject({
      runs: 1500,
      jobs: [],
      scripts: [expect.anything()],
    });
    many.remove();
  });
});

test('the words that submit ends with can be typed as they are', () => {
  const place = new Workplace({ epochs: 1, seeds: 1 });
  const { stderr, status } = place.ablate('submit', 'small.yaml', '--to', 'slurm', '--script-only', '--out', 'out %j');
  expect(status).toBe(0);
  const next = /^next: (.*)$/m.exec(stderr)?.[1] as string;
  const shown = spawnSync('bash', ['-c', `sbatch() { cat "$@"; }; ${next}`], { cwd: place.folder, encoding: 'utf8' });
  expect(shown.stdout).toMatch(/^#!\/bin\/bash\n#SBATCH --job-name=ablate-small\n/);
  place.remove();
});

test('a task that is told to end in its first seconds ends as one that can go on', async () => {
  const place = new Workplace({ epochs: 50, seeds: 1 });
  const script = place.submit('--script-only').scripts[0] as string;
  for (const milliseconds of [20, 150, 400, 1200]) {
    const env = { ...process.env, SLURM_ARRAY_JOB_ID: '7', SLURM_ARRAY_TASK_ID: '0' };
    const bash = spawn('bash', [script], { env, stdio: 'ignore', detached: true });
    const closed = once(bash, 'close');
    await sleep(milliseconds);
    // As Slurm does: the shell, the program and its worker, all at once.
    process.kill(-(bash.pid as number), 'SIGTERM');
    // Before the shell has set its traps, the signal ends it, and Slurm counts that as the cancellation that it is.
    expect([75, null], `after ${milliseconds} ms`).toContain((await closed)[0]);
  }
  expect(place.status().map(({ state }) => state)).not.toContain('failed');
  place.remove();
});
