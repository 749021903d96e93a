import type { PlanRecord } from '../../records/plan.js';
import { none, percent, signed } from '../format.js';
import { labelOf } from '../labels.js';
import { comparedWith } from '../study.js';
import type { TrialResult } from '../trials.js';
import type { Tuned } from '../tuning.js';
import type { Table } from './table.js';

/** A line a network: what each rate gave on the held-out pictures, and what the choice does to the step's change. */
export function tuningTable(tuned: readonly Tuned[]): Table | null {
  const factors = [...new Set(tuned.flatMap(({ by }) => [...by.keys()]))];
  if (factors.length === 0) return null;
  factors.sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)));
  return {
    columns: [
      { heading: 'network' },
      ...factors.map((factor) => ({ heading: `${factor}, %`, right: true })),
      { heading: 'chosen' },
      { heading: 'Δ, all at x1', right: true },
      { heading: 'Δ, as chosen', right: true },
      { heading: 'of it tuning', right: true },
    ],
    rows: tuned.map(({ row, by, chosen, same, tuned: after }) => [
      labelOf(row),
      ...factors.map((factor) => (by.has(factor) ? percent(by.get(factor) as number) : none)),
      chosen ?? 'waits',
      same === null ? none : signed(same),
      after === null ? none : signed(after),
      same === null || after === null ? none : signed(after - same),
    ]),
  };
}

export function tuningNotes(trials: readonly TrialResult[], plan: PlanRecord): string[] {
  const { validation, tuning } = plan;
  if (!tuning || trials.length === 0) return [];
  const seeds = new Set(trials.map(({ seed }) => seed)).size;
  const held = validation
    ? `${percent(100 * validation.share, 0)}% of the training pictures, held out`
    : 'held-out pictures';
  return [
    `Each network was tried with its learning rate times these factors, ${seeds === 1 ? 'one seed' : `${seeds} seeds`} each, and measured on ${held}; it was then trained with the best by the study's own seeds, which this table does not use.`,
    `Δ is against the network ${comparedWith(plan)}, among the trials: with the recipe's rate for both, and with the rate chosen for each. What lies between is what tuning adds to the step or takes from it.${seeds < 3 ? ' Of so few seeds it is a hint, with no interval.' : ''}`,
  ];
}
