import type { Augmentation, Evaluation } from '../config/recipe.js';
import { createGenerator, permutation } from '../random/generator.js';
import type { Batch, Dataset } from './dataset.js';
import { createFinish, type Prepared } from './pictures/finish.js';
import { meanColour } from './pictures/normalise.js';
import type { Preparation } from './pictures/prepare.js';
import type { Item } from './threads/job.js';
import { openPreparer } from './threads/preparer.js';
import { countReads } from './unreadable.js';

interface Batches {
  readonly dataset: Dataset;
  readonly resolution: number;
  /** Pictures a batch. */
  readonly batchSize: number;
  /** How pictures are fitted to the resolution where nothing is left to chance. */
  readonly evaluation?: Pick<Evaluation, 'crop_ratio' | 'interpolation'>;
  /** Whether pictures count as of one small size; left out, where the dataset's are. */
  readonly small?: boolean;
  /** Threads that prepare; left out, as many as the work is worth. What comes out is the same. */
  readonly threads?: number;
  /** Cores that are this run's; left out, all of the machine. */
  readonly cores?: number;
  /** Which batches are this process's; left out, all. */
  readonly part?: Part;
  /** Told once about each picture that cannot be read, and is shown as its dataset's mean colour; above 1 % of the split the batches end in a `DataError`. */
  readonly onDamaged?: (text: string) => void;
}

export interface TrainingBatches extends Batches {
  /** Batches of an epoch; what is left over of the pictures waits for the next epoch's order. */
  readonly batchesPerEpoch: number;
  readonly augmentation: Augmentation;
  readonly labelSmoothing: number;
  readonly seed: number;
  /** Global number of the first batch: a run that goes on sees what it would have seen. */
  readonly from: number;
}

export type EvaluationBatches = Batches;

/** Of every `of` batches, those from `first` on, `count` of them. */
export interface Part {
  readonly first: number;
  readonly count: number;
  readonly of: number;
}

const isIn = (number: number, { first, count, of }: Part = { first: 0, count: 1, of: 1 }): boolean =>
  number % of >= first && number % of < first + count;

/**
 * Batches without end. Batch k is the same whatever it is started from and however many threads prepare it: the order
 * has a stream for each epoch, augmentation and erasing one for each epoch and picture, mixing one for each batch.
 * Ending the iteration ends the threads.
 */
export function trainingBatches(options: TrainingBatches): AsyncGenerator<Batch, never> {
  const { dataset, batchSize, batchesPerEpoch, seed } = options;
  const { repeats } = options.augmentation;
  let order: Uint32Array = new Uint32Array();
  let ordered = -1;
  const itemsOf = (number: number): Item[] => {
    const epoch = Math.floor(number / batchesPerEpoch);
    if (epoch !== ordered) {
      order = permutation(dataset.length, createGenerator(seed, `order/${epoch}`));
      ordered = epoch;
    }
    const start = (number % batchesPerEpoch) * batchSize;
    return Array.from({ length: batchSize }, (_, at) => {
      const place = Math.floor((start + at) / repeats);
      const view = (start + at) % repeats;
      // A set smaller than a batch fills it by going round.
      const index = order[place % order.length] as number;
      return { index, seed, stream: `augmentation/${epoch}/${index}${view > 0 ? `/${view}` : ''}` };
    });
  };
  function* numbers() {
    for (let number = options.from; ; number++) {
      if (!isIn(number, options.part)) continue;
      yield { items: itemsOf(number), mixing: { seed, stream: `mixing/${number}` } };
    }
  }
  return make(options, options.augmentation, options.labelSmoothing, numbers()) as AsyncGenerator<Batch, never>;
}

/** The whole set once, in its order, or a part of its batches. Batches are of full size, the last one filled up with zeros: `size` says how many are real. */
export function evaluationBatches(options: EvaluationBatches): AsyncGenerator<Batch> {
  const { dataset, batchSize } = options;
  function* numbers() {
    for (let start = 0; start < dataset.length; start += batchSize) {
      if (!isIn(start / batchSize, options.part)) continue;
      const size = Math.min(batchSize, dataset.length - start);
      yield {
        items: Array.from({ length: size }, (_, at) => ({ index: start + at, seed: 0, stream: '' })),
        mixing: null,
      };
    }
  }
  return make(options, null, 0, numbers());
}

/** Batches that are under way before they are asked for, where threads make them. */
const batchesAhead = 2;

async function* make(
  { dataset, resolution, batchSize, evaluation, small, threads, cores, onDamaged = warn }: Batches,
  augmentation: Augmentation | null,
  labelSmoothing: number,
  numbers: Iterator<Pick<Prepared, 'items' | 'mixing'>>,
): AsyncGenerator<Batch> {
  const preparation: Preparation = {
    resolution,
    augmentation,
    evaluation: evaluation ?? { crop_ratio: 1, interpolation: 'bicubic' },
    fill: meanColour(dataset),
    small: small ?? dataset.size !== null,
  };
  const preparer = openPreparer(dataset, preparation, { threads, cores });
  const finish = createFinish({ dataset, resolution, batchSize, augmentation, labelSmoothing });
  const rooms: Uint8Array[] = [];
  const reads = countReads(dataset, onDamaged);

  const start = async (batch: Pick<Prepared, 'items' | 'mixing'>): Promise<Batch> => {
    const bytes = rooms.pop() ?? preparer.room(batchSize * resolution * resolution * 3);
    const unreadable = await preparer.prepare(batch.items, bytes);
    for (const one of unreadable) reads.add(one);
    const finished = await finish({ ...batch, bytes, unreadable });
    rooms.push(bytes);
    return finished;
  };

  const ahead = preparer.threads > 0 ? batchesAhead : 0;
  const waiting: Promise<Batch>[] = [];
  try {
    for (;;) {
      while (waiting.length <= ahead) {
        const next = numbers.next();
        if (next.done) break;
        const batch = start(next.value);
        // Whoever waits for it learns of an error; until then it is no unhandled one.
        batch.catch(() => {});
        waiting.push(batch);
      }
      const first = waiting.shift();
      if (!first) return;
      yield await first;
    }
  } finally {
    await preparer.close();
  }
}

const warn = (text: string): void => void process.stderr.write(`${text}\n`);
