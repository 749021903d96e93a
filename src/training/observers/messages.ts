import { createDataWait } from '../data-wait.js';
import type { WorkerMessage } from '../messages.js';
import type { Observer } from './observer.js';

/** Milliseconds between two messages. */
const every = 500;

/** Tells whoever watches how far the run is and how fast, now and then, and once where it waits for its pictures. */
export function observeForMessages(send: (message: WorkerMessage) => void, batchSize: number): Observer {
  const watchWait = createDataWait((text) => send({ kind: 'warning', text }));
  let told = 0;
  let since = { steps: 0, milliseconds: 0 };
  return {
    onStep({ step, loss, ended, took, waited }) {
      watchWait(waited, took);
      since = { steps: since.steps + 1, milliseconds: since.milliseconds + took };
      const now = performance.now();
      if (now - told <= every && !ended) return;
      told = now;
      const imagesPerSecond = (1000 * since.steps * batchSize) / since.milliseconds;
      since = { steps: 0, milliseconds: 0 };
      send({ kind: 'progress', step, loss, imagesPerSecond });
    },
    onEvaluating: () => send({ kind: 'phase', phase: 'evaluating' }),
    onEvaluation: () => send({ kind: 'phase', phase: 'training' }),
  };
}
