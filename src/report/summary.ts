import { inUnit, listed, percent, signed, unitFor } from './format.js';
import { counted } from '../words/counted.js';
import { labelOf, verdictText } from './labels.js';
import { type Row, roadEnd, type Study } from './study.js';

/** The study in a few sentences: where the road ends, what it beat, which steps are sure. */
export function summaryOf(study: Study): string[] {
  const { rows, challenges, plan } = study;
  const start = rows.find(({ variant }) => variant.kind === 'base');
  const end = roadEnd(rows, plan.strategy);
  const unit = unitFor(rows.map(({ variant }) => variant.macs));
  const cost = (row: Row) => `${inUnit(row.variant.macs, unit)} ${unit.letter}MACs`;
  const sentences: string[] = [];
  if (start?.top1 && end?.top1) {
    sentences.push(
      `From ${labelOf(start)} at ${percent(start.top1.mean)}% (${cost(start)}) the road ends with ${labelOf(end)} at ${percent(end.top1.mean)}% (${cost(end)}): ` +
        `${signed(end.top1.mean - start.top1.mean)} points in ${counted(end.variant.steps.length, 'step')}.`,
    );
  }
  for (const { comparator, difference, verdict } of challenges) {
    if (!difference || !comparator.top1) continue;
    const interval = difference.interval
      ? `, 95% interval ${signed(difference.interval[0])} to ${signed(difference.interval[1])}`
      : '';
    const words = { helped: 'ahead', hurt: 'behind', unresolved: 'unresolved' }[verdict.verdict];
    sentences.push(
      `Against ${labelOf(comparator)} (${percent(comparator.top1.mean)}%, ${cost(comparator)}) the road's end stands at ${signed(difference.mean)} points${interval}: ${words}.`,
    );
  }
  if (rows.some(({ delta }) => delta)) sentences.push(verdictSentence(rows, plan.strategy));
  return sentences;
}

function verdictSentence(rows: readonly Row[], strategy: string): string {
  const named = (verdict: string) => rows.filter((row) => row.verdict?.verdict === verdict && row.delta);
  const change = strategy === 'cumulative' ? 'step' : 'change';
  const [helped, hurt, open] = ['helped', 'hurt', 'unresolved'].map(named) as [Row[], Row[], Row[]];
  const leaning = open.filter((row) => verdictText(row) !== 'unresolved');
  const sure = [
    ...(helped.length > 0 ? [`${listed(helped.map(labelOf))} helped`] : []),
    ...(hurt.length > 0 ? [`${listed(hurt.map(labelOf))} hurt`] : []),
  ];
  const lean = leaning.length > 0 ? ` (the interval of ${leaning.length} of them leaves out 0)` : '';
  if (sure.length === 0)
    return `No single ${change} is resolved with these seeds${lean.replace('of them', `of ${open.length}`)}.`;
  return `${sure.join('; ')}; ${open.length === 0 ? 'nothing is left' : open.length} unresolved${lean}.`;
}
