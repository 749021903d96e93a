import { pairingOf } from '../statistics/assumptions.js';
import { percent } from './format.js';
import { shortened } from './notices/notice.js';
import { networksOf, type Study } from './study.js';

/** How to read the table of steps. */
export function stepNotes(study: Study): string[] {
  const { family } = study;
  const { usual, size, correction, prior } = family;
  const together =
    correction === 'family-wise'
      ? `In 95 of 100 such studies all ${size} intervals hold the true differences at once, so that a step is named by chance in no more than one study of twenty`
      : `Of the steps named, no more than one in twenty is named by chance on average (Benjamini and Hochberg)`;
  const judged =
    size === 0
      ? []
      : [
          `Δ is the mean of the differences seed by seed against the network before it, over the seeds that both have. ${size === 1 ? 'Its interval holds the true difference in 95 of 100 such studies' : together}. ` +
            `A verdict stands where the interval leaves out 0${family.margin === null ? '' : `, or lies within ±${percent(family.margin)} (equivalent)`}. ${picturesSentence(study)}`,
        ];
  const numbers =
    usual && size > 1
      ? [
          `Spreads are shared: that of a difference over seeds is drawn towards ${percent(Math.sqrt(prior.variance))} points, the middle of all steps, ${
            prior.degrees === Number.POSITIVE_INFINITY
              ? 'which all have as far as can be told'
              : `as if ${percent(prior.degrees, 1)} more seeds had shown that`
          }; an interval reaches ${percent(usual.simultaneous)} standard errors to each side.${pairing(study)}`,
          `Seeds to tell ${percent(family.target ?? 1, 1)}: so many would tell a change of that many points from none in four studies of five, at the step's own spread; enough where these do.`,
        ]
      : [];
  return [
    `Top-1 is that of the last epoch, mean ± standard deviation over seeds.${
      study.plan.validation
        ? ` Held out: on ${percent(100 * study.plan.validation.share, 0)}% of the training pictures, which no network was trained on; choices are made by it, and the test set was read once a run, at its end.`
        : ''
    }`,
    ...judged,
    ...numbers,
    `MACs are multiply-adds of convolutions, linear layers and attention products for one image. Images/s is training speed, data included, with as many runs side by side as the machine was given${elsewhereWords(study)}.`,
  ];
}

/** What was measured elsewhere, and is not in a speed or a memory. */
function elsewhereWords({ measuredOn: { elsewhere } }: Study): string {
  return elsewhere.length === 0 ? '' : `; measured elsewhere, and not in it: ${shortened(elsewhere)}`;
}

/** What of the doubt comes from the choice of test pictures, and where it stands. */
function picturesSentence({ rows }: Study): string {
  const compared = rows.filter(({ judged }) => judged?.interval);
  const inside = compared.filter(({ change }) => change?.comparison.pictures != null).length;
  if (inside > 0 && inside === compared.length) return 'The choice of test pictures is part of the interval.';
  const floors = compared.flatMap(({ change }) => (change?.comparison.floor == null ? [] : [change.comparison.floor]));
  if (floors.length === 0) return 'The choice of test pictures is not part of it: the claim is about these pictures.';
  const [least, most] = [percent(Math.min(...floors)), percent(Math.max(...floors))];
  return (
    `The records keep no predictions, so the choice of test pictures is not part of ${inside > 0 ? 'every' : 'the'} interval; instead no change is named that is smaller than ` +
    `the standard error of an accuracy on so many pictures, ${least === most ? least : `${least} to ${most}`} points.`
  );
}

function pairing(study: Study): string {
  const shared = pairingOf(networksOf(study));
  if (!shared || shared.pairs < 10) return '';
  const meaning =
    Math.abs(shared.correlation) < 0.2 ? 'so pairing narrows nothing' : 'and pairing narrows the intervals';
  return ` Two networks with equal seeds correlate by ${percent(shared.correlation)}, ${meaning}.`;
}
