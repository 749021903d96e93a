import type { Figure } from '../figures/render.js';
import { conditions } from '../labels.js';
import type { Report } from '../report.js';
import { escapeHtml } from './escape.js';
import { htmlFigure } from './figure.js';
import { sortScript, style } from './style.js';
import { htmlTable } from './table.js';

/**
 * The report as one page that loads nothing: pictures, numbers and style are inside, and the policy forbids the rest.
 *
 * @param drawn each figure as SVG, light and wide
 */
export function htmlPage(report: Report, drawn: ReadonlyMap<Figure, string>): string {
  const { study, figures, notices, summary } = report;
  const title = `${study.plan.suite}: ablation report`;
  const pictures = (shown: readonly Figure[]): string =>
    shown.map((figure) => htmlFigure(figure, drawn.get(figure) as string)).join('\n');
  const sections = sectionsOf(report, pictures);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<link rel="icon" href="data:,">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>${escapeHtml(study.plan.suite)}</h1>
<p class="quiet">${escapeHtml(conditions(study))}</p>
${paragraphs(study.plan.description)}
</header>
<main>
${summary.map((sentence) => `<p class="summary">${escapeHtml(sentence)}</p>`).join('\n')}
${notices.length === 0 ? '' : `<ul class="notices" aria-label="What to know first">\n${notices.map(notice).join('\n')}\n</ul>`}
<nav aria-label="Sections">${sections.map(({ id, title }) => `<a href="#${id}">${escapeHtml(title)}</a>`).join(' ')}</nav>
${pictures(figures.slice(0, 1))}
${sections.map(({ id, title, html }) => `<section aria-labelledby="${id}">\n<h2 id="${id}">${escapeHtml(title)}</h2>\n${html}\n</section>`).join('\n')}
</main>
<footer><p>Made by ablate from the records of the suite alone; <code>ablate report</code> makes it anew.</p></footer>
<script>${sortScript}</script>
</body>
</html>
`;
}

interface Section {
  readonly id: string;
  readonly title: string;
  readonly html: string;
}

function sectionsOf({ figures, tables, notes }: Report, pictures: (shown: readonly Figure[]) => string): Section[] {
  const named = (...names: string[]) => pictures(figures.filter(({ name }) => names.includes(name)));
  const sections: (Section | null)[] = [
    {
      id: 'steps',
      title: 'Step by step',
      html: `${htmlTable(tables.steps, 'Every network with accuracy, difference, cost and speed', true)}\n${asNotes(notes.steps)}\n${named('deltas')}`,
    },
    notes.arrangement.length > 0
      ? {
          id: 'strategy',
          title: 'What the strategy shows',
          html: [
            named('shapley', 'grid'),
            tables.shapley ? htmlTable(tables.shapley, 'What each step is worth over the orders', true) : '',
            tables.factorial ? htmlTable(tables.factorial, 'Effects of steps and of two together', true) : '',
            tables.factorial ? named('interactions') : '',
            asNotes(notes.arrangement),
          ].join('\n'),
        }
      : null,
    tables.effects || tables.interactions
      ? {
          id: 'company',
          title: 'Effects in different company',
          html: [
            tables.effects ? htmlTable(tables.effects, 'What each step did, by the steps already there') : '',
            named('effects'),
            tables.factorial ? '' : named('interactions'),
            tables.interactions
              ? htmlTable(tables.interactions, 'What pairs of steps give beyond their sum', true)
              : '',
          ].join('\n'),
        }
      : null,
    figures.length > 1
      ? { id: 'cost', title: 'Accuracy and cost', html: named('accuracy-flops', 'accuracy-parameters') }
      : null,
    tables.paper
      ? {
          id: 'paper',
          title: 'Beside the paper',
          html: `${htmlTable(tables.paper, 'Our numbers beside the paper’s')}\n${asNotes(notes.paper)}`,
        }
      : null,
    tables.protocol
      ? {
          id: 'protocol',
          title: 'Protocol',
          html: `${htmlTable(tables.protocol, 'How the paper trained and how this study did')}\n${asNotes(notes.protocol)}`,
        }
      : null,
    { id: 'curves', title: 'Learning curves', html: named('curves-accuracy', 'curves-loss') },
    {
      id: 'provenance',
      title: 'Where the numbers come from',
      html: htmlTable(tables.provenance, 'Engines, machines and versions'),
    },
  ];
  return sections.filter((section): section is Section => section !== null && section.html.trim() !== '');
}

const asNotes = (notes: readonly string[]): string =>
  notes.map((note) => `<p class="notes">${escapeHtml(note)}</p>`).join('\n');
const notice = ({ level, text }: Report['notices'][number]): string =>
  `<li class="${level}"><b>${level === 'warning' ? 'Warning' : 'Note'}</b>${escapeHtml(text)}</li>`;
const paragraphs = (text: string): string =>
  text
    .split(/\n\s*\n/)
    .filter((part) => part.trim() !== '')
    .map((part) => `<p>${escapeHtml(part.trim())}</p>`)
    .join('\n');
