import { listed, percent } from '../format.js';
import { labelOf } from '../labels.js';
import type { Row, Study } from '../study.js';
import { type Notice, note } from './notice.js';

/** By which pictures the road's choices were made, and which they would be. */
export function choiceNotices({ rows, plan }: Study): Notice[] {
  const sweeps = sweptTogether(rows);
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
