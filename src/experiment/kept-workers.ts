import type { WorkerMessage } from '../training/messages.js';
import { startWorker, type WaitingWorker, type WorkerEnd, type WorkerHandle } from './worker-handle.js';
import { mayShareProcess, trainedAlike, type WorkerTask, workerExit } from './worker-task.js';

/** Starts workers, each in a process of its own or in one that has done a run before. */
export type WorkerStart = (task: WorkerTask, log: string, onMessage: (message: WorkerMessage) => void) => RunningWorker;

/** A worker that may go on in another process. */
export interface RunningWorker {
  pid(): number | undefined;
  readonly ended: Promise<WorkerEnd>;
  signal(name: NodeJS.Signals): void;
}

/** What no run comes for within this has none to come; each holds the memory of a loaded library. */
const patienceMilliseconds = 2000;

/**
 * A process that has done a run takes the next one of the same network: node, the program, TensorFlow and the data are
 * loaded once for all seeds. Nothing of a run is in the next one's numbers. A run that ends its process ends no other.
 */
export function keepWorkers(file: string): WorkerStart {
  const waiting = new Map<WaitingWorker, string>();

  return (task, log, onMessage) => {
    const surroundings = surroundingsOf(task);
    let asked = false;
    let worker: WorkerHandle;
    const kept = take(mayShareProcess(task) ? surroundings : null);
    const ended = kept ? begin(kept) : fresh();
    return {
      pid: () => worker.pid,
      ended,
      signal(name) {
        asked = true;
        worker.signal(name);
      },
    };

    async function begin(process: WaitingWorker): Promise<WorkerEnd> {
      let heard = false;
      worker = process.give(task, log, (message) => {
        heard = true;
        onMessage(message);
      });
      const end = await worker.ended;
      // It was about to end when it was given the task: whatever ended it was not this run.
      if (!heard && !asked && end.code !== workerExit.finished) return fresh();
      return settle(end);
    }

    async function fresh(): Promise<WorkerEnd> {
      worker = startWorker(file, task, log, onMessage);
      return settle(await worker.ended);
    }

    function settle(end: WorkerEnd): WorkerEnd {
      if (end.waiting) keep(end.waiting, surroundings);
      return end;
    }
  };

  /** One that is alive and has these surroundings; where there is none, all make room for the process to come. */
  function take(surroundings: string | null): WaitingWorker | undefined {
    const found = [...waiting].find(([process, own]) => own === surroundings && process.isAlive())?.[0];
    if (found) {
      waiting.delete(found);
      return found;
    }
    for (const process of waiting.keys()) process.dismiss();
    waiting.clear();
    return undefined;
  }

  function keep(process: WaitingWorker, surroundings: string): void {
    waiting.set(process, surroundings);
    setTimeout(() => {
      if (waiting.delete(process)) process.dismiss();
    }, patienceMilliseconds).unref();
  }
}

/**
 * What a process has been started for. The network and its recipe are part of it: TensorFlow keeps memory of what it has
 * run, as much again for the same network and more for another, which would count as that one's.
 */
const surroundingsOf = ({ spec, threads, gpu, eager }: WorkerTask): string =>
  JSON.stringify([trainedAlike(spec), spec.device, spec.compiler, threads, gpu, eager]);
