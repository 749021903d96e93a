import { Worker } from 'node:worker_threads';
import { createGenerator } from '../random/generator.js';
import type { Float64Result, Float64Task } from './float64-worker.js';
import type { LayerValues } from './layer-run.js';

/** Single places and random directions of each tensor: a wrong gradient shows in the second, where it is in the first. */
const places = 8;
const mixtures = 4;

/** Directions to differentiate along, by `x` or a parameter's name. */
export function directionsOf({ x, parameters }: LayerValues, trained: readonly string[]): Float64Task['directions'] {
  const generator = createGenerator(0, 'check-step/directions');
  const tensors = [['x', x] as const, ...trained.map((name) => [name, parameters[name] as Float32Array] as const)];
  return tensors.flatMap(([of, { length }]) => [
    ...Array.from({ length: Math.min(places, length) }, () => {
      const by = new Float32Array(length);
      by[generator.below(length)] = 1;
      return { of, by };
    }),
    ...Array.from({ length: mixtures }, () => ({ of, by: new Float32Array(length).map(() => generator.normal()) })),
  ]);
}

/** A layer in float64, in a thread of its own. Throws what the thread throws. */
export function inFloat64(task: Float64Task): Promise<Float64Result> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./float64-worker.js', import.meta.url), { workerData: task });
    worker.once('message', (result: Float64Result) => {
      resolve(result);
      void worker.terminate();
    });
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the thread that computes in float64 ended with code ${code}`)));
  });
}
