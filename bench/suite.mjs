/** Whole suites in processes of their own, for the scripts beside it. */
import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';

const program = fileURLToPath(new URL('../bin/ablate.js', import.meta.url));
export const suite = fileURLToPath(new URL('./two-hundred-steps.yaml', import.meta.url));
/** Where figures are written: the option `--markdown` of every script. */
export const markdown = { type: 'string', default: fileURLToPath(new URL('./RESULTS.md', import.meta.url)) };

/**
 * The JSON document that `ablate ARGS --json` prints; its progress goes to this process's stderr. Throws where it fails,
 * and where it has not ended after `minutes`: a deadlock would be seen here. `of` is another checkout's program.
 */
export function ablate(args, minutes = 30, of = program) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [of, ...args, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';
    child.stdout.on('data', (data) => {
      printed += data;
    });
    const timer = setTimeout(() => {
      child.kill();
      reject(new Error(`ablate ${args.join(' ')} has not ended after ${minutes} minutes`));
    }, minutes * 60_000);
    child.on('close', (code) => {
      clearTimeout(timer);
      if (code === 0) resolve(JSON.parse(printed));
      else reject(new Error(`ablate ${args.join(' ')} ended with code ${code}`));
    });
  });
}

/** The same suite with its recipes in another precision, as a file of `folder`. */
export async function inPrecision(file, precision, folder) {
  const whole = parse(await readFile(file, 'utf8'));
  for (const recipe of ['recipe', 'base_recipe']) if (whole[recipe]) whole[recipe].precision = precision;
  const changed = join(folder, `${precision}.yaml`);
  await writeFile(changed, stringify(whole));
  return changed;
}

/** What a run left in a folder of records: its `run.json` or `result.json`. */
export const recordOf = async (records, { variant, seed }, file) =>
  JSON.parse(await readFile(join(records, variant, `seed-${seed}`, file), 'utf8'));

export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2;
};

export const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
