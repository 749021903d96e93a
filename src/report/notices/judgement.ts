import { type Network, skewnessLimit, skewnessOf } from '../../statistics/assumptions.js';
import type { Family } from '../../statistics/family.js';
import { counted, percent, seedList } from '../format.js';
import { labelOf } from '../labels.js';
import { networksOf, type Row, type Study } from '../study.js';
import { type Notice, note, shortened, warning } from './notice.js';

/** What the verdicts can show with so many seeds, and what speaks against believing them. */
export function judgementNotices(study: Study): Notice[] {
  const { rows, family } = study;
  return [
    ...skewNotices(networksOf(study)),
    ...spreadNotices(rows, family),
    ...seedNotices(study),
    ...pairNotices(rows),
  ];
}

function skewNotices(results: readonly Network[]): Notice[] {
  const skewness = skewnessOf(results);
  if (!skewness || skewness.value >= skewnessLimit) return [];
  const { name, seed, residual } = skewness.lowest;
  return [
    warning(
      `Single seeds go wrong: the runs lie lopsided below their means (mean cubed residual ${percent(skewness.value)}; ${percent(skewnessLimit)} or lower is rare by chance), the lowest ${name}, seed ${seed}, ` +
        `at ${percent(residual, 1)} standard deviations. Verdicts then err in up to 15% of studies instead of 5%.`,
    ),
  ];
}

function spreadNotices(rows: readonly Row[], { prior, size }: Family): Notice[] {
  const wide = rows.filter(({ judged }) => judged?.wide);
  const few =
    size > 2 && prior.degrees > 0 && prior.degrees < 2
      ? [
          warning(
            `The steps' spreads differ so much (prior of ${percent(prior.degrees, 1)} degrees of freedom) that they say little of each other.`,
          ),
        ]
      : [];
  const named =
    wide.length === 0
      ? []
      : [
          note(
            `Their spread over seeds is wider than the others': ${shortened(wide.map(labelOf))}; look at their runs.`,
          ),
        ];
  const still = rows.filter(({ judged }) => judged?.verdict.why === 'no spread');
  const same =
    still.length === 0
      ? []
      : [
          warning(
            `The same difference with every seed, as if seeds decided nothing: ${shortened(still.map(labelOf))}. Without a spread nothing is judged.`,
          ),
        ];
  return [...few, ...named, ...same];
}

/** What so many seeds can show. */
function seedNotices({ family, rows }: Study): Notice[] {
  const { usual, target, size, flips } = family;
  if (!usual) {
    const single = rows.some(({ judged }) => judged?.verdict.why === 'one seed');
    return single
      ? [
          note(
            'With one seed there is no spread and no interval: no difference is judged. Three seeds give the first verdicts.',
          ),
        ]
      : [];
  }
  const together = size === 1 ? 'One comparison is judged' : `${size} comparisons are judged together`;
  const needed = usual.seedsNeeded === null ? 'more than 1,000' : `about ${usual.seedsNeeded}`;
  const enough = usual.seedsNeeded !== null && usual.seedsNeeded <= usual.seeds;
  const more = enough
    ? ''
    : ` A change of ${percent(target ?? 1)} would take ${needed} seeds; longer training, which narrows the spread, may buy more than seeds do.`;
  return [
    ...(usual.seeds < 3
      ? [
          note(
            `${counted(usual.seeds, 'seed')}: intervals are shown, no verdict is given. Three seeds give the first verdicts.`,
          ),
        ]
      : [
          note(
            `${together} with ${counted(usual.seeds, 'seed')}: a true change of ${percent(usual.resolvable)} points is told in four studies of five, a smaller one less often.${more}`,
          ),
        ]),
    ...(flips && flips.monteCarloError > 0
      ? [
          note(
            `The sign-flip p is from drawn patterns, since all of them are too many: its standard error at 0.05 is ${flips.monteCarloError.toFixed(4)}.`,
          ),
        ]
      : []),
  ];
}

/** Seeds that are no part of a difference, and why. */
function pairNotices(rows: readonly Row[]): Notice[] {
  const parts = rows.flatMap(({ variant, delta }) =>
    delta && delta.unpaired.length > 0 ? [`${variant.name} (${seedList(delta.unpaired)})`] : [],
  );
  const apart = rows.flatMap(({ variant, change }) =>
    (change?.unlike ?? []).map(({ seed, how }) => `${variant.name} seed ${seed} (${how})`),
  );
  return [
    ...(parts.length === 0
      ? []
      : [note(`Seeds that only one side of a difference has are not part of it: ${shortened(parts)}.`)]),
    ...(apart.length === 0
      ? []
      : [warning(`Runs that are not comparable with their pair are not part of a difference: ${shortened(apart)}.`)]),
  ];
}
