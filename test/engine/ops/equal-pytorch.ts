import { expect, test } from 'vitest';
import type { Ops } from '../../../src/engine/ops.js';
import { cases, type OpName, optimizers } from './fixtures.js';
import { type Distance, measureOp, measureOptimizer } from './measure.js';

export interface Tolerances {
  readonly op: number;
  readonly optimizer: number;
}

/** Registers a test for every operation and optimizer in the fixtures. @param ops the operations, asked for when a test runs. */
export function equalPytorch(ops: () => Ops, { op, optimizer }: Tolerances = { op: 1e-5, optimizer: 1e-6 }): void {
  const names = [...new Set(cases.map((given) => given.op))] satisfies OpName[];
  test.each(names)('%s', async (name) => {
    const apart: string[] = [];
    for (const given of cases.filter((one) => one.op === name))
      apart.push(...beyond(op, given.name, await measureOp(ops(), given)));
    expect(apart).toEqual([]);
  });
  test.each(optimizers.map((given) => [given.name, given] as const))('%s', async (name, given) => {
    expect(beyond(optimizer, name, await measureOptimizer(ops(), given))).toEqual([]);
  });
}

function beyond(tolerance: number, name: string, distances: readonly Distance[]): string[] {
  return distances
    .filter(({ distance }) => !(distance <= tolerance))
    .map(({ what, distance }) => `${name}: ${what} is ${distance.toExponential(1)} away`);
}
