/** Keeps a CPU busy while the first of the shared numbers is 1; the second counts those that are at it. */
import { workerData } from 'node:worker_threads';
import { burn } from './cpu-load.js';

const [wanted, busy] = [0, 1];
const state = workerData as Int32Array;
burn(5e6);
for (;;) {
  Atomics.wait(state, wanted, 0);
  Atomics.add(state, busy, 1);
  while (Atomics.load(state, wanted) === 1) burn(1e5);
  Atomics.sub(state, busy, 1);
}
