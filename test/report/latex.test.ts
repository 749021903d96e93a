import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { readSuite } from '../../src/report/read.js';
import { latexTable, latexText } from '../../src/report/tables/latex.js';
import { writeReport } from '../../src/report/write.js';
import { temporaryFolder, writeSynthetic } from './synthetic.js';

describe('text in LaTeX', () => {
  it('is printed as it is written', () => {
    expect(latexText('100 % of $5 & #1 a_b {c} ~d ^e \\f')).toBe(
      '100 \\% of \\$5 \\& \\#1 a\\_b \\{c\\} \\textasciitilde{}d \\textasciicircum{}e \\textbackslash{}f',
    );
    expect(latexText('−0.08 … +0.37 ± 7×7 Δ')).toBe('$-$0.08 \\dots{} +0.37 $\\pm$ 7$\\times$7 $\\Delta$');
    expect(latexText('--drop "it" [2]*')).toBe('-{}-drop \\textquotedbl{}it\\textquotedbl{} {[}2{]}{*}');
    expect(latexText('two\n\nparagraphs\u0000')).toBe('two paragraphs ');
  });

  it('holds no command that is not an escape, whatever was written', () => {
    const ours =
      /\\(textbackslash|textasciitilde|textasciicircum|textless|textgreater|textbar|textasciigrave|textquotedbl|textendash|textemdash|dots)\{\}|\\[{}&%$#_]|\$(-|\\(pm|times|cdot|Delta|le|ge))\$|\{[[\]*]\}|-\{\}(?=-)/g;
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(latexText(text).replace(ours, '')).not.toMatch(/[\\{}&%$#_~^<>|`"[\]*\n]|--/);
      }),
    );
  });
});

describe('a report for a paper', () => {
  let out: string;
  let text: string;
  beforeAll(async () => {
    out = await temporaryFolder();
    const folder = await writeSynthetic({
      suite: 'for_paper',
      variants: [
        { name: 'base', kind: 'base', title: 'resnet-50', top1: [80, 80.2, 80.1], macs: 20e6 },
        { name: 'gelu', title: '50% \\input{x} & more', parent: 'base', top1: [84, 84.3, 84.2], macs: 21e6 },
      ],
    });
    await writeReport(readSuite(folder), out, { latex: true });
    text = await readFile(join(out, 'report.tex'), 'utf8');
  });

  it('has the table of steps with the rules of booktabs', () => {
    const lines = text.split('\n').map((line) => line.trim());
    const table = lines.slice(lines.indexOf('\\toprule'), lines.indexOf('\\bottomrule') + 1);
    expect(table.slice(1, 5)).toEqual([
      'step & top-1 \\% & $\\Delta$ & 95\\% interval & verdict & MMACs & params, M \\\\',
      '\\midrule',
      'ResNet-50 & 80.10 $\\pm$ 0.10 & \\textendash{} & \\textendash{} & \\textendash{} & 20.0 & 1.00 \\\\',
      expect.stringMatching(
        /^50\\% \\textbackslash\{\}input\\\{x\\\} \\& more & 84\.17 \$\\pm\$ 0\.15 & \+4\.07 & \+\d\.\d\d \\dots\{\} \+\d\.\d\d & helps & 21\.0 & 1\.00 \\\\$/,
      ),
    ]);
    expect(text).toContain('\\label{tab:for-paper-steps}');
  });

  it('has every figure as a PDF of one page with embedded fonts, the same bytes each time', async () => {
    const included = [...text.matchAll(/\\includegraphics\[[^\]]*\]\{([^}]*)\}/g)].map(([, name]) => name as string);
    const pdfs = (await readdir(out)).filter((name) => name.endsWith('.pdf'));
    expect([...included].sort()).toEqual(pdfs.sort());
    expect(included).toContain('roadmap.pdf');
    const again = await temporaryFolder();
    const folder = await writeSynthetic({ variants: [{ name: 'base', kind: 'base', top1: [80, 81, 82] }] });
    await writeReport(readSuite(folder), again, { latex: true });
    const first = await readFile(join(again, 'roadmap.pdf'));
    await writeReport(readSuite(folder), again, { latex: true });
    expect((await readFile(join(again, 'roadmap.pdf'))).equals(first)).toBe(true);
    expect(first.toString('latin1')).toMatch(/^%PDF-1\.[\s\S]*\/FontFile2[\s\S]*%%EOF\s*$/);
    expect(first.toString('latin1').match(/\/Type \/Page\b(?!s)/g)).toHaveLength(1);
    expect(first.length).toBeGreaterThan(10_000);
  });

  it('leaves spare columns out of its tables alone', () => {
    const table = { columns: [{ heading: 'a' }, { heading: 'b', spare: true }], rows: [['[1]', '2']] };
    const made = latexTable(table, 'c', 'x y');
    expect(made).toContain('{[}1{]} \\\\');
    expect(made).not.toContain('2');
    expect(made).toContain('\\label{tab:x-y}');
  });
});
