import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readResult, orNull } from '../records/read.js';
import type { RunResult } from '../records/result.js';
import { writeJson } from '../records/write.js';
import type { WorkerMessage } from '../training/messages.js';
import { isStopped } from './lock.js';
import { trainTogether } from './ranks.js';
import { keepWorkers, type WorkerStart } from './kept-workers.js';
import type { WorkerEnd } from './worker-handle.js';
import { type RunTask, type WorkerTask, workerExit } from './worker-task.js';

/** How a run ended. */
export type RunEnd =
  | RunResult
  /** It goes on next time: from the step that was saved now, or, null, from whatever checkpoint there was before. */
  | { readonly status: 'interrupted'; readonly saved: number | null }
  /** Done by all ranks; this program has not the first, which has the result. */
  | { readonly status: 'followed' }
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

/** How an execution ends, the wishes that it stop or be killed passed on to it meanwhile. */
export async function endUnder(execution: Execution, stop: AbortSignal, kill: AbortSignal): Promise<RunEnd> {
  const onStop = () => execution.stop();
  const onKill = () => execution.kill();
  stop.addEventListener('abort', onStop);
  kill.addEventListener('abort', onKill);
  const end = await execution.ended;
  stop.removeEventListener('abort', onStop);
  kill.removeEventListener('abort', onKill);
  return end;
}

/** Runs a task somewhere: here in a process of its own, or several. */
export type Executor = (task: RunTask, onMessage: (message: WorkerMessage) => void) => Execution;

const workerFile = fileURLToPath(new URL('./worker.js', import.meta.url));

/** How often a worker is looked at: one that was stopped from outside says nothing. */
const lookMilliseconds = 5000;

/**
 * A child process a run, or one a rank; its output goes to log.txt. One that has done its run takes another of the same
 * network. A run that ends without a result leaves one that says how it ended, so that the suite can go on and the report
 * can name the reason. A done result stands, however the process ended.
 *
 * @param file the worker's program; tests put their own here.
 */
export function localProcesses(file = workerFile): Executor {
  const start = keepWorkers(file);
  return (task, onMessage) => {
    let asked = false;
    let saved: number | null = null;
    const listen = (message: WorkerMessage): void => {
      if (message.kind === 'saved') saved = message.step;
      onMessage(message);
    };
    const together = task.ranks > 1;
    const run = together ? trainTogether(file, task, listen) : trainAlone(start, task, listen);
    const leads = (task.seat?.rank ?? 0) === 0;
    const signal = (name: NodeJS.Signals) => {
      asked = true;
      run.signal(name);
    };
    return { ended: settle(), stop: () => signal('SIGTERM'), kill: () => signal('SIGKILL') };

    async function settle(): Promise<RunEnd> {
      const { code, name, text, described } = await run.ended;
      if (!leads && code === workerExit.finished) return { status: 'followed' };
      const result = orNull(readResult(task.folder));
      const own = result?.hash === task.hash ? result : null;
      if (own?.status === 'done' || (own && code === workerExit.finished)) return own;
      if (code === workerExit.unable) return { status: 'unable', reason: text ?? 'the worker could not start' };
      // Told to end before it could listen, which Slurm does to every process of a task: nothing is lost.
      if (code === workerExit.interrupted || asked || name === 'SIGTERM') return { status: 'interrupted', saved };
      const failed: RunResult = {
        schema: 'ablate/result/1',
        status: 'failed',
        hash: task.hash,
        reason: text ?? described,
        step: null,
        finishedAt: new Date().toISOString(),
      };
      if (leads) await writeJson(join(task.folder, 'result.json'), failed);
      return failed;
    }
  };
}

/** The processes of a run, as one. */
export interface RunProcesses {
  readonly ended: Promise<WorkerEnd>;
  signal(name: NodeJS.Signals): void;
}

function trainAlone(
  start: WorkerStart,
  { ranks: _, seat: __, gpus, ...task }: RunTask,
  onMessage: (message: WorkerMessage) => void,
): RunProcesses {
  const own: WorkerTask = { ...task, gpu: gpus[0] ?? null, group: null };
  const worker = start(own, join(task.folder, 'log.txt'), onMessage);
  const looking = setInterval(() => {
    const pid = worker.pid();
    if (pid === undefined || !isStopped(pid)) return;
    clearInterval(looking);
    const text = `${task.spec.variant} seed ${task.spec.seed}: its process was stopped from outside; kill -CONT ${pid} lets it go on`;
    onMessage({ kind: 'warning', text });
  }, lookMilliseconds).unref();
  const ended = worker.ended.finally(() => clearInterval(looking));
  return { ended, signal: worker.signal };
}
