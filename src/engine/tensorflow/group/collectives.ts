import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import type { OpAttribute } from '../binding.js';
import type { LoadedTensorflow } from '../load.js';
import { createAfter } from '../ops/after.js';
import { createRaw, floatType, float, integer, INT32, dataType, text } from '../raw.js';

/** TensorFlow's collective ops of one rank, for use inside steps. All are of floats. */
export interface Collectives {
  sum(tensors: readonly Tensor[]): Tensor[];
  gather(own: Tensor1D, within: number): Tensor1D;
  /** Rank 0's values on every rank; `place` tells apart the calls of one step. */
  broadcast(own: Tensor, place: number): Tensor;
}

/** Each sum has a cost of its own, about 0.4 ms, and a few large ones do not overlap: so many floats at a time. */
const bucketSize = 2 ** 21;

/**
 * Numbers by which the ranks know what belongs together: one a group of ranks, and in each one an exchange. They are the
 * same at every step, and for TensorFlow one stands for one shape as long as the process lives.
 */
const allRanks = 1;
const pairsFrom = 2;
const places = { sum: 1000, broadcast: 1_000_000, gather: 10_000_000 } as const;

export function createCollectives(
  loaded: LoadedTensorflow,
  { rank, size, timeout }: { readonly rank: number; readonly size: number; readonly timeout: number },
): Collectives {
  const { tf, backend } = loaded;
  const raw = createRaw(backend);
  const onGpu = backend.isUsingGpuDevice;
  const { after } = createAfter(loaded, 'tensorflow');
  const whole = (value: number): Tensor => tf.scalar(value, 'int32');
  const about = (within: number): OpAttribute[] => [
    floatType(),
    // Without the word it is the ring through the host's memory.
    text('communication_hint', onGpu ? 'nccl' : 'auto'),
    float('timeout_seconds', within),
  ];
  const add = [text('merge_op', 'Add'), text('final_op', 'Id'), integer('Nordering_token', 0)];

  function reduce(own: Tensor, ranks: number, group: number, place: number, within = timeout): Tensor {
    return raw.one('CollectiveReduceV2', [...about(within), ...add], [own, whole(ranks), whole(group), whole(place)]);
  }

  /** Every rank with that half as far along as the last: the sums of 0 and 1, 2 and 3, then of these. */
  function sumInPairs(own: Tensor, place: number): Tensor {
    let total = own;
    for (let level = 0; 2 ** level < size; level++) {
      const first = rank & ~(2 ** level);
      total = reduce(total, 2, pairsFrom + level * size + first, place + level);
    }
    return total;
  }

  // NCCL has a kernel of its own for each sum; and it wants them in one order on all ranks.
  const inPairs = !onGpu && Number.isInteger(Math.log2(size));
  const levels = Math.max(1, Math.ceil(Math.log2(size)));
  const placed = new Map<string, number>();
  let free: number = places.sum;

  /** The first place of a list of buckets: the same for lists of the same shapes, whenever they are asked for. */
  function placeOf(buckets: readonly (readonly Tensor[])[]): number {
    const key = String(buckets.flat().map((tensor) => tensor.size));
    const place = placed.get(key) ?? free;
    if (!placed.has(key)) free += buckets.length * levels;
    placed.set(key, place);
    return place;
  }

  return {
    sum(tensors) {
      let before: Tensor | null = null;
      const buckets = inBuckets(tensors);
      const first = placeOf(buckets);
      return buckets.flatMap((bucket, at) => {
        const flat: Tensor = tf.concat1d(bucket.map((tensor) => tf.reshape(tensor, [tensor.size]) as Tensor1D));
        const place = first + at * levels;
        const own = onGpu && before ? after(flat, before) : flat;
        const total = inPairs ? sumInPairs(own, place) : reduce(own, size, allRanks, place);
        before = total;
        return splitLike(total, bucket);
      });
    },

    gather(own, within) {
      const spread = tf.pad1d(own, [rank * own.size, (size - 1 - rank) * own.size]);
      return reduce(spread, size, allRanks, places.gather + own.size, within) as Tensor1D;
    },

    broadcast(own, place) {
      const who = [whole(size), whole(allRanks), whole(places.broadcast + place)];
      if (rank === 0) return raw.one('CollectiveBcastSendV2', about(timeout), [own, ...who]);
      const shape = tf.tensor1d(own.shape, 'int32');
      return raw.one('CollectiveBcastRecvV2', [...about(timeout), dataType('Tshape', INT32)], [...who, shape]);
    },
  };

  function splitLike(total: Tensor, like: readonly Tensor[]): Tensor[] {
    const parts = tf.split(
      total,
      like.map((tensor) => tensor.size),
    );
    return parts.map((part, at) => tf.reshape(part, (like[at] as Tensor).shape));
  }
}

function inBuckets(tensors: readonly Tensor[]): Tensor[][] {
  const buckets: Tensor[][] = [];
  let filled = bucketSize;
  for (const tensor of tensors) {
    if (filled >= bucketSize) {
      buckets.push([]);
      filled = 0;
    }
    (buckets.at(-1) as Tensor[]).push(tensor);
    filled += tensor.size;
  }
  return buckets;
}
