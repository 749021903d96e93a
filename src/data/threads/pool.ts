import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Item, Job, JobDone, ThreadSetup } from './job.js';
import type { UnreadablePlace } from '../unreadable.js';

/** Threads that prepare batches. */
export interface Pool {
  /** Writes prepared pictures to the places of `into`, which lies in shared memory; gives those that could not be read. */
  prepare(items: readonly Item[], into: Uint8Array): Promise<UnreadablePlace[]>;
  close(): Promise<void>;
}

/** Jobs that a thread is given before it has answered: the next is at hand when one ends. */
const jobsAhead = 2;

interface Thread {
  readonly worker: Worker;
  busy: number;
}

interface Waiting {
  resolve(unreadable: readonly UnreadablePlace[]): void;
  reject(error: Error): void;
}

/**
 * Starts threads on a source. Which thread does what depends on which is free; what comes out does not. A thread that
 * fails fails every batch under way.
 *
 * @param chunk pictures a job: few where each is work, many where each is little.
 */
export function openPool(setup: ThreadSetup, threads: number, chunk: number): Pool {
  const waiting = new Map<number, Waiting>();
  const queue: Job[] = [];
  let jobs = 0;
  let failure: Error | null = null;
  let closing = false;

  const fail = (error: Error): void => {
    failure ??= error;
    for (const { reject } of waiting.values()) reject(failure);
    waiting.clear();
    queue.length = 0;
  };
  const team = Array.from({ length: threads }, (): Thread => {
    const thread: Thread = { worker: startThread(setup), busy: 0 };
    thread.worker.on('message', ({ id, unreadable }: JobDone) => {
      thread.busy--;
      const job = waiting.get(id);
      waiting.delete(id);
      job?.resolve(unreadable);
      share();
    });
    thread.worker.on('error', fail);
    // Alone it must not keep the process alive.
    thread.worker.unref();
    return thread;
  });

  function share(): void {
    for (;;) {
      const free = team.reduce((least, thread) => (thread.busy < least.busy ? thread : least));
      if (free.busy >= jobsAhead) return;
      const job = queue.shift();
      if (!job) return;
      free.busy++;
      free.worker.postMessage(job);
    }
  }

  return {
    async prepare(items, into) {
      const parts: Promise<readonly UnreadablePlace[]>[] = [];
      for (let first = 0; first < items.length; first += chunk) {
        const job = { id: jobs++, items: items.slice(first, first + chunk), into, first };
        parts.push(
          new Promise((resolve, reject) => {
            if (failure) return reject(failure);
            waiting.set(job.id, { resolve, reject });
            queue.push(job);
          }),
        );
      }
      for (const { worker } of team) worker.ref();
      share();
      try {
        return (await Promise.all(parts)).flat();
      } finally {
        if (waiting.size === 0 && !closing) for (const { worker } of team) worker.unref();
      }
    },
    async close() {
      closing = true;
      fail(new Error('the pipeline was closed'));
      // Their end is waited for, so they count again.
      for (const { worker } of team) worker.ref();
      await Promise.all(team.map(({ worker }) => worker.terminate()));
    },
  };
}

function startThread(workerData: ThreadSetup): Worker {
  const sources = import.meta.url.endsWith('.ts');
  const file = fileURLToPath(new URL(sources ? './thread.ts' : './thread.js', import.meta.url));
  if (!sources) return new Worker(file, { workerData });
  // Run from the sources, as tests do, a thread needs what reads TypeScript.
  const load = `import('jiti').then(({ createJiti }) => createJiti(${JSON.stringify(file)}).import(${JSON.stringify(file)}))`;
  return new Worker(load, { eval: true, workerData });
}
