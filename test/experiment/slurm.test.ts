import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type SlurmJob, slurmScript } from '../../src/experiment/slurm.js';

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
    '--signal=B:TERM@120',
    '--requeue',
    '--open-mode=append',
    `--output="${join(folder, 'out', 'some', 'slurm', '%A_%a.txt')}"`,
    '--partition=long',
  ]);
  const plain = slurmScript(job({ parallel: null, gpu: false, device: null }));
  expect(plain).not.toMatch(/gres|--device|%8/);
});

/** Runs a task of the script as Slurm would, with `scontrol` and the program replaced by fakes that write what they get. */
async function task(program: string, { signal = false } = {}) {
  await writeFile(join(folder, 'ablate.mjs'), program);
  await writeFile(join(folder, 'scontrol'), `#!/bin/sh\necho "$@" > '${folder.replaceAll("'", "'\\''")}/requeued'\n`);
  await chmod(join(folder, 'scontrol'), 0o755);
  await writeFile(join(folder, 'job.sbatch'), slurmScript(job()));
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
  if (signal) {
    while (!said.includes('ready')) await sleep(20);
    bash.kill('SIGTERM');
  }
  const [code] = await once(bash, 'close');
  return { code, said, requeued: await readFile(join(folder, 'requeued'), 'utf8').catch(() => null) };
}

test('a task trains its own run; its exit code is that of the program', async () => {
  const { code, said, requeued } = await task(
    'console.log(JSON.stringify(process.argv.slice(2))); process.exitCode = 1;',
  );
  const out = join(folder, 'out');
  const options = [
    '--shared',
    '--parallel',
    '1',
    '--out',
    out,
    '--device',
    'gpu',
    '--only',
    'layer-norm',
    '--seeds',
    '3',
  ];
  expect(JSON.parse(said)).toEqual(['run', join(folder, 'some.yaml'), ...options]);
  expect(code).toBe(1);
  expect(requeued).toBeNull();
});

test('told to end, a task waits until the run is saved and is queued again', async () => {
  const program = `
    process.on('SIGTERM', () => setTimeout(() => { console.log('saved'); process.exit(75); }, 300));
    setInterval(() => {}, 1000);
    console.log('ready');`;
  const { code, said, requeued } = await task(program, { signal: true });
  expect(said).toMatch(/ready\nsaved/);
  expect(code).toBe(75);
  expect(requeued?.trim()).toBe('requeue 7_1');
});
