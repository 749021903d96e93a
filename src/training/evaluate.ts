import type { Engine, RunnableStep } from '../engine/engine.js';
import type { Batch } from '../data/dataset.js';
import type { Predictions } from '../records/predictions.js';

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
  readonly predictions: Predictions;
}

/** Runs an evaluation step over batches and counts. Each picture once; padding and what could not be read are left out. */
export async function evaluate(
  { ops: { tf } }: Engine,
  step: RunnableStep,
  batches: AsyncIterable<Batch>,
  resolution: number,
  classes: number,
): Promise<Measured> {
  const said: Said[] = [];
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
    const [losses, ranks, logits] = await Promise.all(
      [outputs.loss, outputs.rank, outputs.logits].map(async (output) => (await output?.data()) as Float32Array),
    );
    tf.dispose([images, targets, outputs as never]);
    const blank = new Set(batch.unreadable?.map(({ place }) => place));
    for (let at = 0; at < batch.size; at++) {
      const label = batch.labels[at] as number;
      if (blank.has(at)) {
        said.push({ label, predicted: classes, loss: Number.NaN, confidence: Number.NaN });
        continue;
      }
      const rank = ranks?.[at] as number;
      const own = losses?.[at] as number;
      loss += own;
      if (rank < 1) first++;
      if (rank < 5) fifth++;
      const scores = (logits as Float32Array).subarray(at * classes, (at + 1) * classes);
      said.push({ label, loss: own, ...named(scores, label, rank < 1) });
    }
    count += batch.size - blank.size;
    unreadable += blank.size;
  }
  const top = { top1: first / count, top5: fifth / count, loss: loss / count };
  return { ...top, unreadable, predictions: inColumns(said, classes) };
}

/** What is said of one picture. */
interface Said {
  readonly label: number;
  readonly predicted: number;
  readonly loss: number;
  readonly confidence: number;
}

/** The class of the highest score and its probability; of a tie with the right class, another, since ties are wrong. */
function named(scores: Float32Array, label: number, right: boolean): Pick<Said, 'predicted' | 'confidence'> {
  let predicted = right ? label : label === 0 ? 1 : 0;
  for (let at = 0; at < scores.length && !right; at++) {
    if (at !== label && (scores[at] as number) > (scores[predicted] as number)) predicted = at;
  }
  const highest = scores[predicted] as number;
  let sum = 0;
  for (const score of scores) sum += Math.exp(score - highest);
  return { predicted, confidence: 1 / sum };
}

const inColumns = (said: readonly Said[], classes: number): Predictions => ({
  classes,
  label: Uint32Array.from(said, ({ label }) => label),
  predicted: Uint32Array.from(said, ({ predicted }) => predicted),
  loss: Float32Array.from(said, ({ loss }) => loss),
  confidence: Float32Array.from(said, ({ confidence }) => confidence),
});
