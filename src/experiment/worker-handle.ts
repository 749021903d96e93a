import { type ChildProcess, fork } from 'node:child_process';
import { appendFileSync, closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { keptMemory } from '../engine/kept-memory.js';
import type { WorkerMessage } from '../training/messages.js';
import { type WorkerTask, workerExit } from './worker-task.js';

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
  /** There where it has not ended, but takes another task. */
  readonly waiting?: WaitingWorker | undefined;
}

/** A worker's process between two runs. It keeps neither this process alive nor itself without it. */
export interface WaitingWorker {
  isAlive(): boolean;
  /** Gives it its next task; its output goes to that one's log from then on. */
  give(task: WorkerTask, log: string, onMessage: (message: WorkerMessage) => void): WorkerHandle;
  dismiss(): void;
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
  beginLog(log, task);
  // The worker writes to the file itself: it may outlive this process, to save its state.
  const output = openSync(log, 'a');
  const child = fork(file, [], {
    stdio: ['ignore', output, output, 'ipc'],
    env: workerEnvironment(task),
    execArgv: [],
  });
  closeSync(output);
  return follow(child, task, log, onMessage);
}

function beginLog(log: string, { spec, group }: WorkerTask): void {
  mkdirSync(dirname(log), { recursive: true });
  const rank = group ? `, rank ${group.rank} of ${group.hosts.length}` : '';
  appendFileSync(log, `${logHeader} ${new Date().toISOString()} ${spec.variant} seed ${spec.seed}${rank}\n`);
}

/** Gives a process a task, and follows it until it has ended or takes another. */
function follow(
  child: ChildProcess,
  task: WorkerTask,
  log: string,
  onMessage: (message: WorkerMessage) => void,
): WorkerHandle {
  const oomKillsBefore = oomKills();
  let text: string | null = null;
  const ended = new Promise<WorkerEnd>((resolve) => {
    const listen = (message: WorkerMessage): void => {
      if (message.kind === 'waiting') {
        settle({ ...finished, waiting: waitingWorker(child) });
        return;
      }
      if (message.kind === 'unable' || message.kind === 'crashed') text = message.text;
      onMessage(message);
    };
    const onError = ({ message }: Error): void =>
      settle(endedBy({ code: null, name: null, error: `the process could not be started: ${message}` }));
    const onExit = (code: number | null, name: NodeJS.Signals | null): void =>
      settle(endedBy({ code, name, error: null }));
    child.on('message', listen).once('error', onError).once('exit', onExit);

    function settle(end: WorkerEnd): void {
      child.off('message', listen).off('error', onError).off('exit', onExit);
      resolve(end);
    }
  });
  child.send(task, () => {});
  return { pid: child.pid, ended, signal: (name) => void child.kill(name) };

  function endedBy({ code, name, error }: Pick<WorkerEnd, 'code' | 'name' | 'error'>): WorkerEnd {
    const described = describeEnd(error ?? endOf(code, name, oomKills() - oomKillsBefore), lastWords(log));
    return { code, name, error, text, described };
  }
}

const finished = { code: workerExit.finished, name: null, error: null, text: null, described: '' } as const;

function waitingWorker(child: ChildProcess): WaitingWorker {
  child.unref();
  child.channel?.unref();
  // Said of a message that it did not live to get; its exit says the same.
  const ignore = (): void => {};
  child.on('error', ignore);
  return {
    isAlive: () => child.connected && child.exitCode === null && child.signalCode === null,
    give(task, log, onMessage) {
      child.off('error', ignore);
      child.ref();
      child.channel?.ref();
      beginLog(log, task);
      return follow(child, { ...task, log }, log, onMessage);
    },
    dismiss: () => {
      if (child.connected) child.disconnect();
    },
  };
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
