import { listed, percent } from '../format.js';
import { labelOf } from '../labels.js';
import { type Row, rowNamed, type Study } from '../study.js';
import { choiceWords } from '../../experiment/choice-words.js';
import type { SweepChoice } from '../../records/plan.js';
import { largestByChance } from '../../statistics/best-of.js';
import { summarize } from '../../statistics/summary.js';
import { type Notice, note, warning } from './notice.js';

/** By which pictures the road's choices were made, and which they would be. */
export function choiceNotices({ rows, plan }: Study): Notice[] {
  const { choices = [] } = plan;
  const byRuns = new Set(choices.map(({ step }) => step));
  const sweeps = sweptTogether(rows).filter(([first]) => !byRuns.has((first as Row).variant.step ?? ''));
  return [...choices.flatMap((choice) => madeByRuns(choice, rows)), ...madeBySuite(sweeps, plan)];
}

/** What was chosen by the runs, and what that does to the numbers of the value that came out best. */
function madeByRuns(choice: SweepChoice, rows: readonly Row[]): Notice[] {
  const words = choiceWords({ choices: [choice] });
  const { step, by, seeds, chosen } = choice;
  if (chosen === null) return words.map(note);
  const tell = by === 'test' ? warning : note;
  const values = choice.values.flatMap(({ name }) => rowNamed(rows, name) ?? []);
  const found = values.flatMap((row) => (by === 'test' ? row.top1 : row.heldOut) ?? []);
  const variances = found.flatMap(({ sd }) => (sd === null ? [] : [sd ** 2]));
  const error = Math.sqrt((summarize(variances)?.mean ?? 0) / seeds.length);
  const luck = largestByChance(found.length) * error;
  const size = luck > 0 ? `, by about ${percent(luck)} points if all ${found.length} are equally good` : '';
  const where =
    by === 'test'
      ? `These are the pictures that the report measures with; \`validation: { share: 0.1 }\` in the suite holds others out to choose by.`
      : 'The test pictures had no part in it, but the same trained networks had, and part of their luck shows there too.';
  return [
    tell(
      `${words.join(' ')} The best of several looks better than it is${size}. ${where} So the Δ of ${chosen} is rather too high and that of the step behind it rather too low. The intervals of all values of ${step} hold together, and so for the one that was chosen.`,
    ),
  ];
}

function madeBySuite(sweeps: readonly Row[][], plan: Study['plan']): Notice[] {
  if (sweeps.length === 0) return [];
  if (!plan.validation)
    return [
      note(
        `Choices between the values of a sweep (${listed(sweeps.map(([first]) => (first as Row).variant.step ?? ''))}) can only be made on the test set here, which flatters what is chosen by it; \`validation: { share: 0.1 }\` in the suite holds training pictures out to choose by.`,
      ),
    ];
  return sweeps.flatMap((values) => {
    const [best] = [...values].sort((a, b) => (b.heldOut?.mean ?? 0) - (a.heldOut?.mean ?? 0));
    const adopted = values.find(({ variant }) => variant.adopted);
    if (!best?.heldOut || !adopted?.heldOut || best === adopted) return [];
    return [
      note(
        `By the held-out pictures ${labelOf(best)} would be chosen (${percent(best.heldOut.mean)}%); the road goes on with ${labelOf(adopted)} (${percent(adopted.heldOut.mean)}%).`,
      ),
    ];
  });
}

/** The values of each sweep: those on top of one network by one step. */
function sweptTogether(rows: readonly Row[]): Row[][] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const { step, parent, kind } = row.variant;
    if (kind !== 'step') continue;
    const key = JSON.stringify([parent, step]);
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].filter((values) => values.some(({ variant }) => !variant.adopted));
}
