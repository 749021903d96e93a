/** One JSON document on stdout, its `schema` first, and nothing else. */
export function printJson(document: object): void {
  process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
}

/** What a command answers. */
export function printText(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Progress, warnings, where things are: everything that is not the answer. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}
