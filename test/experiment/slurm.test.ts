import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { inArrays, limitSeconds, type SlurmJob, slurmScript } from '../../src/experiment/slurm.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ablate slurm's-"));
});
afterEach(() => rm(folder, { recursive: true }));

const job = (changes: Partial<SlurmJob> = {}): SlurmJob => ({
  suite: 'some',
  program: join(folder, 'ablate.mjs'),
  suiteFile: join(folder, 'some.yaml'),
  recordsFolder: join(folder, 'out'),
  runs: [
    { variant: 'gelu', seed: 0 },
    { variant: 'layer-norm', seed: 3 },
  ],
  runsPerTask: 1,
  device: 'gpu',
  cores: 4,
  memoryMiB: 2000,
  gpu: true,
  time: '04:00:00',
  parallel: 8,
  extra: ['--partition=long'],
  ...changes,
});

test('what Slurm is asked for', () => {
  const asked = slurmScript(job())
    .match(/^#SBATCH .*$/gm)
    ?.map((line) => line.slice(8));
  expect(asked).toEqual([
    '--job-name=ablate-some',
    '--array=0-1%8',
    '--ntasks=1',
    '--cpus-per-task=4',
    '--mem=2000M',
    '--gres=gpu:1',
    '--time=04:00:00',
    '--signal=B:USR1@120',
    '--requeue',
    '--open-mode=append',
    `"--output=${join(folder, 'out', 'some', 'slurm', '%A_%a.txt')}"`,
    '--partition=long',
  ]);
  const plain = slurmScript(job({ parallel: null, gpu: false, device: null }));
  expect(plain).not.toMatch(/gres|--device|%8/);
});

test('ranks are tasks of one job, each with its own cores, memory, card and address', () => {
  const script = slurmScript(job({ ranks: 4 }));
  for (const asked of ['--ntasks=4', '--cpus-per-task=4', '--mem-per-cpu=500M', '--gpus-per-task=1'])
    expect(script).toContain(`#SBATCH ${asked}\n`);
  expect(script).not.toMatch(/--gres|--mem=/);
});

test('names with quotes, spaces and percent signs are one word and no pattern', () => {
  const script = slurmScript(job({ recordsFolder: '/a "100%x"', extra: ['--comment=two "words"', '--qos=a'] }));
  expect(script).toContain('#SBATCH "--output=/a \\"100%%x\\"/some/slurm/%A_%a.txt"\n');
  expect(script).toContain('#SBATCH "--comment=two \\"words\\""\n#SBATCH --qos=a\n');
});

test('runs fill tasks and tasks fill arrays, each run once and in order', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 400 }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 50 }),
      (count, each, most) => {
        const runs = Array.from({ length: count }, (_, seed) => ({ variant: 'gelu', seed }));
        const arrays = inArrays(runs, each, most);
        expect(arrays.flat()).toEqual(runs);
        for (const one of arrays) expect(Math.ceil(one.length / each)).toBeLessThanOrEqual(most);
        expect(arrays.length).toBe(Math.ceil(Math.ceil(count / each) / most));
      },
    ),
    { numRuns: 100 },
  );
});

test.each([
  ['90', 5400],
  ['90:30', 5430],
  ['04:00:00', 14_400],
  ['1-12', 129_600],
  ['1-12:30', 131_400],
  ['1-12:00:05', 129_605],
])('a limit of %s is %d seconds, as sbatch reads it', (text, seconds) => {
  expect(limitSeconds(text)).toBe(seconds);
});

/** Runs a task of the script as Slurm would, with `scontrol` and the program replaced by fakes that write what they get. */
async function task(program: string, { signals = [] as NodeJS.Signals[], changes = {} as Partial<SlurmJob> } = {}) {
  await writeFile(join(folder, 'ablate.mjs'), program);
  await writeFile(join(folder, 'scontrol'), `#!/bin/sh\necho "$@" > '${folder.replaceAll("'", "'\\''")}/requeued'\n`);
  await chmod(join(folder, 'scontrol'), 0o755);
  await writeFile(join(folder, 'job.sbatch'), slurmScript(job(changes)));
  const env = {
    ...process.env,
    PATH: `${folder}:${process.env.PATH}`,
    SLURM_ARRAY_JOB_ID: '7',
    SLURM_ARRAY_TASK_ID: '1',
  };
  const bash = spawn('bash', [join(folder, 'job.sbatch')], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  bash.stdout.on('data', (chunk) => {
    said += chunk;
  });
  const closed = once(bash, 'close');
  if (signals.length > 0) while (!said.includes('ready')) await sleep(20);
  for (const signal of signals) {
    bash.kill(signal);
    await sleep(100);
  }
  const [code] = await closed;
  return { code, said, requeued: await readFile(join(folder, 'requeued'), 'utf8').catch(() => null) };
}

test('each rank is told all addresses and which of them it is', async () => {
  // As srun runs a program: once a task, with its number; one after the other is enough here.
  const srun = `#!/bin/bash
while [[ "$1" == -* ]]; do shift; done
for rank in 0 1; do SLURM_PROCID=$rank "$@" || exit; done
`;
  await writeFile(join(folder, 'srun'), srun);
  await chmod(join(folder, 'srun'), 0o755);
  const { code, said } = await task('console.log(JSON.stringify(process.argv.slice(2)));', { changes: { ranks: 2 } });
  expect(code).toBe(0);
  const words = said
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as string[]);
  const hosts = words.map((list) => list[list.indexOf('--hosts') + 1]);
  expect(words.map((list) => list.slice(-2))).toEqual([
    ['--rank', '0'],
    ['--rank', '1'],
  ]);
  expect(hosts[0]).toMatch(/^[\w.-]+:\d+,[\w.-]+:\d+$/);
  expect(hosts[1]).toBe(hosts[0]);
});

