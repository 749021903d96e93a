import type { FactorialArrangement } from '../arrangement.js';
import { RoadError } from '../catalogue.js';
import { isLacking, type Toggles } from '../toggles.js';
import type { Variant } from '../variant.js';
import { bestFraction, weight } from './fraction.js';
import { setNetworks } from './sets.js';

const mostFactors = 10;

/**
 * Every combination of the varied steps, or a regular fraction of them that contains the start. Throws a `RoadError` where
 * a combination cannot be, naming the step that another one needs: effects could then not be told apart.
 *
 * @param fraction `1/4`: a quarter of all combinations
 */
export function factorial(
  parts: Toggles,
  base: Variant,
  { fraction }: { readonly fraction: string },
): { variants: Variant[]; arrangement: FactorialArrangement } {
  const { chosen } = parts;
  if (chosen.length < 2) throw new RoadError('a factorial needs two steps at least');
  if (chosen.length > mostFactors)
    throw new RoadError(
      `a factorial takes at most ${mostFactors} steps, and the road has ${chosen.length}; name those to vary under \`steps\``,
    );
  const names = chosen.map(({ name }) => name);
  const found = bestFraction(chosen.length, Math.log2(Number(fraction.split('/')[1])));
  if (!found)
    throw new RoadError(
      `${fraction} of the combinations of ${chosen.length} steps are too few to tell the steps apart; take a larger fraction`,
    );
  refuseNeeds(parts);
  const networks = setNetworks(parts, base);
  const runs = [...found.runs].sort((a, b) => weight(a) - weight(b) || a - b);
  const variants = runs.map((set) => networks.network(set));
  const inWord = (word: number) => names.filter((_, at) => word & (1 << at));
  return {
    variants,
    arrangement: {
      kind: 'factorial',
      steps: names,
      cells: runs.map((set, at) => ({ network: (variants[at] as Variant).name, on: inWord(set) })),
      words: found.words.map(inWord),
      generators: found.generators,
      resolution: found.resolution,
    },
  };
}

/** Each step alone must find what it needs, and lose nothing where another is on: the pairs show both. */
function refuseNeeds(parts: Toggles): void {
  const { chosen } = parts;
  for (const one of chosen) {
    const alone = parts.at(new Set([one]));
    if (!isLacking(alone)) continue;
    const giver = chosen.find((other) => !isLacking(parts.at(new Set([one, other]))));
    const way = giver
      ? `take ${giver.name} out of \`steps\`, so that it stays on, or ${alone.entry.name}`
      : `take ${alone.entry.name} out of \`steps\``;
    throw new RoadError(
      `a factorial trains every combination, also those without what a step needs: ${alone.why}; ${way}`,
      alone.entry.name,
    );
  }
}
