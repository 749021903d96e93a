import type { Engine, RunnableStep } from '../engine/engine.js';
import type { Group } from '../engine/group.js';
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

/**
 * What a network says of each picture, in the set's order: its loss, and how many wrong classes score at least as high as
 * the right one; a rank of -1 where the picture could not be read.
 */
interface Judged {
  readonly losses: number[];
  readonly ranks: number[];
}

/** Runs an evaluation step over batches and counts. Each picture once; padding and what could not be read are left out. */
export async function evaluate(
  engine: Engine,
  step: RunnableStep,
  batches: AsyncIterable<Batch>,
  resolution: number,
  classes: number,
): Promise<Measured> {
  return count(await judge(engine, step, batches, resolution, classes));
}

/**
 * The same by several processes: this one's batches are every `group.size`th from its own number on. What each says of its
 * pictures is put in the set's order again, so that all add up what one process would, term by term.
 *
 * @param pictures of the whole set.
 */
export async function evaluateTogether(
  group: Group,
  set: { readonly pictures: number; readonly batchSize: number },
  judging: Parameters<typeof judge>,
): Promise<Measured> {
  const { losses, ranks } = await judge(...judging);
  const { pictures, batchSize } = set;
  const rounds = Math.ceil(pictures / batchSize / group.size);
  const room = rounds * batchSize;
  const told = new Float32Array(2 * room);
  told.set(losses, 0);
  told.set(ranks, room);
  const all = await group.exchange(told);
  const whole: Judged = { losses: [], ranks: [] };
  for (let picture = 0; picture < pictures; picture++) {
    const batch = Math.floor(picture / batchSize);
    const from = all[batch % group.size] as Float32Array;
    const at = Math.floor(batch / group.size) * batchSize + (picture % batchSize);
    whole.losses.push(from[at] as number);
    whole.ranks.push(from[room + at] as number);
  }
  return count(whole);
}

async function judge(
  { ops: { tf } }: Engine,
  step: RunnableStep,
  batches: AsyncIterable<Batch>,
  resolution: number,
  classes: number,
): Promise<Judged> {
  const judged: Judged = { losses: [], ranks: [] };
  for await (const batch of batches) {
    const length = batch.images.length / (resolution * resolution * 3);
    const images = tf.tensor(batch.images, [length, resolution, resolution, 3]);
    const targets = tf.tensor(batch.targets, [length, classes]);
    const outputs = await step.run({ images, targets });
    const [losses, ranks] = await Promise.all([outputs.loss?.data(), outputs.rank?.data()]);
    tf.dispose([images, targets, outputs as never]);
    const blank = new Set(batch.unreadable?.map(({ place }) => place));
    for (let at = 0; at < batch.size; at++) {
      judged.losses.push(losses?.[at] as number);
      judged.ranks.push(blank.has(at) ? -1 : (ranks?.[at] as number));
    }
  }
  return judged;
}

function count({ losses, ranks }: Judged): Measured {
  let count = 0;
  let loss = 0;
  let first = 0;
  let fifth = 0;
  for (const [at, rank] of ranks.entries()) {
    if (rank < 0) continue;
    count++;
    loss += losses[at] as number;
    if (rank < 1) first++;
    if (rank < 5) fifth++;
  }
  return { top1: first / count, top5: fifth / count, loss: loss / count, unreadable: ranks.length - count };
}
