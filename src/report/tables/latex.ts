import type { Table } from './table.js';

/** Characters that LaTeX takes for something else, or has another name for, in text. */
const escapes: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '{': '\\{',
  '}': '\\}',
  '&': '\\&',
  '%': '\\%',
  $: '\\$',
  '#': '\\#',
  _: '\\_',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '<': '\\textless{}',
  '>': '\\textgreater{}',
  '|': '\\textbar{}',
  '`': '\\textasciigrave{}',
  '"': '\\textquotedbl{}',
  // After the end of a line of a table these are its options, and two of these are another sign.
  '[': '{[}',
  ']': '{]}',
  '*': '{*}',
  '–': '\\textendash{}',
  '—': '\\textemdash{}',
  '−': '$-$',
  '±': '$\\pm$',
  '×': '$\\times$',
  '·': '$\\cdot$',
  Δ: '$\\Delta$',
  '…': '\\dots{}',
  '≤': '$\\le$',
  '≥': '$\\ge$',
};

/** Text as it stands in LaTeX, in one paragraph. Letters of other scripts stay: LuaLaTeX and XeLaTeX print them. */
export const latexText = (text: string): string =>
  [...text.replace(/[\s\p{Cc}]+/gu, ' ')]
    .map((letter) => escapes[letter] ?? letter)
    .join('')
    // Two hyphens would be a dash.
    .replace(/-(?=-)/g, '-{}');

/** A name for `\ref`: letters, digits and hyphens alone. */
export const latexLabel = (name: string): string => name.replace(/[^A-Za-z0-9]+/g, '-');

/** A floating table with booktabs' rules, made smaller where it is wider than the text. Columns that can be spared are left out: paper is narrow. */
export function latexTable({ columns, rows }: Table, caption: string, label: string): string {
  const kept = columns.flatMap(({ spare }, at) => (spare ? [] : [at]));
  const line = (cells: readonly string[]) => `${kept.map((at) => latexText(cells[at] ?? '')).join(' & ')} \\\\`;
  return `\\begin{table}
  \\centering
  \\footnotesize
  \\setlength{\\tabcolsep}{3.5pt}
  \\caption{${latexText(caption)}}
  \\label{tab:${latexLabel(label)}}
  \\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}{!}{%
  \\begin{tabular}{${kept.map((at) => (columns[at]?.right ? 'r' : 'l')).join('')}}
    \\toprule
    ${line(columns.map(({ heading }) => heading))}
    \\midrule
${rows.map((row) => `    ${line(row)}`).join('\n')}
    \\bottomrule
  \\end{tabular}}
\\end{table}`;
}
