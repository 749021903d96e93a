import type { Figure } from './figures/render.js';
import { conditions } from './labels.js';
import type { Report } from './report.js';
import { latexLabel, latexTable, latexText } from './tables/latex.js';

/** The report's tables and figures for a paper: `\input` it, with booktabs and graphicx loaded and the PDFs beside it. */
export function latexReport({ study, tables, figures }: Report): string {
  const { suite } = study.plan;
  const where = conditions(study);
  const table = (name: 'steps' | 'shapley' | 'factorial', caption: string) => {
    const found = tables[name];
    return found ? [latexTable(found, `${caption} ${where}.`, `${suite}-${name}`)] : [];
  };
  const { size, margin } = study.family;
  const judged =
    size > 0
      ? ` Intervals hold for all ${size} comparisons at once with 95%${margin === null ? '' : `; a change within ${margin} points is called equivalent`}.`
      : '';
  return `${[
    `% ${suite}: made by \`ablate report --latex\` from the records of the suite alone.
% Needs \\usepackage[T1]{fontenc}, \\usepackage{booktabs}, \\usepackage{graphicx}, and \\graphicspath where it lies elsewhere.`,
    ...table(
      'steps',
      `Top-1 accuracy, mean ± standard deviation over seeds, and the change that each step made.${judged}`,
    ),
    ...table('shapley', 'What each step is worth, averaged over orders (Shapley values).'),
    ...table('factorial', 'Effects of steps and of two together.'),
    ...figures.map((figure) => latexFigure(figure, suite, where)),
  ].join('\n\n')}\n`;
}

const latexFigure = ({ name, title, note }: Figure, suite: string, where: string): string => `\\begin{figure}
  \\centering
  \\includegraphics[width=\\linewidth]{${name}.pdf}
  \\caption{${latexText(`${title}. ${where}.${note === undefined ? '' : ` ${note}`}`)}}
  \\label{fig:${latexLabel(`${suite}-${name}`)}}
\\end{figure}`;