test('a task trains its own run; its exit code is that of the program', async () => {
  const { code, said, requeued } = await task(
    'console.log(JSON.stringify(process.argv.slice(2))); process.exitCode = 1;',
  );
  const options = ['--shared', '--parallel', '1', '--give-up-after', '3', '--out', join(folder, 'out')];
  const own = ['--device', 'gpu', '--only', 'layer-norm', '--seeds', '3'];
  expect(JSON.parse(said)).toEqual(['run', join(folder, 'some.yaml'), ...options, ...own]);
  expect(code).toBe(1);
  expect(requeued).toBeNull();
});

test('a task of several runs goes on after a failed one, and fails in the end', async () => {
  const runs = [0, 1, 2, 3, 4].map((seed) => ({ variant: 'gelu', seed }));
  const program = 'console.log(process.argv.at(-1)); process.exitCode = process.argv.at(-1) === "3" ? 1 : 0;';
  const { code, said } = await task(program, { changes: { runs, runsPerTask: 3 } });
  expect(said).toBe('3\n4\n');
  expect(code).toBe(1);
});

/** Saves and says how many signals it has got. */
const saving = `
  let got = 0;
  process.on('SIGTERM', () => {
    got += 1;
    setTimeout(() => { console.log('saved', got); process.exit(75); }, 400);
  });
  setInterval(() => {}, 1000);
  console.log('ready');`;

test('at the notice before the limit, a task waits until the run is saved and is queued again', async () => {
  const { code, said, requeued } = await task(saving, { signals: ['SIGUSR1'] });
  expect(said).toMatch(/ready\nsaved 1/);
  expect(code).toBe(75);
  expect(requeued?.trim()).toBe('requeue 7_1');
});

test('ranks are told by Slurm to save: what runs them would kill them', async () => {
  // As srun does where it is told to end itself.
  const srun = `#!/bin/bash
while [[ "$1" == -* ]]; do shift; done
trap 'kill -KILL "$rank"; exit 137' TERM
SLURM_PROCID=0 "$@" & rank=$!
echo "$rank" > "$(dirname "$0")/rank"
wait "$rank"
`;
  const scancel = `#!/bin/bash\n[ "$*" = '--signal=TERM 7_1' ] && kill -TERM "$(cat "$(dirname "$0")/rank")"\n`;
  for (const [name, text] of [
    ['srun', srun],
    ['scancel', scancel],
  ] as const)
    await writeFile(join(folder, name), text, { mode: 0o755 });
  const { code, said, requeued } = await task(saving, { signals: ['SIGUSR1'], changes: { ranks: 2 } });
  expect(said).toMatch(/ready\nsaved 1/);
  expect(code).toBe(75);
  expect(requeued?.trim()).toBe('requeue 7_1');
});

test('SIGTERM is for the program too, from whoever sends it: the script passes none on and queues nothing again', async () => {
  const program = `setTimeout(() => process.kill(process.pid, 'SIGTERM'), 500);${saving}`;
  const { code, said, requeued } = await task(program, { signals: ['SIGTERM', 'SIGTERM'] });
  expect(said).toMatch(/ready\nsaved 1\n/);
  expect(code).toBe(75);
  expect(requeued).toBeNull();
});

test('a program that had no time to listen has lost nothing', async () => {
  const program =
    "console.log('ready'); setTimeout(() => process.kill(process.pid, 'SIGTERM'), 300); setInterval(() => {}, 1000);";
  const { code, requeued } = await task(program, { signals: ['SIGTERM'] });
  expect(code).toBe(75);
  expect(requeued).toBeNull();
});
