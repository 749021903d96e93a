import { pairingOf } from '../statistics/assumptions.js';
import type { Prior } from '../statistics/prior.js';
import { meanOf } from '../statistics/summary.js';
import { counted, listed, percent, signed } from './format.js';
import { shortened } from './notices/notice.js';
import { noiseFloor } from './repeats.js';
import { comparedWith, networksOf, type Study } from './study.js';

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
          `Δ is the mean of the differences seed by seed against the network ${comparedWith(study.plan)}, over the seeds that both have. ${size === 1 ? 'Its interval holds the true difference in 95 of 100 such studies' : together}. ` +
            `A verdict stands where the interval leaves out 0${family.margin === null ? '' : `, or lies within ±${percent(family.margin)} (equivalent)`}. ${picturesSentence(study)}`,
        ];
  const numbers =
    usual && size > 1
      ? [
          `So few seeds show a step's own spread only roughly. ${spreadSentence(prior)} An interval reaches ${percent(usual.simultaneous)} standard errors to each side, the farther the more is judged and the fewer the seeds.${pairing(study)}`,
          ...(family.flips
            ? [
                'p, sign flips: the chance, all steps together, of so large a difference if no seed preferred either network (Westfall and Young). It is about these test pictures; the interval and the verdict are about others too.',
              ]
            : []),
          `Seeds to tell ${percent(family.target ?? 1, 1)}: with so many a true change of that many points would have a verdict in four studies of five, at the step's own spread; "enough" where these do.`,
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
    ...noiseSentences(study),
    `MACs are multiply-adds of convolutions, linear layers and attention products for one image. Images/s is training speed, data included, with as many runs side by side as the machine was given${elsewhereWords(study)}.`,
  ];
}

function spreadSentence({ degrees, variance }: Prior): string {
  const sd = percent(Math.sqrt(variance));
  if (degrees === 0) return 'The steps say nothing of each other, and each stands for itself.';
  if (degrees === Number.POSITIVE_INFINITY)
    return `The steps' spreads differ no more than chance has them, and ${sd} points are taken for all.`;
  return `It is therefore averaged with ${sd} points, the middle of all steps, which counts for as much as ${percent(degrees, 1)} seeds more.`;
}

/** What of the spread over seeds is the device's own, where the suite had networks trained twice. */
function noiseSentences(study: Study): string[] {
  const found = noiseFloor(study);
  if (!found) return [];
  const { repeats, open, apart, device, seeds } = found;
  const left = [
    ...(open.length > 0 ? [`Not both done: ${shortened(open)}.`] : []),
    ...(apart.length > 0 ? [`Not alike: ${shortened(apart)}.`] : []),
  ].join(' ');
  if (device === null) return [`Noise floor: nothing was trained twice yet. ${left}`];
  const whom = `${counted(repeats.length, 'network')} trained a second time with the same seed (${shortened(repeats.map(({ variant }) => variant))})`;
  if (repeats.every(({ same }) => same))
    return [
      `Noise floor: none. ${whom} gave the same numbers to the last digit: this device repeats itself, and the spread over seeds is all theirs. ${left}`.trim(),
    ];
  const churned = repeats.flatMap(({ churn }) => (churn === null ? [] : [churn]));
  const pictures =
    churned.length === 0 ? '' : ` and other classes for ${percent(100 * meanOf(churned), 1)}% of the test pictures`;
  const beside =
    seeds === null || seeds === 0
      ? ''
      : `; over seeds these networks have ${percent(seeds)}, so that about ${percent(Math.min(100, (100 * device ** 2) / seeds ** 2), 0)}% of that variance is the device's and no seed repeats it`;
  const few = repeats.length < 5 ? ' Of so few pairs that is rough.' : '';
  return [
    `Noise floor: ${whom} gave other numbers, ${listed(repeats.map(({ first, again }) => signed(again - first)))} points${pictures}: a standard deviation of ${percent(device)} for one run by the device alone${beside}.${few} ${left}`.trim(),
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
    Math.abs(shared.correlation) < 0.2
      ? 'so that equal seeds make a difference no surer than others would'
      : 'so that equal seeds make a difference surer';
  return ` The accuracies of two networks with equal seeds correlate by ${percent(shared.correlation)}, ${meaning}.`;
}
