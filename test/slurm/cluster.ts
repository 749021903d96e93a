import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { program } from '../cli/command.js';

/** What scripts/with-slurm.mjs lends; null where there is no Slurm. */
export const cluster: { env: Record<string, string>; folder: string; startNode: string[] } | null = process.env[
  'ABLATE_SLURM'
]
  ? JSON.parse(process.env['ABLATE_SLURM'])
  : null;

const data = fileURLToPath(new URL('../fixtures/fashion-mnist', import.meta.url));

/** Runs a client of Slurm's. */
export function slurm(command: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, {
    env: { ...process.env, ...cluster?.env },
    encoding: 'utf8',
  });
  expect(status, `${command} ${args.join(' ')}: ${stderr}`).toBe(0);
  return stdout.trim();
}

/** A folder with a suite in it, under a name with all that shells and Slurm treat as their own. */
export class Workplace {
  readonly parent = mkdtempSync(join(tmpdir(), 'ablate-slurm-test-'));
  readonly folder = join(this.parent, `it's "100%x" of it`);
  readonly records = join(this.folder, 'out %j');

  constructor(suite: {
    readonly epochs: number;
    readonly seeds: number;
    readonly road?: string;
    readonly pass?: number;
  }) {
    mkdirSync(this.folder);
    writeFileSync(
      join(this.folder, 'small.yaml'),
      `name: small
dataset: { name: fashion-mnist, root: ${data}, train_limit: 64, test_limit: 32 }
network: { base: convnext-tiny, scale: { resolution: 32, width: 1/16, stem_stride: 4 } }
recipe: { extends: compact, epochs: ${suite.epochs}, batch_size: 16, micro_batch_size: ${suite.pass ?? 16}, precision: float32, schedule: { warmup_epochs: 0 } }
road: ${suite.road ?? '[kernel-size: 3]'}
seeds: [${Array.from({ length: suite.seeds }, (_, seed) => seed).join(', ')}]
`,
    );
  }

  /** The program in this folder, with Slurm's clients on its path. */
  ablate(...args: string[]): SpawnSyncReturns<string> {
    return spawnSync(process.execPath, [program, ...args], {
      cwd: this.folder,
      env: { ...process.env, ...cluster?.env },
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    });
  }

  submit(...args: string[]): { runs: number; jobs: string[]; scripts: string[] } {
    const options = ['--to', 'slurm', '--device', 'wasm', '--cores', '1', '--memory', '700', '--out', 'out %j'];
    const { status, stdout, stderr } = this.ablate('submit', 'small.yaml', ...options, '--json', ...args);
    expect(status, stderr).toBe(0);
    return JSON.parse(stdout);
  }

  status(): { variant: string; seed: number; state: string; slurm?: { id: string; state: string } | null }[] {
    const { stdout, stderr } = this.ablate('status', 'small.yaml', '--out', 'out %j', '--json');
    expect(stdout, stderr).not.toBe('');
    return JSON.parse(stdout).runs;
  }

  seedFolder(variant: string, seed = 0): string {
    return join(this.records, 'small', variant, `seed-${seed}`);
  }

  /** Waits until a run has trained so many lines of its metrics, from now on. */
  async trained(variant: string, seed: number, lines: number): Promise<void> {
    const count = () => this.metrics(variant, seed).length;
    const before = count();
    await until(() => count() >= before + lines, `${variant} ${seed} trains`);
  }

  /** The lines of metrics.jsonl without what time it took. */
  metrics(variant: string, seed: number): unknown[] {
    const file = join(this.seedFolder(variant, seed), 'metrics.jsonl');
    if (!existsSync(file)) return [];
    const whole = readFileSync(file, 'utf8').split('\n').slice(0, -1);
    return whole.map((line) => withoutTimes(JSON.parse(line)));
  }

  result(variant: string, seed: number): unknown {
    const file = join(this.seedFolder(variant, seed), 'result.json');
    return existsSync(file) ? withoutTimes(JSON.parse(readFileSync(file, 'utf8'))) : null;
  }

  /** By how many processes a run was trained, in each of its starts. */
  ranks(variant: string, seed: number): number[] {
    const { starts } = JSON.parse(readFileSync(join(this.seedFolder(variant, seed), 'run.json'), 'utf8'));
    return starts.map(({ ranks = 1 }: { ranks?: number }) => ranks);
  }

  /** How often a run was started. */
  starts(variant: string, seed: number): number {
    return this.ranks(variant, seed).length;
  }

  /** When the run's state was saved last, in milliseconds; 0 before. */
  savedAt(variant: string, seed: number): number {
    const file = join(this.seedFolder(variant, seed), 'checkpoint', 'state.safetensors');
    return existsSync(file) ? statSync(file).mtimeMs : 0;
  }

  remove(): void {
    rmSync(this.parent, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

/** Numbers that a run gives whenever and however often it was cut off. */
const withoutTimes = (record: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(record).filter(([key]) => !/second|time|at$|memory|bytes|waiting|perSecond|startup/i.test(key)),
  );

/** A run that trains in a task of Slurm's: waits until there is one. */
export async function aRunningTask(place: Workplace): Promise<{ variant: string; seed: number; id: string }> {
  let found: ReturnType<Workplace['status']>[number] | undefined;
  const look = () => place.status().find(({ state, slurm: task }) => state === 'running' && task?.state === 'RUNNING');
  await until(() => {
    found = look();
    return found !== undefined;
  }, 'a task runs');
  return { variant: found?.variant ?? '', seed: found?.seed ?? 0, id: found?.slurm?.id ?? '' };
}

/** A person with more priority wants both cores for a second: Slurm takes them from whatever runs. */
export const preempt = (): string =>
  slurm('sbatch', '-p', 'high', '--cpus-per-task=2', '--mem=100M', '-o', '/dev/null', '--wrap', 'sleep 1');

/** Waits for something that takes as long as it takes; four minutes are a failure. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  for (const end = Date.now() + 240_000; !holds(); await sleep(200)) {
    if (Date.now() > end) throw new Error(`in four minutes not: ${what}`);
  }
}

/** Slurm's word for a task, such as RUNNING or CANCELLED; it remembers for some minutes. */
export const stateOf = (task: string): string =>
  /JobState=(\w+)/.exec(slurm('scontrol', 'show', 'job', task))?.[1] ?? '';
