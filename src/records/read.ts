import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { type MetricsLine, metricsLineSchema } from './metrics.js';
import { type PlanRecord, planSchema } from './plan.js';
import { type RunResult, resultSchema } from './result.js';
import { type RunRecord, runSchema } from './run.js';

/** A record as it was found. Damage is named and never taken for content: no command trusts a file. */
export type Found<Value> =
  | { readonly state: 'read'; readonly value: Value }
  | { readonly state: 'absent' }
  | { readonly state: 'damaged'; readonly file: string; readonly reason: string };

/** No record of ours comes near it; a larger file is none. */
const longest = 64 * 2 ** 20;

/** Reads one record. Synchronous: ten thousand small files are read several times as fast. */
function readRecord<Value>(file: string, schema: z.ZodType<unknown>): Found<Value> {
  const found = readText(file);
  if (found.state !== 'read') return found;
  let json: unknown;
  try {
    json = JSON.parse(found.value);
  } catch (error) {
    return { state: 'damaged', file, reason: `is no JSON: ${withoutQuote(error as Error)}` };
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return { state: 'read', value: parsed.data as Value };
  return { state: 'damaged', file, reason: describe(parsed.error) };
}

/** What the parser says without the piece of the file that it quotes: that may have lines of its own, and be of any kind. */
const withoutQuote = ({ message }: Error): string =>
  JSON.stringify(message.replace(/, (\.\.\.)?"[\s\S]*$/, '')).slice(1, -1);

export const readResult = (folder: string): Found<RunResult> => readRecord(join(folder, 'result.json'), resultSchema);
export const readRun = (folder: string): Found<RunRecord> => readRecord(join(folder, 'run.json'), runSchema);
export const readPlan = (suiteFolder: string): Found<PlanRecord> =>
  readRecord(join(suiteFolder, 'plan.json'), planSchema);

/** A record's value, or null where it is absent or damaged. */
export const orNull = <Value>(found: Found<Value>): Value | null => (found.state === 'read' ? found.value : null);

/** The whole lines of metrics.jsonl. A last line that was cut off is left out; any other that is no line is damage. */
export function readMetrics(folder: string): {
  readonly lines: readonly MetricsLine[];
  readonly damage: string | null;
} {
  const file = join(folder, 'metrics.jsonl');
  const found = readText(file);
  if (found.state === 'damaged') return { lines: [], damage: `${file} ${found.reason}` };
  const texts = found.state === 'read' ? found.value.split('\n') : [];
  const last = texts.pop();
  const lines: MetricsLine[] = [];
  let damage: string | null = null;
  for (const [at, text] of (last ? [...texts, last] : texts).entries()) {
    const line = readLine(text);
    if (typeof line === 'object') lines.push(line);
    else if (at < texts.length) damage ??= `${file}, line ${at + 1} ${line}`;
  }
  return { lines, damage };
}

function readLine(text: string): MetricsLine | string {
  try {
    const parsed = metricsLineSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : describe(parsed.error);
  } catch {
    return 'is no JSON';
  }
}

function readText(file: string): Found<string> {
  try {
    const text = readFileSync(file, 'utf8');
    if (text.length > longest)
      return { state: 'damaged', file, reason: `is no record: it has ${text.length} characters` };
    // Editors on some systems put a byte-order mark first, which JSON does not know.
    return { state: 'read', value: text.charCodeAt(0) === 0xfeff ? text.slice(1) : text };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { state: 'absent' };
    return { state: 'damaged', file, reason: `cannot be read: ${message}` };
  }
}

/** The first problem that zod found, by its place and in our words. */
function describe({ issues }: z.ZodError): string {
  const [first, ...others] = issues;
  const place = first && first.path.length > 0 ? `at ${first.path.join('.')}: ` : '';
  const found = first?.message
    .replace('Invalid input: ', '')
    .replace('received undefined', 'found nothing')
    .replace('received', 'found');
  return `is damaged: ${place}${found}${others.length > 0 ? ` (and ${others.length} more)` : ''}`;
}
