import type { Engine, RunnableStep } from '../engine/engine.js';
import type { Batch } from '../data/dataset.js';

/** Shares in [0, 1] and the mean loss over a set. */
export interface Accuracy {
  readonly top1: number;
  readonly top5: number;
  readonly loss: number;
}

/** What a set measures. */
export interface Measured extends Accuracy {
  /** Pictures that could not be read: they are in none of the numbers. */
  readonly unreadable: number;
}

/** Runs an evaluation step over batches and counts. Each picture once; padding and what could not be read are left out. */
export async function evaluate(
  { ops: { tf } }: Engine,
  step: RunnableStep,
  batches: AsyncIterable<Batch>,
  resolution: number,
  classes: number,
): Promise<Measured> {
  let count = 0;
  let loss = 0;
  let first = 0;
  let fifth = 0;
  let unreadable = 0;
  for await (const batch of batches) {
    const length = batch.images.length / (resolution * resolution * 3);
    const images = tf.tensor(batch.images, [length, resolution, resolution, 3]);
    const targets = tf.tensor(batch.targets, [length, classes]);
    const outputs = await step.run({ images, targets });
    const [losses, ranks] = await Promise.all([outputs.loss?.data(), outputs.rank?.data()]);
    tf.dispose([images, targets, outputs as never]);
    const blank = new Set(batch.unreadable?.map(({ place }) => place));
    for (let at = 0; at < batch.size; at++) {
      if (blank.has(at)) continue;
      const rank = ranks?.[at] as number;
      loss += losses?.[at] as number;
      if (rank < 1) first++;
      if (rank < 5) fifth++;
    }
    count += batch.size - blank.size;
    unreadable += blank.size;
  }
  return { top1: first / count, top5: fifth / count, loss: loss / count, unreadable };
}
