import { arrangementWords } from '../experiment/arrangement-words.js';
import { arrangementNotes } from './arrangement-notes.js';
import { figuresOf } from './figures/figures.js';
import type { Figure } from './figures/render.js';
import type { Notice } from './notices/notice.js';
import { noticesOf } from './notices/notices.js';
import type { SuiteRecords } from './read.js';
import { type TableSection, tableSections } from './sections.js';
import { stepNotes } from './step-notes.js';
import { type Study, study } from './study.js';
import { summaryOf } from './summary.js';
import { factorialTable, pairsTable, shapleyTable } from './tables/arrangement.js';
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
    readonly shapley: Table | null;
    readonly factorial: Table | null;
    readonly paper: Table | null;
    readonly protocol: Table | null;
    readonly provenance: Table;
  };
  /** Beside those, where the records have what they are made of. */
  readonly sections: readonly TableSection[];
  readonly notes: {
    readonly steps: readonly string[];
    readonly paper: readonly string[];
    readonly protocol: readonly string[];
    /** How the strategy has chosen its networks. */
    readonly arrangement: readonly string[];
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
      interactions: pairsTable(made) ?? interactionsTable(made),
      shapley: shapleyTable(made),
      factorial: factorialTable(made),
      paper: comparison && paperTable(comparison),
      protocol: comparison && protocolTable(made),
      provenance: provenanceTable(made),
    },
    sections: tableSections(made),
    notes: {
      steps: stepNotes(made),
      arrangement: [...arrangementWords(made.plan), ...arrangementNotes(made)],
      paper: comparison ? paperNotes(comparison) : [],
      protocol: comparison
        ? [
            'Accuracies of the two protocols cannot be compared with each other; what can be compared is which way each step goes, and with the reservations above.',
          ]
        : [],
    },
  };
}
