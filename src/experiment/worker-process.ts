import { join } from 'node:path';
import { DataError } from '../data/error.js';
import { EnvironmentError, type Renewal } from '../engine/engine.js';
import { GroupLost } from '../engine/group.js';
import { readResult, orNull } from '../records/read.js';
import type { RunResult } from '../records/result.js';
import { writeJson } from '../records/write.js';
import { removeCheckpoint } from '../training/checkpoint.js';
import type { WorkerMessage } from '../training/messages.js';
import { waitForLock } from './lock.js';
import { StorageError, storageProblem } from './storage.js';
import { mayShareProcess, type WorkerTask, workerExit } from './worker-task.js';

/** What a worker does with its task: trains to the end, or saves its state when the signal comes. */
export type Work = (
  task: WorkerTask,
  send: (message: WorkerMessage) => void,
  signal: AbortSignal,
) => Promise<RunResult | { readonly status: 'interrupted' }>;

/**
 * Makes this process a worker: its parent sends a `WorkerTask`, gets `WorkerMessage`s, and asks for an end with SIGTERM; a
 * parent that dies has the same effect. The process ends with one of the codes of `workerExit`, unless the run is done and
 * there is a way to be as new: then it waits for another task.
 *
 * @param renewal how this process is made as new, by what its last run has found here.
 */
export function serveTask(work: Work, renewal: () => Renewal | undefined = () => undefined): void {
  const ending = new AbortController();
  let waiting = false;
  const end = (): void => {
    ending.abort();
    if (waiting) process.exit(workerExit.interrupted);
  };
  process.on('SIGTERM', end);
  process.on('disconnect', end);
  // Ctrl-C and a closed terminal reach the whole group of processes; the parent decides.
  process.on('SIGINT', () => {});
  process.on('SIGHUP', () => {});
  process.on('message', async (task: WorkerTask) => {
    waiting = false;
    if (task.log !== undefined) renewal()?.writeOutputTo(task.log);
    process.exitCode = await attempt(task, work, ending.signal);
    const isDone = process.exitCode === workerExit.finished && !ending.signal.aborted;
    if (isDone && process.connected && mayShareProcess(task) && renewal()?.renew()) {
      waiting = true;
      send({ kind: 'waiting' });
      return;
    }
    if (process.connected) process.disconnect();
    // TensorFlow's threads would keep the process alive.
    setImmediate(() => process.exit());
  });
}

async function attempt(task: WorkerTask, work: Work, signal: AbortSignal): Promise<number> {
  try {
    const follows = (task.group?.rank ?? 0) > 0;
    return await (follows ? follow : workAlone)(task, work, signal);
  } catch (thrown) {
    const error = storageProblem(thrown as Error, task.folder);
    if (error instanceof GroupLost) {
      process.stderr.write(`${error.message}\n`);
      return workerExit.lost;
    }
    process.stderr.write(`${error.stack ?? error}\n`);
    const unable = error instanceof EnvironmentError || error instanceof DataError || error instanceof StorageError;
    send(unable ? { kind: 'unable', text: error.message } : { kind: 'crashed', text: error.message });
    return unable ? workerExit.unable : workerExit.crashed;
  }
}

/** A rank that is not the first: records are the first one's. */
async function follow(task: WorkerTask, work: Work, signal: AbortSignal): Promise<number> {
  const { status } = await work(task, send, signal);
  return status === 'interrupted' ? workerExit.interrupted : workerExit.finished;
}

async function workAlone(task: WorkerTask, work: Work, signal: AbortSignal): Promise<number> {
  // A worker of a start that was killed may still be saving this very run.
  const release = await waitForLock(task.folder, signal, ({ pid, host, stopped }) =>
    send({
      kind: 'warning',
      text: `${task.folder} is held by process ${pid} on ${host}${stopped ? `, which is stopped: kill -CONT ${pid} lets it go on` : '; waiting for it'}`,
    }),
  );
  if (!release) return workerExit.interrupted;
  try {
    const before = orNull(readResult(task.folder));
    if (before?.status === 'done' && before.hash === task.hash) return workerExit.finished;
    if (signal.aborted) return workerExit.interrupted;
    const result = await work(task, send, signal);
    if (result.status === 'interrupted') return workerExit.interrupted;
    await writeJson(join(task.folder, 'result.json'), result);
    // Only now: until the result is on disk, the checkpoint is all that there is of the run.
    if (result.status === 'done') await removeCheckpoint(task.folder);
    send({ kind: 'finished', result });
    return workerExit.finished;
  } finally {
    await release();
  }
}

/** With a callback: a parent that has died meanwhile is no error. */
function send(message: WorkerMessage): void {
  if (process.connected) process.send?.(message, () => {});
}
