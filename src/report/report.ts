import { figuresOf } from './figures/figures.js';
import type { Figure } from './figures/render.js';
import { percent } from './format.js';
import { type Notice, noticesOf } from './notices.js';
import type { SuiteRecords } from './read.js';
import { type Study, study } from './study.js';
import { summaryOf } from './summary.js';
import { effectsTable, interactionsTable } from './tables/effects.js';
import { compareWithPaper, type PaperComparison, paperNotes, paperTable } from './tables/paper.js';
import { protocolTable } from './tables/protocol.js';
import { provenanceTable } from './tables/provenance.js';
import { stepTable } from './tables/steps.js';
import type { Table } from './tables/table.js';

/** The whole report before it takes a form: HTML, Markdown, CSV and the terminal print the same. */
export interface Report {
  readonly study: Study;
  readonly summary: readonly string[];
  readonly notices: readonly Notice[];
  readonly figures: readonly Figure[];
  readonly comparison: PaperComparison | null;
  readonly tables: {
    readonly steps: Table;
    readonly effects: Table | null;
    readonly interactions: Table | null;
    readonly paper: Table | null;
    readonly protocol: Table | null;
    readonly provenance: Table;
  };
  readonly notes: {
    readonly steps: readonly string[];
    readonly paper: readonly string[];
    readonly protocol: readonly string[];
  };
}

export function composeReport(records: SuiteRecords): Report {
  const made = study(records);
  const comparison = compareWithPaper(made);
  return {
    study: made,
    summary: summaryOf(made),
    notices: noticesOf(made),
    figures: figuresOf(made),
    comparison,
    tables: {
      steps: stepTable(made),
      effects: effectsTable(made),
      interactions: interactionsTable(made),
      paper: comparison && paperTable(comparison),
      protocol: comparison && protocolTable(made),
      provenance: provenanceTable(made),
    },
    notes: {
      steps: stepNotes(made),
      paper: comparison ? paperNotes(comparison) : [],
      protocol: comparison
        ? [
            'Accuracies of the two protocols cannot be compared with each other; what can be compared is which way each step goes, and with the reservations above.',
          ]
        : [],
    },
  };
}

function stepNotes({ rows, tests }: Study): string[] {
  const floors = rows.flatMap(({ floor }) => (floor === null ? [] : [floor]));
  const floor =
    floors.length === 0
      ? ''
      : ` A test set of this size has a standard error of ${percent(Math.min(...floors))} to ${percent(Math.max(...floors))} points by itself; no smaller difference is called resolved.`;
  return [
    'Top-1 is that of the last epoch, mean ± standard deviation over seeds. Δ is the paired difference over common seeds against the network before it, ' +
      'with its Student-t interval. The verdict is that of an exact sign-flip test' +
      `${tests > 1 ? `, corrected for ${tests} comparisons after Holm` : ''}, at 0.05.${floor}`,
    'MACs are multiply-adds of convolutions, linear layers and attention products for one image. Images/s is training speed, data included, with as many runs side by side as the machine was given.',
  ];
}
