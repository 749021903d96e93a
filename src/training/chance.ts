/**
 * Runs a step with JavaScript's own chance shut off: its numbers would be other ones in every run, and tfjs's unseeded ops
 * (dropout, randomNormal, randomUniform, ...) take theirs from it. A step runs without pauses, so nobody else asks meanwhile.
 */
export function withoutChance<T>(work: () => T): T {
  const { random } = Math;
  Math.random = () => {
    throw new Error(
      'takes unseeded chance (Math.random, or an op of tfjs without a seed), which no run could repeat; ' +
        'declare it under draws: and take it by context.draw (docs/extending.md)',
    );
  };
  try {
    return work();
  } finally {
    Math.random = random;
  }
}
