import { type ChildProcess, fork } from 'node:child_process';
import { appendFileSync, closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { keptMemory } from '../engine/kept-memory.js';
import type { RunResult, WorkerMessage } from './records.js';
import { readResult, writeJson } from './store.js';
import { type WorkerTask, workerExit } from './worker-task.js';

/** How a run ended. */
export type RunEnd =
  | RunResult
  /** Its state is saved, or it was killed by us: it goes on next time. */
  | { readonly status: 'interrupted' }
  /** The engine or the data is missing, which no other run would find either. */
  | { readonly status: 'unable'; readonly reason: string };

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
 *
 * @param file the worker's program; tests put their own here.
 */
export function localProcesses(file = workerFile): Executor {
  return (task, onMessage) => {
    mkdirSync(task.folder, { recursive: true });
    const log = join(task.folder, 'log.txt');
    appendFileSync(log, `${logHeader} ${new Date().toISOString()} ${task.spec.variant} seed ${task.spec.seed}\n`);
    const oomKillsBefore = oomKills();
    // The worker writes to the file itself: it may outlive this process, to save its state.
    const output = openSync(log, 'a');
    const child = fork(file, [], {
      stdio: ['ignore', output, output, 'ipc'],
      env: workerEnvironment(task),
      execArgv: [],
    });
    closeSync(output);
    let asked = false;
    let reasonUnable = '';
    child.on('message', (message: WorkerMessage) => {
      if (message.kind === 'unable') reasonUnable = message.text;
      onMessage(message);
    });
    child.send(task, () => {});
    const signal = (name: NodeJS.Signals) => {
      asked = true;
      child.kill(name);
    };
    return { ended: settle(), stop: () => signal('SIGTERM'), kill: () => signal('SIGKILL') };

    async function settle(): Promise<RunEnd> {
      const { code, name, error } = await exitOf(child);
      const result = await readResult(task.folder);
      if (code === workerExit.finished && result?.hash === task.hash) return result;
      if (code === workerExit.interrupted || asked) return { status: 'interrupted' };
      if (code === workerExit.unable) return { status: 'unable', reason: reasonUnable };
      const ended =
        error ??
        (name === null ? `the process ended with code ${code}` : describeSignal(name, oomKills() - oomKillsBefore));
      const said = lastWords(log);
      const failed: RunResult = {
        schema: 'ablate/result/1',
        status: 'failed',
        hash: task.hash,
        reason: said ? `${ended}: ${said}` : ended,
        step: null,
        finishedAt: new Date().toISOString(),
      };
      await writeJson(join(task.folder, 'result.json'), failed);
      return failed;
    }
  };
}

/** Begins each start's part of log.txt. */
const logHeader = '---';

function workerEnvironment({ threads, gpu }: WorkerTask): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = {
    ...process.env,
    ...keptMemory(),
    OMP_NUM_THREADS: String(threads),
    // Files are read and pictures decoded in libuv's pool, which is four threads on a machine of any size.
    UV_THREADPOOL_SIZE: process.env.UV_THREADPOOL_SIZE ?? String(Math.max(4, threads)),
  };
  // A card can be shared only by processes that take its memory as they need it.
  if (gpu !== null) Object.assign(environment, { CUDA_VISIBLE_DEVICES: gpu, TF_FORCE_GPU_ALLOW_GROWTH: 'true' });
  return environment;
}

interface ProcessEnd {
  readonly code: number | null;
  readonly name: NodeJS.Signals | null;
  readonly error: string | null;
}

const exitOf = (child: ChildProcess): Promise<ProcessEnd> =>
  new Promise((resolve) => {
    child.once('error', ({ message }) =>
      resolve({ code: null, name: null, error: `the process could not be started: ${message}` }),
    );
    child.once('exit', (code, name) => resolve({ code, name, error: null }));
  });

function describeSignal(name: NodeJS.Signals, outOfMemory: number): string {
  if (name !== 'SIGKILL') return `the process ended by ${name}`;
  if (outOfMemory > 0)
    return 'the system ran out of memory and killed the process; try fewer runs at a time (--parallel) or a smaller micro_batch_size';
  return 'the process was killed from outside (SIGKILL)';
}

/** How many processes the kernel has killed for memory since it started; 0 where it does not say. */
function oomKills(): number {
  try {
    return Number(/^oom_kill (\d+)/m.exec(readFileSync('/proc/vmstat', 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** What a process said last that is not part of a stack trace: its last error, or its last line. */
function lastWords(log: string): string {
  const text = readFileSync(log, 'utf8');
  const lines = text
    .slice(text.lastIndexOf(`\n${logHeader} `) + 1)
    .split('\n')
    .slice(1);
  const said = lines.filter((line) => line.trim() !== '' && !/^\s+at /.test(line));
  return (said.findLast((line) => /error/i.test(line)) ?? said.at(-1) ?? '').trim().slice(0, 300);
}
