import { type ChildProcess, fork } from 'node:child_process';
import { appendFileSync, closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { keptMemory } from '../engine/kept-memory.js';
import { readResult, orNull } from '../records/read.js';
import type { RunResult } from '../records/result.js';
import { writeJson } from '../records/write.js';
import type { WorkerMessage } from '../training/messages.js';
import { isStopped } from './lock.js';
import { type WorkerTask, workerExit } from './worker-task.js';

/** How a run ended. */
export type RunEnd =
  | RunResult
  /** It goes on next time: from the step that was saved now, or, null, from whatever checkpoint there was before. */
  | { readonly status: 'interrupted'; readonly saved: number | null }
  /** The engine, the data or the disk is missing, which no other run would find either. */
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

/** How often a worker is looked at: one that was stopped from outside says nothing. */
const lookMilliseconds = 5000;

/**
 * A child process a run; its output goes to log.txt. A worker that ends without a result leaves one that says how it
 * ended, so that the suite can go on and the report can name the reason. A done result stands, however the process ended.
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
    let saved: number | null = null;
    let lastText: string | null = null;
    child.on('message', (message: WorkerMessage) => {
      if (message.kind === 'unable' || message.kind === 'crashed') lastText = message.text;
      if (message.kind === 'saved') saved = message.step;
      onMessage(message);
    });
    child.send(task, () => {});
    const looking = setInterval(() => {
      if (child.pid === undefined || !isStopped(child.pid)) return;
      clearInterval(looking);
      const text = `${task.spec.variant} seed ${task.spec.seed}: its process was stopped from outside; kill -CONT ${child.pid} lets it go on`;
      onMessage({ kind: 'warning', text });
    }, lookMilliseconds).unref();
    const signal = (name: NodeJS.Signals) => {
      asked = true;
      child.kill(name);
    };
    return { ended: settle(), stop: () => signal('SIGTERM'), kill: () => signal('SIGKILL') };

    async function settle(): Promise<RunEnd> {
      const { code, name, error } = await exitOf(child);
      clearInterval(looking);
      const result = orNull(readResult(task.folder));
      const own = result?.hash === task.hash ? result : null;
      if (own?.status === 'done' || (own && code === workerExit.finished)) return own;
      if (code === workerExit.unable) return { status: 'unable', reason: lastText ?? 'the worker could not start' };
      // Told to end before it could listen, which Slurm does to every process of a task: nothing is lost.
      if (code === workerExit.interrupted || asked || name === 'SIGTERM') return { status: 'interrupted', saved };
      const failed: RunResult = {
        schema: 'ablate/result/1',
        status: 'failed',
        hash: task.hash,
        reason: lastText ?? describeEnd(error ?? endOf(code, name, oomKills() - oomKillsBefore), lastWords(log)),
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

const describeEnd = (ended: string, said: string): string => (said ? `${ended}: ${said}` : ended);

const endOf = (code: number | null, name: NodeJS.Signals | null, outOfMemory: number): string =>
  name === null ? `the process ended with code ${code}` : describeSignal(name, outOfMemory);

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

/** What TensorFlow says, as errors, of every step that XLA has compiled before and finds in its cache. */
const cacheHit = /^E\d{4}.*(XlaSerializedCacheEntry|Loading XLA:CPU AOT result)/;

/** What a process said last that is not part of a stack trace: its last error, or its last line. */
function lastWords(log: string): string {
  const text = readLog(log);
  const lines = text
    .slice(text.lastIndexOf(`\n${logHeader} `) + 1)
    .split('\n')
    .slice(1);
  const said = lines.filter((line) => line.trim() !== '' && !/^\s+at /.test(line) && !cacheHit.test(line));
  return (said.findLast((line) => /error/i.test(line)) ?? said.at(-1) ?? '').trim().slice(0, 300);
}

/** Empty where the log was removed meanwhile, with all the run's records. */
function readLog(log: string): string {
  try {
    return readFileSync(log, 'utf8');
  } catch {
    return '';
  }
}
