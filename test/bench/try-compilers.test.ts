import { expect, test } from 'vitest';
import { type CompilerTrial, fasterCompiler } from '../../src/bench/try-compilers.js';

const trials = (...speeds: readonly (readonly [number | null, number | null])[]): CompilerTrial[] =>
  speeds.flatMap(([tensorflow, xla], at) =>
    (
      [
        ['tensorflow', tensorflow],
        ['xla', xla],
      ] as const
    ).map(([compiler, picturesPerSecond]) => {
      const reason = picturesPerSecond === null ? 'no ptxas' : null;
      return { network: `network ${at}`, compiler, picturesPerSecond, reason };
    }),
  );

test('the faster compiler is XLA only where it is ahead over both networks, and ran on both', () => {
  expect(fasterCompiler(trials([100, 200], [100, 200]))).toEqual({ compiler: 'xla', ratio: expect.closeTo(2, 9) });
  expect(fasterCompiler(trials([100, 200], [200, 100]))).toEqual({
    compiler: 'tensorflow',
    ratio: expect.closeTo(1, 9),
  });
  expect(fasterCompiler(trials([100, 103], [100, 103])).compiler).toBe('tensorflow');
  expect(fasterCompiler(trials([100, 300], [100, null]))).toEqual({ compiler: 'tensorflow', ratio: null });
  expect(fasterCompiler(trials([null, 300], [null, 300]))).toEqual({ compiler: 'tensorflow', ratio: null });
});
