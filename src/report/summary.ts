import type { Judged } from '../statistics/family.js';
import { counted, inUnit, listed, percent, seedList, signed, unitFor } from './format.js';
import { claimOf, labelOf, verdictText } from './labels.js';
import { arrangementSummary } from './arrangement-notes.js';
import { shortened } from './notices/notice.js';
import type { Challenge, Row, Study, Whole } from './study.js';

/** The answer in a few sentences: which steps are sure, where the road ends, what it beat. */
export function summaryOf(study: Study): string[] {
  const { rows, challenges, whole } = study;
  const unit = unitFor(rows.map(({ variant }) => variant.macs));
  const cost = (row: Row) => `${inUnit(row.variant.macs, unit)} ${unit.letter}MACs`;
  return [
    ...arrangementSummary(study),
    ...verdictSentences(study),
    ...(whole?.start.top1 && whole.end.top1 ? [headline(whole, cost)] : []),
    ...challenges.flatMap((challenge) => challengeSentence(challenge, cost)),
  ];
}

function headline({ start, end, change, judged }: Whole, cost: (row: Row) => string): string {
  const at = (row: Row) => `${labelOf(row)} at ${percent(row.top1?.mean ?? 0)}% (${cost(row)})`;
  const from = `From ${at(start)} the road ends with ${at(end)}`;
  const { difference, because } = change;
  if (!difference) return `${from}; no seed is common to both, so the difference of the two means nothing.`;
  if (because) return `${from}; the two are not comparable: ${because}.`;
  if (change.comparison.exempt === 'at chance') return `${from}; a network at chance is no end of a road to measure.`;
  const steps = `${counted(end.variant.steps.length, 'step')}${commonSeeds(start, end, difference.seeds)}`;
  const open = judged.verdict.why === 'interval holds 0' ? ', not told apart from no change' : '';
  return `${from}: ${signed(difference.mean)} points${range(judged)} in ${steps}${open}.`;
}

/** Where a difference is over fewer seeds than the accuracies beside it. */
function commonSeeds(a: Row, b: Row, seeds: readonly number[]): string {
  if (seeds.length === a.bySeed.size && seeds.length === b.bySeed.size) return '';
  return `, over ${seeds.length === 1 ? 'seed' : 'seeds'} ${seedList(seeds)}, common to both`;
}

function challengeSentence({ end, comparator, change, judged }: Challenge, cost: (row: Row) => string): string[] {
  const { difference, because } = change;
  if (!difference || !comparator.top1) return [];
  const whom = `Against ${labelOf(comparator)} (${percent(comparator.top1.mean)}%, ${cost(comparator)})`;
  if (because) return [`${whom} the road's end is not comparable: ${because}.`];
  const words = { helps: 'ahead', hurts: 'behind', equivalent: 'equivalent' };
  const claim = claimOf(judged);
  const verdict = claim ? words[claim] : verdictText({ judged, change });
  const stands = `${signed(difference.mean)} points${range(judged)}${commonSeeds(end, comparator, difference.seeds)}`;
  return [`${whom} the road's end stands at ${stands}: ${verdict}.`];
}

const range = ({ interval }: Judged): string => (interval ? ` (${signed(interval[0])} to ${signed(interval[1])})` : '');

function verdictSentences({ rows, plan, family }: Study): string[] {
  const asked = rows.filter(({ judged }) => judged);
  if (!asked.some(({ delta }) => delta)) return [];
  const change = plan.strategy === 'cumulative' ? 'step' : 'change';
  const of = (claim: 'helps' | 'hurts' | 'equivalent') => asked.filter(({ judged }) => claimOf(judged) === claim);
  const size = ({ delta }: Row) => Math.abs(delta?.mean ?? 0);
  const each = (claimed: readonly Row[]) =>
    listed([...claimed].sort((a, b) => size(b) - size(a)).map((row) => `${labelOf(row)} ${effect(row)}`));
  const [helps, hurts, equivalent] = [of('helps'), of('hurts'), of('equivalent')];
  const settled = helps.length + hurts.length + equivalent.length;
  const sure = [
    ...(helps.length > 0 ? [`${helps.length === 1 ? 'Helps' : `Help, ${helps.length}`}: ${each(helps)}.`] : []),
    ...(hurts.length > 0 ? [`${hurts.length === 1 ? 'Hurts' : `Hurt, ${hurts.length}`}: ${each(hurts)}.`] : []),
    ...(equivalent.length > 0
      ? [
          `${listed(equivalent.map(labelOf))} ${equivalent.length === 1 ? 'changes' : 'change'} accuracy by less than ${percent(family.margin ?? 0)} points.`,
        ]
      : []),
  ];
  const open = asked.filter(
    ({ judged }) => judged?.verdict.why === 'interval holds 0' || judged?.verdict.why === 'below the floor',
  );
  const judgedCount = settled + open.length;
  const told = 'can be told from no change with these runs';
  const had = settled === 1 ? 'has' : 'have';
  const counts =
    judgedCount === 1
      ? []
      : [
          `${settled === judgedCount ? `All ${counted(settled, change)}` : `Of ${counted(judgedCount, change)} ${settled}`} ${had} a verdict; changes are in points of top-1 accuracy, with 95% intervals${family.correction === 'family-wise' ? ' that hold all together' : ''}.`,
        ];
  const answer =
    settled > 0
      ? [...counts, ...sure].join(' ')
      : judgedCount > 0
        ? judgedCount === 1
          ? `The one ${change} that is judged ${told.replace('can', 'cannot')}.`
          : `None of the ${counted(judgedCount, change)} judged ${told}.`
        : `No ${change} could be judged.`;
  const rest =
    settled > 0 && open.length > 0
      ? [`The other ${open.length === 1 ? change : counted(open.length, change)} ${told.replace('can', 'cannot')}.`]
      : [];
  const left = asked.filter((row) => claimOf(row.judged) === null && !open.includes(row));
  const skipped = left.length === 0 ? [] : [`Without a verdict: ${withoutVerdict(left)}.`];
  return [[answer, ...rest, ...leanSentence(open), ...skipped].join(' ')];
}

/** Rows with why they have none; the reason once where many share it. */
function withoutVerdict(rows: readonly Row[]): string {
  const reasons = new Set(rows.map(verdictText));
  if (reasons.size === 1 && rows.length > 1) return `${shortened(rows.map(labelOf))} (all: ${[...reasons][0]})`;
  return shortened(rows.map((row) => `${labelOf(row)} (${verdictText(row)})`));
}

const effect = ({ delta, judged }: Row): string =>
  `${signed(delta?.mean ?? 0)}${judged?.interval ? ` (${signed(judged.interval[0])} to ${signed(judged.interval[1])})` : ''}`;

function leanSentence(open: readonly Row[]): string[] {
  const leaning = (side: 'up' | 'down') => open.filter(({ judged }) => judged?.lean === side).map(labelOf);
  const [up, down] = [leaning('up'), leaning('down')];
  if (up.length + down.length === 0) return [];
  const parts = [
    ...(up.length > 0 ? [`${listed(up)} ${up.length === 1 ? 'leans' : 'lean'} up`] : []),
    ...(down.length > 0 ? [`${listed(down)} ${down.length === 1 ? 'leans' : 'lean'} down`] : []),
  ];
  return [`${parts.join('; ')}: hints of what to give more seeds, since one step in twenty leans by chance.`];
}
