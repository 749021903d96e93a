import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { Tensor } from '@tensorflow/tfjs-core';
import { cases, type Tf } from './cases.js';
import { measure, type Runner } from './measure.js';

/** Columns of docs/ops.md. */
export type Column = 'compiled' | 'eager' | 'bfloat16' | 'wasm' | 'webgpu';

type Table = Record<string, Partial<Record<Column, string>>>;

const file = fileURLToPath(new URL('../../fixtures/tfjs-ops/verdicts.json', import.meta.url));
const read = (): Table => JSON.parse(readFileSync(file, 'utf8')) as Table;

/**
 * Holds a column of the table to what the engine does now: every case right, or refused with the text that stands there.
 * `thereAndBack` runs them in reverse first, for an engine that keeps programs from case to case.
 * With ABLATE_OPS_TABLE=write the column is written anew; `node scripts/ops-table.mjs` then makes docs/ops.md of it.
 */
export function holdsColumn(
  column: Column,
  engine: () => { tf: Tf; run: Runner; asMap?: (x: Tensor) => Tensor },
  { thereAndBack = false } = {},
): void {
  test(`${column}: every case right, or refused by name`, async () => {
    const { tf, run, asMap } = engine();
    const found: Record<string, string> = {};
    const wrong: string[] = [];
    for (const one of thereAndBack ? [...cases].reverse() : []) {
      const verdict = await measure(tf, run, one, asMap);
      if (verdict.kind === 'wrong') wrong.push(`${one.name}, in reverse: ${verdict.text}`);
    }
    expect(wrong).toEqual([]);
    for (const one of cases) {
      const verdict = await measure(tf, run, one, asMap);
      found[one.name] = verdict.kind === 'right' ? 'right' : `${verdict.kind}: ${verdict.text}`;
    }
    if (process.env['ABLATE_OPS_TABLE'] === 'write') {
      const table = read();
      for (const [name, text] of Object.entries(found)) table[name] = { ...table[name], [column]: text };
      const names = cases.map(({ name }) => name);
      const rows = names.map((name) => `  ${JSON.stringify(name)}: ${JSON.stringify(table[name])}`);
      writeFileSync(file, `{\n${rows.join(',\n')}\n}\n`);
    }
    expect(Object.entries(found).filter(([, text]) => text.startsWith('wrong'))).toEqual([]);
    const stored = read();
    const expected = Object.fromEntries(cases.map(({ name }) => [name, stored[name]?.[column]]));
    expect(found).toEqual(expected);
  });
}
