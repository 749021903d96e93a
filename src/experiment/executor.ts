import { fork } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunResult, WorkerMessage } from './records.js';
import { readResult, writeJson } from './store.js';
import { type WorkerTask, workerExit } from './worker-task.js';

/** How a run ended. */
export type RunEnd = RunResult | { readonly status: 'interrupted' };

/** A run under way. */
export interface Execution {
  readonly ended: Promise<RunEnd>;
  /** Asks the run to save its state and end. */
  stop(): void;
  /** Ends it at once; what it did since its last checkpoint is done again next time. */
  kill(): void;
}

/** Runs a task somewhere: here in a process of its own. */
export type Executor = (task: WorkerTask, onMessage: (message: WorkerMessage) => void) => Execution;

const workerFile = fileURLToPath(new URL('./worker.js', import.meta.url));

/**
 * A child process a run; its output goes to log.txt. A worker that ends without a result leaves one that says how it
 * ended, so that the suite can go on and the report can name the reason.
 */
export function localProcesses(file = workerFile): Executor {
  return (task, onMessage) => {
    let child: ReturnType<typeof fork> | null = null;
    let wish: NodeJS.Signals | null = null;
    const signal = (name: NodeJS.Signals) => {
      wish = name;
      child?.kill(name);
    };
    const ended = start();
    return { ended, stop: () => signal('SIGTERM'), kill: () => signal('SIGKILL') };

    async function start(): Promise<RunEnd> {
      await mkdir(task.folder, { recursive: true });
      if (wish) return { status: 'interrupted' };
      const log = createWriteStream(join(task.folder, 'log.txt'), { flags: 'a' });
      log.write(`--- ${new Date().toISOString()} ${task.spec.variant} seed ${task.spec.seed}\n`);
      const spawned = fork(file, [], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], env: { ...process.env, OMP_NUM_THREADS: String(task.threads) } });
      child = spawned;
      spawned.stdout?.pipe(log, { end: false });
      spawned.stderr?.pipe(log, { end: false });
      spawned.on('message', (message) => onMessage(message as WorkerMessage));
      spawned.send(task, () => {});
      const [code, name] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
        spawned.once('error', () => resolve([workerExit.crashed, null]));
        spawned.once('close', (exitCode, exitSignal) => resolve([exitCode, exitSignal]));
      });
      await new Promise<void>((resolve) => log.end(resolve));
      return settle(code, name);
    }

    async function settle(code: number | null, name: NodeJS.Signals | null): Promise<RunEnd> {
      const result = await readResult(task.folder);
      if (code === workerExit.finished && result?.hash === task.hash) return result;
      if (code === workerExit.interrupted || wish !== null) return { status: 'interrupted' };
      const reason = name === 'SIGKILL' ? 'killed from outside (SIGKILL); most often the system ran out of memory' : `the process ended with ${name ?? `code ${code}`}`;
      const last = await lastLine(join(task.folder, 'log.txt'));
      const failed: RunResult = {
        schema: 'ablate/result/1',
        status: 'failed',
        hash: task.hash,
        reason: last ? `${reason}: ${last}` : reason,
        step: null,
        finishedAt: new Date().toISOString(),
      };
      await writeJson(join(task.folder, 'result.json'), failed);
      return failed;
    }
  };
}

/** What a process said last that is not part of a stack trace. */
async function lastLine(path: string): Promise<string> {
  const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line.trim() && !/^\s+at |^---/.test(line));
  const error = lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1) ?? '';
  return error.trim().slice(0, 300);
}
