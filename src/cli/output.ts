import { visible } from '../words/visible.js';

/** One JSON document on stdout, its `schema` first, and nothing else. */
export function printJson(document: object): void {
  process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
}

/** What a command answers, of whatever files: no terminal obeys what stands in them. */
export function printText(text: string): void {
  process.stdout.write(`${visible(text)}\n`);
}

/** Progress, warnings, where things are: everything that is not the answer. */
export function note(text: string): void {
  process.stderr.write(`${visible(text)}\n`);
}
