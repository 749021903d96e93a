import type { Engine, RunnableStep } from '../engine/engine.js';
import type { Group } from '../engine/group.js';
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

/** What a network says of one picture. */
interface Said {
  /** The right class. */
  readonly label: number;
  /** How many wrong classes score at least as high as the right one; -1 where the picture could not be read. */
  readonly rank: number;
  readonly loss: number;
  readonly predicted: number;
  readonly confidence: number;
}

const columns = ['label', 'rank', 'loss', 'predicted', 'confidence'] as const;

/** Runs an evaluation step over batches and counts. Each picture once; padding and what could not be read are left out. */
export async function evaluate(
  engine: Engine,
  step: RunnableStep,
  batches: AsyncIterable<Batch>,
  resolution: number,
  classes: number,
): Promise<Measured> {
  return count(await judge(engine, step, batches, resolution, classes), classes);
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
  const own = await judge(...judging);
  const { pictures, batchSize } = set;
  const rounds = Math.ceil(pictures / batchSize / group.size);
  const room = rounds * batchSize;
  const told = new Float32Array(columns.length * room);
  for (const [at, column] of columns.entries())
    told.set(
      own.map((one) => one[column]),
      at * room,
    );
  const all = await group.exchange(told);
  const whole = Array.from({ length: pictures }, (_, picture): Said => {
    const batch = Math.floor(picture / batchSize);
    const from = all[batch % group.size] as Float32Array;
    const at = Math.floor(batch / group.size) * batchSize + (picture % batchSize);
    const values = columns.map((column, index) => [column, from[index * room + at]]);
    return Object.fromEntries(values) as unknown as Said;
  });
  return count(whole, judging[4]);
}

async function judge(
  { ops: { tf } }: Engine,
  step: RunnableStep,
  batches: AsyncIterable<Batch>,
  resolution: number,
  classes: number,
): Promise<Said[]> {
  const said: Said[] = [];
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
        said.push({ label, rank: -1, predicted: classes, loss: Number.NaN, confidence: Number.NaN });
        continue;
      }
      const rank = ranks?.[at] as number;
      const scores = (logits as Float32Array).subarray(at * classes, (at + 1) * classes);
      said.push({ label, rank, loss: losses?.[at] as number, ...named(scores, label, rank < 1) });
    }
  }
  return said;
}

function count(said: readonly Said[], classes: number): Measured {
  const read = said.filter(({ rank }) => rank >= 0);
  const below = (bound: number): number => read.filter(({ rank }) => rank < bound).length / read.length;
  const loss = read.reduce((sum, one) => sum + one.loss, 0) / read.length;
  const unreadable = said.length - read.length;
  return { top1: below(1), top5: below(5), loss, unreadable, predictions: inColumns(said, classes) };
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
