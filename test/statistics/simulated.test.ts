/** How often verdicts are wrong and how often they find something: bench/statistics.mjs at a few of its cells. */
import { expect, it } from 'vitest';
// @ts-expect-error a plain script, shared with the benchmark
import { simulate } from '../../bench/statistics/studies.mjs';
import { createGenerator } from '../../src/random/generator.js';
import { judgeFamily } from '../../src/statistics/family.js';
import { nullDistribution } from '../../src/statistics/null-distribution.js';
import { pairedDifference } from '../../src/statistics/paired.js';
import { fitPrior, moderated } from '../../src/statistics/prior.js';

const statistics = { judgeFamily, nullDistribution, pairedDifference, fitPrior, moderated, createGenerator };
const run = (cell: object): { familyWiseError: number; coverage: number; power: number } => simulate(statistics, cell);

it('a study without effects names a step in one of twenty or less, and its intervals hold the truth together', () => {
  const equal = run({ studies: 1000, seeds: 5, spreads: 'equal' });
  expect(equal.familyWiseError).toBeLessThan(3.5);
  expect(equal.coverage).toBeGreaterThan(93);
  const shrunk = run({ studies: 1000, seeds: 5, spreads: 'shrunk' });
  expect(shrunk.familyWiseError).toBeLessThan(7.5);
  expect(shrunk.coverage).toBeGreaterThan(93);
  const study = run({ studies: 1000, seeds: 5, spreads: 'study-shrunk', errors: 't5' });
  expect(study.familyWiseError).toBeLessThan(6);
  expect(study.coverage).toBeGreaterThan(94);
});

it('a change of two standard deviations is found: one of six with three seeds, six of ten with five', () => {
  expect(Math.abs(run({ studies: 400, seeds: 3, effect: 2 }).power - 17)).toBeLessThan(4);
  expect(Math.abs(run({ studies: 400, seeds: 5, effect: 2 }).power - 61)).toBeLessThan(4);
});
