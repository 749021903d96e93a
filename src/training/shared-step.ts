import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { Step } from '../engine/engine.js';
import type { Group } from '../engine/group.js';
import { flatAverages, moveOn } from './averages.js';
import { backward, clear, type StepParts, updater } from './steps.js';

/** Numbers before the losses in what a rank tells the others at a step: the step's and whether it wishes to stop. */
const told = 2;
/** Up to here floats hold every whole number. */
const mostStep = 2 ** 20;

/**
 * A rank's last pass of an optimizer step, and the step itself: the gradients of all ranks' passes are summed and applied,
 * the running averages of all passes move on in the passes' order. Feeds as `trainingStep`, `said` (the step's number, the
 * wish to stop, the losses of the passes before) and, where there were any, `averages` of the passes before `[n - 1, S]`;
 * gives `heard` `[ranks, 2 + n]`, what each rank said with all its losses.
 *
 * @param passes those of this rank.
 */
export function sharedStep(parts: StepParts, group: Group, passes: number): Step {
  const { ops, state } = parts;
  const { tf } = ops;
  const apply = updater(parts);
  const head = told + passes;
  return (feeds) => {
    const { loss, gradients, averages } = backward(parts, feeds);
    let sums: readonly Tensor[] = gradients;
    for (const level of state.sums) sums = level.map((sum, at) => tf.add(sum, sums[at] as Tensor));
    const totals = group.sum(sums);

    const own: Tensor1D[] = [feeds.said as Tensor1D, tf.reshape(loss, [1])];
    const flat = averages.size > 0 ? flatAverages(ops, state, averages) : null;
    if (flat && feeds.averages) own.push(tf.reshape(feeds.averages, [-1]) as Tensor1D);
    if (flat) own.push(flat.values);
    const size = flat?.momenta.length ?? 0;
    const all = tf.reshape(group.gather(tf.concat1d(own)), [group.size, head + passes * size]) as Tensor2D;
    if (flat) {
      const values = tf.reshape(tf.slice(all, [0, head], [group.size, passes * size]), [group.size * passes, size]);
      moveOn(ops, flat, tf.unstack(values));
    }
    apply(totals, feeds);
    clear(parts, [...state.sums.keys()]);
    return { heard: tf.slice(all, [0, 0], [group.size, head]) };
  };
}

/** What `sharedStep` is fed as `said`. */
export const said = (step: number, stop: boolean, losses: readonly number[]): Float32Array =>
  Float32Array.of(step % mostStep, stop ? 1 : 0, ...losses);

/** What `heard` says: the losses of all passes in their order, and whether a rank wishes to stop. Throws where ranks are at different steps. */
export function heard(
  values: Float32Array,
  group: Pick<Group, 'rank' | 'size'>,
  step: number,
): { losses: number[]; stop: boolean } {
  const length = values.length / group.size;
  const of = Array.from({ length: group.size }, (_, rank) => values.subarray(rank * length, (rank + 1) * length));
  const astray = of.findIndex(([number]) => number !== step % mostStep);
  if (astray >= 0)
    throw new Error(`rank ${astray} was at step ${of[astray]?.[0]} while rank ${group.rank} was at ${step % mostStep}`);
  return { losses: of.flatMap((one) => [...one.subarray(told)]), stop: of.some(([, stop]) => stop !== 0) };
}
