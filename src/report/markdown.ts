import { conditions } from './labels.js';
import type { Report } from './report.js';
import { frontNote, tradeoffs } from './sections.js';
import { markdownTable, markdownText } from './tables/markdown.js';

/** The report as Markdown, with the pictures beside it as PNG. */
export function markdownReport({ study, summary, notices, figures, tables, sections, notes }: Report): string {
  const picture = (name: string) => {
    const figure = figures.find((one) => one.name === name);
    if (!figure) return [];
    return [
      `![${markdownText(figure.alt)}](${name}.png)`,
      ...(figure.note === undefined ? [] : [markdownText(figure.note)]),
    ];
  };
  const text = (sentences: readonly string[]) => sentences.map(markdownText);
  const parts = [
    `# ${markdownText(study.plan.suite)}`,
    ...text(study.plan.description.trim() === '' ? [] : [study.plan.description.trim()]),
    markdownText(conditions(study)),
    ...text(summary),
    ...(notices.length > 0
      ? [
          '## What to distrust',
          notices
            .map(
              ({ level, text: words }) => `- ${level === 'warning' ? '**Warning:**' : 'Note:'} ${markdownText(words)}`,
            )
            .join('\n'),
        ]
      : []),
    ...picture('roadmap'),
    '## Step by step',
    markdownTable(tables.steps),
    ...text(notes.steps),
    ...picture('deltas'),
    ...(notes.arrangement.length > 0 ? ['## What the strategy shows', ...text(notes.arrangement)] : []),
    ...(tables.shapley ? [markdownTable(tables.shapley)] : []),
    ...picture('shapley'),
    ...picture('grid'),
    ...(tables.factorial ? [markdownTable(tables.factorial), ...picture('interactions')] : []),
    ...(tables.effects || tables.interactions ? ['## Effects in different company'] : []),
    ...(tables.effects ? [markdownTable(tables.effects)] : []),
    ...picture('effects'),
    ...(tables.interactions ? [...picture('interactions'), markdownTable(tables.interactions)] : []),
    ...sections.flatMap(({ title, parts: own }) => [
      `## ${title}`,
      ...own.flatMap(({ table, notes: said }) => [markdownTable(table), ...text(said)]),
    ]),
    ...(figures.some(({ name }) => name === 'accuracy-flops') ? ['## Accuracy and cost'] : []),
    ...tradeoffs.flatMap(picture),
    ...(figures.some(({ name }) => name === 'accuracy-flops') ? text([frontNote]) : []),
    ...(tables.paper ? ['## Beside the paper', markdownTable(tables.paper), ...text(notes.paper)] : []),
    ...(tables.protocol ? ['## Protocol', markdownTable(tables.protocol), ...text(notes.protocol)] : []),
    ...(figures.some(({ name }) => name.startsWith('curves-')) ? ['## Learning curves'] : []),
    ...picture('curves-accuracy'),
    ...picture('curves-loss'),
    '## Where the numbers come from',
    markdownTable(tables.provenance),
  ];
  return `${parts.join('\n\n')}\n`;
}
