import type { PlanRecord, SweepChoice } from '../records/plan.js';
import { counted, grouped } from '../words/counted.js';

/** How the sweeps that leave their value to their runs stand, in words: for the plan, the status and the report. */
export const choiceWords = ({ choices = [] }: Pick<PlanRecord, 'choices'>): string[] => choices.map(wordsOf);

function wordsOf({ step, by, seeds, values, chosen }: SweepChoice): string {
  const pictures = by === 'test' ? 'the test pictures' : 'the held-out pictures';
  const over = `over ${counted(seeds.length, 'seed')}`;
  if (chosen !== null) {
    const out = values.filter(({ failed }) => failed > 0).map(({ name }) => name);
    const failed = out.length > 0 ? `; out, since a run has failed: ${out.join(', ')}` : '';
    const means = values.flatMap(({ name, top1 }) => (top1 === null ? [] : [`${name} ${(100 * top1).toFixed(2)}%`]));
    return `${step}: ${chosen} is chosen, by the mean top-1 on ${pictures} ${over} (${means.join(', ')}${failed}).`;
  }
  const ended = values.reduce((sum, { done, failed }) => sum + done + failed, 0);
  const all = values.length * seeds.length;
  if (ended === all) return `${step}: nothing can be chosen, since each of its values has a failed run.`;
  return `${step}: chosen by the mean top-1 on ${pictures} ${over} when all ${grouped(all)} runs of its values have come to an end, as ${grouped(ended)} have; until then what follows is planned on ${values[0]?.name}, and waits.`;
}
