/**
 * Records as nobody wrote them: a value changed, a key gone, a byte flipped, a file cut. Every reader either has what is
 * there or names the file; nothing is invented, nothing ends in a stack. `MUTATIONS=5000` tries as many.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createGenerator } from '../../src/random/generator.js';
import { readMetrics, readPlan, readResult, readRun } from '../../src/records/read.js';
import { drawInThemes } from '../../src/report/figures/render.js';
import { htmlPage } from '../../src/report/html/page.js';
import { markdownReport } from '../../src/report/markdown.js';
import { RecordsError, readSuite } from '../../src/report/read.js';
import { composeReport, type Report } from '../../src/report/report.js';
import { runsCsv, stepsCsv } from '../../src/report/tables/steps.js';
import { writeSynthetic } from './synthetic.js';

const mutations = Number(process.env.MUTATIONS ?? 300);

const values: readonly unknown[] = [
  ...[null, 0, -1, 1e308, -1e308, 1e-320, 85, 0.5, 999_999_999_999],
  ...['', 'x', '0.9', '../../out', '<b>', [], {}, true, [null], { a: 1 }],
];

type Draw = (below: number) => number;

/** One leaf or branch of a document changed or taken out. */
function mutateDocument(text: string, draw: Draw): string {
  const document = JSON.parse(text);
  const places: [Record<string, unknown>, string][] = [];
  const walk = (value: unknown): void => {
    if (value === null || typeof value !== 'object') return;
    for (const key of Object.keys(value)) {
      places.push([value as Record<string, unknown>, key]);
      walk((value as Record<string, unknown>)[key]);
    }
  };
  walk(document);
  const [holder, key] = places[draw(places.length)] as (typeof places)[number];
  if (draw(3) > 0) holder[key] = values[draw(values.length)];
  else if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else delete holder[key];
  return JSON.stringify(document);
}

/** Some bytes changed, left out or doubled. */
function mutateBytes(text: string, draw: Draw): Buffer {
  const bytes = Buffer.from(text);
  const at = draw(bytes.length);
  const kind = draw(4);
  if (kind === 0) return bytes.subarray(0, at);
  if (kind === 1) return Buffer.concat([bytes.subarray(0, at), Buffer.alloc(1 + draw(8)), bytes.subarray(at)]);
  if (kind === 2) return Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.max(0, at - draw(40)))]);
  bytes[at] = draw(256);
  return bytes;
}

const top1 = [80, 81, 79.5, 80.5, 80.2, 79.9];
const parts = {
  plan: { name: ['plan.json'], read: (folder: string) => readPlan(folder) },
  run: { name: ['gelu', 'seed-1', 'run.json'], read: (folder: string) => readRun(join(folder, 'gelu', 'seed-1')) },
  result: {
    name: ['gelu', 'seed-1', 'result.json'],
    read: (folder: string) => readResult(join(folder, 'gelu', 'seed-1')),
  },
  metrics: { name: ['base', 'seed-0', 'metrics.jsonl'], read: () => null },
};

test(`${mutations} mutated records: no stack, no number that is none, every damage named, no verdict from it`, async () => {
  const folder = await writeSynthetic({
    seeds: [0, 1, 2, 3, 4, 5],
    variants: [
      { name: 'base', kind: 'base', top1 },
      { name: 'gelu', parent: 'base', top1: top1.map((value) => value + 0.1) },
      { name: 'swin', kind: 'compare', top1: top1.map((value) => value - 0.1) },
    ],
  });
  const generator = createGenerator(7, 'mutations');
  const draw: Draw = (below) => Math.floor(generator.uniform() * below);
  const kinds = Object.keys(parts) as (keyof typeof parts)[];
  let damaged = 0;
  for (let count = 0; count < mutations; count++) {
    const { name, read } = parts[kinds[count % kinds.length] as keyof typeof parts];
    const file = join(folder, ...name);
    const before = readFileSync(file, 'utf8');
    const lines = before.trimEnd().split('\n');
    const structured = draw(4) > 0;
    const mutated = !structured
      ? mutateBytes(before, draw)
      : name.at(-1) === 'metrics.jsonl'
        ? mutateLine(lines, draw)
        : mutateDocument(before, draw);
    writeFileSync(file, mutated);
    const input = `${file}\n${String(mutated).slice(0, 2000)}`;
    try {
      const found = name.at(-1) === 'metrics.jsonl' ? readMetrics(join(folder, 'base', 'seed-0')).damage : read(folder);
      const isDamaged = typeof found === 'string' || (typeof found === 'object' && found?.state === 'damaged');
      if (isDamaged) damaged++;
      const report = composeReport(readSuite(folder));
      const text = [
        markdownReport(report),
        stepsCsv(report.study),
        runsCsv(report.study),
        count % 50 === 0 ? pageOf(report) : '',
      ];
      for (const one of text.map(withoutScripts)) {
        const at = one.search(/\b(NaN|Infinity|undefined)\b/);
        expect(at < 0 ? '' : one.slice(Math.max(0, at - 100), at + 20), input).toBe('');
      }
      if (isDamaged) expect(report.notices.map((notice) => notice.text).join('\n'), input).toContain(name.at(-1));
    } catch (error) {
      if (!(error instanceof RecordsError)) throw new Error(`${(error as Error).stack}\n${input}`);
      expect(error.message, input).toContain(name.at(-1));
    } finally {
      writeFileSync(file, before);
    }
  }
  // Most of what is changed is seen; the rest are other values that could be true.
  expect(damaged).toBeGreaterThan(mutations / 3);
}, 600_000);

function mutateLine(lines: readonly string[], draw: Draw): string {
  const at = draw(lines.length);
  const changed =
    draw(4) === 0 ? JSON.stringify(values[draw(values.length)]) : mutateDocument(lines[at] as string, draw);
  return `${lines.map((line, index) => (index === at ? changed : line)).join('\n')}\n`;
}

function pageOf(report: Report): string {
  const drawn = new Map(report.figures.map((figure) => [figure, drawInThemes(figure, 'wide')]));
  return [...htmlPage(report, drawn)].join('');
}

/** A page without the code and the font in it, which are not of the records. */
const withoutScripts = (page: string): string => page.replace(/<(script|style)>[\s\S]*?<\/\1>/g, '');
