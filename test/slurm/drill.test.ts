import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { aRunningTask, cluster, preempt, slurm, until, Workplace } from './cluster.js';

/** `npm run test:slurm -- --long`: six minutes on two cores. */
const wanted = cluster !== null && process.env['ABLATE_SLURM_LONG'] !== undefined;

const others = 'convnext-tiny,kernel-size-3,kernel-size-5';
/** Ten runs by two processes each, and thirty by one. */
const kinds = [
  ['--only', 'kernel-size-9', '--ranks', '2', '--device', 'cpu', '--memory', '2000'],
  ['--only', others],
];

describe.runIf(wanted)('forty runs on a cluster that takes its nodes away', { timeout: 3_600_000 }, () => {
  test('equal those of the same suite in one place', async () => {
    const suite = { epochs: 8, seeds: 10, pass: 8, road: '[kernel-size: { sweep: [3, 5, 9], adopt: 3 }]' };
    const place = new Workplace(suite);
    const submit = () => kinds.map((options) => place.submit('--runs-per-task', '2', '--time', '3', ...options));
    const [shared, single] = submit();
    expect([shared?.runs, single?.runs]).toEqual([10, 30]);

    // A person with more priority, again and again.
    for (let round = 0; round < 4; round++) {
      await aRunningTask(place);
      await sleep(4000);
      preempt();
      await sleep(4000);
    }

    const cancelled = (await aRunningTask(place)).id;
    slurm('scancel', cancelled);

    // A node that is lost with all that runs on it, and comes back.
    await aRunningTask(place);
    process.kill(Number(readFileSync(join(cluster?.folder as string, 'run', 'slurmd-n1.pid'), 'utf8')), 'SIGKILL');
    await until(
      () => slurm('sinfo', '-h', '-n', 'n1', '-p', 'low', '-o', '%t').startsWith('down'),
      'the node is missed',
    );
    const [daemon, ...options] = (cluster?.startNode ?? []) as [string, ...string[]];
    expect(spawnSync(daemon, [...options, 'n1'], { env: { ...process.env, ...cluster?.env } }).status).toBe(0);

    // Whoever looks sees what Slurm has lost sight of, and submits again.
    const ended = () => slurm('squeue', '--me', '--noheader', '--array') === '';
    for (const end = Date.now() + 3_000_000; !ended() && Date.now() < end; ) await sleep(2000);
    const missing = place.status().filter(({ state }) => state !== 'done');
    expect(missing.every(({ slurm: task }) => task === null)).toBe(true);
    expect(missing.length).toBeGreaterThan(0);
    expect(submit().reduce((sum, { runs }) => sum + runs, 0)).toBe(missing.length);
    await until(() => place.status().every(({ state }) => state === 'done'), 'all runs are done');

    const local = new Workplace(suite);
    for (const [only, device] of [
      ['kernel-size-9', 'cpu'],
      [others, 'wasm'],
    ] as const) {
      const options = ['--only', only, '--device', device, '--parallel', '2', '--out', 'out %j'];
      const { status, stderr } = local.ablate('run', 'small.yaml', ...options);
      expect(status, stderr).toBe(0);
    }
    const all = place.status();
    expect(all).toHaveLength(40);
    for (const { variant, seed } of all) {
      expect(place.result(variant, seed)).toEqual(local.result(variant, seed));
      expect(place.metrics(variant, seed)).toEqual(local.metrics(variant, seed));
    }
    const cut = all.filter(({ variant, seed }) => place.starts(variant, seed) > 1).length;
    const byTwo = all.filter(({ variant, seed }) => place.ranks(variant, seed).includes(2)).length;
    process.stderr.write(`40 runs equal, ${byTwo} by two ranks, ${cut} cut off; cancelled ${cancelled}\n`);
    expect(byTwo).toBe(10);
    expect(cut).toBeGreaterThan(0);
    for (const one of [place, local]) one.remove();
  });
});
