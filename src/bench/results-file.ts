import { readFile } from 'node:fs/promises';
import { writeWhole } from '../files/whole.js';
import { markdownTable } from '../report/tables/markdown.js';
import type { Table } from '../report/tables/table.js';
import { type Provenance, provenanceText } from './provenance.js';

/** A part of a results file that one command writes. */
export interface Section {
  /** What tells it from the others, a word or several; measured again, it takes its old place. */
  readonly id: string;
  readonly title: string;
  readonly provenance: Provenance;
  /** How it was measured. */
  readonly method: string;
  readonly table: Table;
  readonly findings: readonly string[];
  readonly picture?: { readonly file: string; readonly alt: string };
}

const begin = (id: string): string => `<!-- measured: ${id} -->`;
const end = (id: string): string => `<!-- end of ${id} -->`;

/**
 * The text with the section in it: in place of its former self, else at the end. What stands between sections is left
 * alone: it is prose, and figures stand in sections only.
 */
export function withSection(text: string, section: Section): string {
  const [from, to] = [begin(section.id), end(section.id)];
  const fresh = `${from}\n${sectionText(section)}\n${to}`;
  const start = text.indexOf(from);
  if (start < 0) return `${text.trimEnd()}\n\n${fresh}\n`;
  const stop = text.indexOf(to, start);
  if (stop < 0) throw new Error(`the section "${section.id}" begins but has no end; put "${to}" behind it`);
  return text.slice(0, start) + fresh + text.slice(stop + to.length);
}

function sectionText({ title, provenance, method, table, findings, picture }: Section): string {
  return [
    `## ${title}`,
    `    ${provenance.command}`,
    `${provenanceText(provenance)}. ${method}`,
    markdownTable(table),
    findings.map((finding) => `- ${finding}`).join('\n'),
    ...(picture ? [`![${picture.alt}](${picture.file})`] : []),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** Puts a section into a file, which is made where there is none. */
export async function writeSection(file: string, section: Section): Promise<void> {
  const before = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '# Measured\n';
    throw error;
  });
  await writeWhole(file, withSection(before, section));
}
