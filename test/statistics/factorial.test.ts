import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { factorialEffects } from '../../src/statistics/factorial.js';
import { bySeed } from './reference.js';

interface Case {
  readonly steps: string[];
  readonly words: string[][];
  readonly cells: { on: string[]; results: number[] }[];
  readonly effects: { steps: string[]; effect: number }[];
}
/** factorial.py beside it makes it, by statsmodels. */
const cases = JSON.parse(
  readFileSync(new URL('../fixtures/statistics/factorial.json', import.meta.url), 'utf8'),
) as Case[];

describe('effects of a factorial', () => {
  const found = ({ steps, words, cells }: Case, seeds = 4) =>
    factorialEffects(
      { steps, words, cells: cells.map(({ on }) => ({ network: on.join('+'), on })) },
      new Map(cells.map(({ on, results }) => [on.join('+'), bySeed(results.slice(0, seeds))])),
    );

  it.each(cases)('are those of least squares: $words', (one) => {
    const effects = found(one);
    expect(effects.map(({ steps }) => steps)).toEqual(one.effects.map(({ steps }) => steps));
    effects.forEach(({ difference }, at) => {
      const right = one.effects[at]?.effect as number;
      expect(Math.abs((difference?.mean as number) - right)).toBeLessThan(1e-9 * Math.max(1, Math.abs(right)));
    });
  });

  it('name what they are mixed up with: of 2^(4-1) each pair with the pair of the other two', () => {
    const aliases = new Map(found(cases[1] as Case).map(({ steps, aliases: own }) => [steps.join(), own.map(String)]));
    expect(aliases.get('step-0')).toEqual([]);
    expect(aliases.get('step-0,step-1')).toEqual(['step-2,step-3']);
    const [first] = found(cases[2] as Case);
    expect(first?.aliases.map(String)).toEqual(['step-1,step-3', 'step-2,step-4']);
  });

  it('are none where a network has no result', () => {
    const { steps, cells } = cases[0] as Case;
    const all = cells.map(({ on }) => ({ network: on.join('+'), on }));
    const results = new Map(cells.slice(1).map(({ on, results: own }) => [on.join('+'), bySeed(own)]));
    expect(
      factorialEffects({ steps, words: [], cells: all }, results).every(({ difference }) => difference === null),
    ).toBe(true);
  });
});
