import type { Recipe } from '../config/recipe.js';

/** How a recipe's batch is cut into passes. Throws where it does not divide. */
export function passesOf({ batch_size, micro_batch_size }: Recipe): { passes: number; batchSize: number } {
  const batchSize = Math.min(micro_batch_size ?? batch_size, batch_size);
  if (batch_size % batchSize !== 0) {
    throw new Error(`micro_batch_size ${batchSize} does not divide batch_size ${batch_size}`);
  }
  return { passes: batch_size / batchSize, batchSize };
}

/**
 * The order in which the gradients of an optimizer step's passes are added up: those of its halves, and of halves of these,
 * as long as they can be halved; what is left, one after the other. The half of a batch that another process takes is then
 * added as this one would have added it.
 */
export interface PassOrder {
  /** Passes that go into the lowest sum, one after the other. */
  readonly unit: number;
  /** Sums that are kept at a time: each takes two of the one below. 0 where there is one pass. */
  readonly levels: number;
}

export function passOrder(passes: number): PassOrder {
  if (passes === 1) return { unit: 1, levels: 0 };
  let odd = passes;
  while (odd % 2 === 0) odd /= 2;
  const unit = odd === 1 ? 2 : odd;
  return { unit, levels: 1 + Math.log2(passes / unit) };
}

/** The sums that are whole after so many passes, lowest first: each goes into the one above. */
export function wholeAfter(done: number, { unit, levels }: PassOrder): number[] {
  const whole: number[] = [];
  for (let level = 0; level + 1 < levels && done % (unit * 2 ** level) === 0; level++) whole.push(level);
  return whole;
}
