import { type DrawnFigure, drawInThemes, type Figure } from '../figures/render.js';
import { conditions } from '../labels.js';
import type { Report } from '../report.js';
import { escapeHtml } from './escape.js';
import { htmlFigure } from './figure.js';
import { choiceSection } from './choice.js';
import { frontNote, tradeoffs } from '../sections.js';
import { type FigureSpots, figureSpots, networksData, type PageData, scriptJson } from './page-data.js';
import { pageScript } from './script.js';
import { style } from './style.js';
import { htmlTable } from './table.js';

/**
 * The report as one page that loads nothing: pictures, numbers and style are inside, and the policy forbids the rest. In
 * pieces, since the pictures of hundreds of networks are large.
 *
 * @param drawn each figure as SVG, wide
 */
export function* htmlPage(report: Report, drawn: ReadonlyMap<Figure, DrawnFigure>): Generator<string> {
  const { study, figures, notices, summary } = report;
  const title = `${study.plan.suite}: ablation report`;
  const spots: Record<string, FigureSpots> = {};
  const picture = (figure: Figure): string => {
    const wide = drawn.get(figure) as DrawnFigure;
    const narrow = drawInThemes(figure, 'narrow');
    spots[figure.name] = figureSpots(wide, narrow);
    return htmlFigure(figure, wide, narrow);
  };
  const networks = networksData(study);
  const choice = choiceSection(study, networks.networks);
  const sections = sectionsOf(report, picture);
  yield `<!doctype html>
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
${notices.length === 0 ? '' : `<h2 class="distrust" id="distrust">What to distrust</h2>\n<ul class="notices" aria-labelledby="distrust">\n${notices.map(notice).join('\n')}\n</ul>`}
<nav aria-label="Sections">${links(sections, choice !== '')}</nav>
`;
  yield* figures.slice(0, 1).map(picture);
  for (const [at, { id, title, html }] of sections.entries()) {
    yield `\n<section aria-labelledby="${id}">\n<h2 id="${id}">${escapeHtml(title)}</h2>\n`;
    for (const part of html) yield typeof part === 'string' ? part : part();
    yield `\n</section>${at === 0 ? choice : ''}`;
  }
  yield `
</main>
<footer><p>Made by ablate from the records of the suite alone; <code>ablate report</code> makes it anew.</p></footer>
<script type="application/json" id="data">${scriptJson({ ...networks, figures: spots } satisfies PageData)}</script>
<script>
${pageScript()}</script>
</body>
</html>
`;
}

function links(sections: readonly Section[], choice: boolean): string {
  const [first = '', ...others] = sections.map(({ id, title }) => `<a href="#${id}">${escapeHtml(title)}</a>`);
  const chosen = choice ? ['<a href="#compare" data-with-script hidden>Any two networks</a>'] : [];
  return [first, ...chosen, ...others].join(' ');
}

interface Section {
  readonly id: string;
  readonly title: string;
  /** Pictures are drawn when their turn comes. */
  readonly html: readonly (string | (() => string))[];
}

function sectionsOf(
  { figures, tables, sections: more, notes }: Report,
  picture: (figure: Figure) => string,
): Section[] {
  const named = (...names: string[]) =>
    figures
      .filter(({ name }) => names.includes(name))
      .flatMap((figure, at) => [...(at > 0 ? ['\n'] : []), () => picture(figure)]);
  const sections: (Section | null)[] = [
    {
      id: 'steps',
      title: 'Step by step',
      html: [
        `${htmlTable(tables.steps, 'Every network with accuracy, difference, cost and speed', true)}\n${asNotes(notes.steps)}\n`,
        ...named('deltas'),
      ],
    },
    notes.arrangement.length > 0
      ? {
          id: 'strategy',
          title: 'What the strategy shows',
          html: [
            ...named('shapley', 'grid'),
            tables.shapley ? htmlTable(tables.shapley, 'What each step is worth over the orders', true) : '',
            tables.factorial ? htmlTable(tables.factorial, 'Effects of steps and of two together', true) : '',
            ...(tables.factorial ? named('interactions') : []),
            asNotes(notes.arrangement),
          ],
        }
      : null,
    tables.effects || tables.interactions
      ? {
          id: 'company',
          title: 'Effects in different company',
          html: [
            tables.effects ? htmlTable(tables.effects, 'What each step did, by the steps already there') : '',
            '\n',
            ...named('effects'),
            ...(tables.factorial ? [] : named('interactions')),
            '\n',
            tables.interactions
              ? htmlTable(tables.interactions, 'What pairs of steps give beyond their sum', true)
              : '',
          ],
        }
      : null,
    ...more.map(({ id, title, parts }) => ({
      id,
      title,
      html: parts.map(({ table, caption, notes: said }) => `${htmlTable(table, caption, true)}\n${asNotes(said)}\n`),
    })),
    figures.length > 1
      ? {
          id: 'cost',
          title: 'Accuracy and cost',
          html: [...named(...tradeoffs), `<p class="notes">${escapeHtml(frontNote)}</p>`],
        }
      : null,
    tables.paper
      ? {
          id: 'paper',
          title: 'Beside the paper',
          html: [`${htmlTable(tables.paper, 'Our numbers beside the paper’s')}\n${asNotes(notes.paper)}`],
        }
      : null,
    tables.protocol
      ? {
          id: 'protocol',
          title: 'Protocol',
          html: [
            `${htmlTable(tables.protocol, 'How the paper trained and how this study did')}\n${asNotes(notes.protocol)}`,
          ],
        }
      : null,
    { id: 'curves', title: 'Learning curves', html: named('curves-accuracy', 'curves-loss') },
    {
      id: 'provenance',
      title: 'Where the numbers come from',
      html: [htmlTable(tables.provenance, 'Engines, machines and versions')],
    },
  ];
  return sections.filter((section): section is Section => section !== null && section.html.length > 0);
}

const asNotes = (notes: readonly string[]): string =>
  notes.map((note) => `<p class="notes">${escapeHtml(note)}</p>`).join('\n');
const notice = ({ level, text }: Report['notices'][number]): string =>
  `<li class="${level}"><b>${level === 'warning' ? 'Warning' : 'Note'}</b>${escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>')}</li>`;
const paragraphs = (text: string): string =>
  text
    .split(/\n\s*\n/)
    .filter((part) => part.trim() !== '')
    .map((part) => `<p>${escapeHtml(part.trim())}</p>`)
    .join('\n');
