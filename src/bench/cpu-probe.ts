import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { burn } from './cpu-load.js';

/** Tells whether the machine's CPUs are each a core of their own just now. */
export interface CpuProbe {
  /**
   * How much longer the same arithmetic takes while the other CPUs do it too: 1 where each is a core, nearly 2 where two
   * are hyperthreads of one. A virtual machine's host may change that from one second to the next. Takes about 25 ms.
   */
  slowdown(): Promise<number>;
  close(): Promise<void>;
}

const rounds = 3e6;

/** A probe of so many CPUs, with a thread for each but the first. */
export async function createCpuProbe(cpus: number): Promise<CpuProbe> {
  const state = new Int32Array(new SharedArrayBuffer(8));
  const program = fileURLToPath(new URL('./cpu-load-worker.js', import.meta.url));
  const workers = Array.from({ length: cpus - 1 }, () => new Worker(program, { workerData: state }));
  await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('online', resolve))));
  for (let i = 0; i < 4; i++) burn(rounds);
  return {
    async slowdown() {
      const alone = time();
      Atomics.store(state, 0, 1);
      Atomics.notify(state, 0);
      while (Atomics.load(state, 1) < workers.length) await sleep(1);
      const together = time();
      Atomics.store(state, 0, 0);
      while (Atomics.load(state, 1) > 0) await sleep(1);
      return together / alone;
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

/** Milliseconds of the arithmetic, the better of two: the machine may have been elsewhere during one. */
function time(): number {
  const times = [0, 1].map(() => {
    const start = performance.now();
    burn(rounds);
    return performance.now() - start;
  });
  return Math.min(...times);
}
