import type { Comparison } from '../../src/statistics/family.js';
import type { Contrast } from '../../src/statistics/null-distribution.js';
import { pairedDifference } from '../../src/statistics/paired.js';
import { bySeed } from './reference.js';

/** Network k + 1's parent: 13 steps along a road and three more values of a sweep. */
const parents = [0, 1, 2, 3, 4, 5, 6, 7, 7, 7, 7, 9, 12, 13, 14, 15];

/** Top-1 of reports/fashion-mnist-road by network, three seeds each. */
const top1 = [
  [73.54, 74.34, 72.6],
  [77.78, 76.88, 76.8],
  [74.76, 77.04, 76.88],
  [75.56, 76.3, 74.9],
  [71.22, 71.06, 68.4],
  [73.84, 73.38, 73.86],
  [74.58, 75.34, 72.44],
  [72.0, 71.82, 72.32],
  [74.1, 72.12, 72.66],
  [72.36, 72.68, 72.54],
  [71.28, 72.4, 71.78],
  [72.22, 72.3, 72.44],
  [74.92, 75.14, 73.84],
  [80.66, 80.66, 80.5],
  [79.6, 79.8, 79.2],
  [77.3, 78.68, 78.48],
  [77.86, 78.62, 78.42],
];
export const networks = top1.map((values, at) => ({ name: String(at), results: bySeed(values) }));

const terms = parents.map(
  (parent, step) =>
    [
      [String(step + 1), 1],
      [String(parent), -1],
    ] as const,
);

/** The road's 16 steps, of other results where given. */
export const steps = (results = networks.map((network) => network.results)): Comparison[] =>
  parents.map((parent, step) => ({
    terms: terms[step] as Comparison['terms'],
    difference: pairedDifference(results[step + 1] as Map<number, number>, results[parent] as Map<number, number>),
  }));

export const contrasts = (seeds: number): Contrast[] =>
  terms.map((own) => ({ terms: own, seeds: Array.from({ length: seeds }, (_, seed) => seed), informs: true }));
