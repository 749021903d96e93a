import { type ChildProcess, fork } from 'node:child_process';
import { appendFileSync, closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { keptMemory } from '../engine/kept-memory.js';
import type { WorkerMessage } from '../training/messages.js';
import type { WorkerTask } from './worker-task.js';

/** How a worker's process ended. */
export interface WorkerEnd {
  readonly code: number | null;
  /** The signal that ended it. */
  readonly name: NodeJS.Signals | null;
  /** That it could not be started. */
  readonly error: string | null;
  /** Why it could not go on, by its own word. */
  readonly text: string | null;
  /** What ended it and what it said last, where it has no word of its own. */
  readonly described: string;
}

/** A worker's process. */
export interface WorkerHandle {
  readonly pid: number | undefined;
  readonly ended: Promise<WorkerEnd>;
  signal(name: NodeJS.Signals): void;
}

/** Starts a worker on its task; its output goes to the log. */
export function startWorker(
  file: string,
  task: WorkerTask,
  log: string,
  onMessage: (message: WorkerMessage) => void,
): WorkerHandle {
  mkdirSync(dirname(log), { recursive: true });
  const { spec, group } = task;
  const rank = group ? `, rank ${group.rank} of ${group.hosts.length}` : '';
  appendFileSync(log, `${logHeader} ${new Date().toISOString()} ${spec.variant} seed ${spec.seed}${rank}\n`);
  const oomKillsBefore = oomKills();
  // The worker writes to the file itself: it may outlive this process, to save its state.
  const output = openSync(log, 'a');
  const child = fork(file, [], {
    stdio: ['ignore', output, output, 'ipc'],
    env: workerEnvironment(task),
    execArgv: [],
  });
  closeSync(output);
  let text: string | null = null;
  child.on('message', (message: WorkerMessage) => {
    if (message.kind === 'unable' || message.kind === 'crashed') text = message.text;
    onMessage(message);
  });
  child.send(task, () => {});
  return { pid: child.pid, ended: settle(), signal: (name) => void child.kill(name) };

  async function settle(): Promise<WorkerEnd> {
    const { code, name, error } = await exitOf(child);
    const described = describeEnd(error ?? endOf(code, name, oomKills() - oomKillsBefore), lastWords(log));
    return { code, name, error, text, described };
  }
}

/** Begins each start's part of a log. */
const logHeader = '---';

function workerEnvironment({ threads, gpu, group }: WorkerTask): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = {
    ...process.env,
    ...keptMemory(),
    OMP_NUM_THREADS: String(threads),
    // Files are read and pictures decoded in libuv's pool, which is four threads on a machine of any size.
    UV_THREADPOOL_SIZE: process.env.UV_THREADPOOL_SIZE ?? String(Math.max(4, threads)),
  };
  // A rank that is lost would be told of by every op under way.
  if (group) environment.TF_CPP_MIN_LOG_LEVEL ??= '3';
  // A card can be shared only by processes that take its memory as they need it.
  if (gpu !== null) Object.assign(environment, { CUDA_VISIBLE_DEVICES: gpu, TF_FORCE_GPU_ALLOW_GROWTH: 'true' });
  return environment;
}

const exitOf = (child: ChildProcess): Promise<Pick<WorkerEnd, 'code' | 'name' | 'error'>> =>
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

/** JavaScript's and the machine's own: `    at f (file:1:2)`, ` 1: 0xb78db3 node::OOMErrorHandler(...) [node]`. */
const stackFrame = /^\s+at |^\s*\d+: 0x[\da-f]+ /;

/** What a process said last that is not part of a stack trace: its last error, or its last line. */
function lastWords(log: string): string {
  const text = readLog(log);
  const lines = text
    .slice(text.lastIndexOf(`\n${logHeader} `) + 1)
    .split('\n')
    .slice(1);
  const said = lines.filter((line) => line.trim() !== '' && !stackFrame.test(line) && !cacheHit.test(line));
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
