/** Sets of factors as bits. */
type Word = number;

/** A regular two-level fraction that contains the run with every factor off. */
export interface Fraction {
  /** Runs as sets of the factors that are on. */
  readonly runs: readonly Word[];
  /** The generators, then the products of several of them: each effect is mixed up with its products with these. */
  readonly words: readonly Word[];
  readonly generators: number;
  /** Length of the shortest word; null for all combinations. */
  readonly resolution: number | null;
}

/**
 * The fraction of 2^factors runs by 2^-halvings that mixes up the fewest short words (minimum aberration; Fries & Hunter
 * 1980): every choice of generators is looked at. Null where so few runs cannot tell the factors apart.
 */
export function bestFraction(factors: number, halvings: number): Fraction | null {
  const basic = factors - halvings;
  if (halvings === 0) return { runs: wordsUpTo(factors), words: [], generators: 0, resolution: null };
  if (basic < 1) return null;
  // A further factor is set to the sum of several basic ones; of one it would be a copy.
  const columns = wordsUpTo(basic).filter((word) => weight(word) >= 2);
  let best: { readonly words: Word[]; readonly pattern: number[]; readonly shortest: number } | null = null;
  const choose = (from: number, words: Word[]): void => {
    const at = Math.log2(words.length + 1);
    if (at === halvings) {
      const pattern = lengths(words, factors);
      if (!best || isLess(pattern, best.pattern))
        best = { words: [...words], pattern, shortest: Math.min(...words.map(weight)) };
      return;
    }
    for (let next = from; next < columns.length; next++) {
      const generator = (columns[next] as Word) | (1 << (basic + at));
      const more = [generator, ...words.map((word) => word ^ generator)];
      // A word shorter than all of the best fraction's mixes up more than that does, whatever follows.
      const least = (best as { shortest: number } | null)?.shortest ?? 0;
      if (more.some((word) => weight(word) < least)) continue;
      choose(next + 1, [...words, ...more]);
    }
  };
  choose(0, []);
  const found = best as { readonly words: Word[]; readonly pattern: number[] } | null;
  if (!found) return null;
  const isGenerator = (word: Word) => weight(word >> basic) === 1;
  const words = [...found.words].sort(
    (a, b) => Number(isGenerator(b)) - Number(isGenerator(a)) || weight(a) - weight(b),
  );
  return {
    runs: wordsUpTo(factors).filter((run) => words.every((word) => weight(run & word) % 2 === 0)),
    words,
    generators: halvings,
    resolution: Math.min(...words.map(weight)),
  };
}

const wordsUpTo = (bits: number): Word[] => Array.from({ length: 2 ** bits }, (_, word) => word);

/** How many factors a word has. */
export function weight(word: Word): number {
  let count = 0;
  for (let left = word; left > 0; left &= left - 1) count++;
  return count;
}

/** How many words there are of each length. */
function lengths(words: readonly Word[], factors: number): number[] {
  const counts = Array.from({ length: factors + 1 }, () => 0);
  for (const word of words) (counts[weight(word)] as number)++;
  return counts;
}

function isLess(a: readonly number[], b: readonly number[]): boolean {
  for (const [at, count] of a.entries()) if (count !== b[at]) return count < (b[at] as number);
  return false;
}
