import { none, signed, intervalText } from '../format.js';
import { claimOf, togetherWords } from '../labels.js';
import type { Study } from '../study.js';
import { csv } from './csv.js';
import type { Table } from './table.js';

/** Steps that were measured in more than one company, with the span of what they did. Null where there is none. */
export function effectsTable({ effects }: Study): Table | null {
  const several = effects.filter(({ contexts }) => contexts.length > 1);
  if (several.length === 0) return null;
  return {
    columns: [
      { heading: 'step' },
      { heading: 'companies', right: true },
      { heading: 'mean Δ', right: true },
      { heading: 'least', right: true },
      { heading: 'on top of' },
      { heading: 'most', right: true },
      { heading: 'on top of' },
    ],
    rows: several.map(({ step, contexts, mean, range }) => {
      const after = (value: number) => contexts.find(({ difference }) => difference.mean === value)?.without ?? none;
      return [
        step,
        String(contexts.length),
        signed(mean),
        signed(range[0]),
        after(range[0]),
        signed(range[1]),
        after(range[1]),
      ];
    }),
  };
}

/** What pairs of steps give beyond the sum of what each gives. Null where no pair was measured with and without each. */
export function interactionsTable({ interactions }: Study): Table | null {
  if (interactions.length === 0) return null;
  const largest = [...interactions].sort((a, b) => Math.abs(b.difference.mean) - Math.abs(a.difference.mean));
  return {
    columns: [
      { heading: 'steps' },
      { heading: 'on top of' },
      { heading: 'beyond their sum', right: true },
      { heading: '95% interval', right: true },
      { heading: 'verdict' },
    ],
    rows: largest.map(({ steps, context, difference: { mean }, judged }) => [
      steps.join(' + '),
      context.length === 0 ? 'the start' : context.join(' + '),
      signed(mean),
      intervalText(judged.interval),
      togetherWords[claimOf(judged) ?? 'unresolved'],
    ]),
  };
}

/** A line a step and company. */
export function effectsCsv({ effects }: Study): string {
  return csv(
    ['step', 'with', 'without', 'delta', 'sd', 'pairs'],
    effects.flatMap(({ contexts }) =>
      contexts.map(({ step, withStep, without, difference }) => [
        ...[step, withStep, without, difference.mean, difference.sd, difference.seeds.length],
      ]),
    ),
  );
}
