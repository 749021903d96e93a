import type { Table } from '../report/tables/table.js';
import { quantile } from './interleave.js';
import type { Side } from './step-contenders.js';
import { fastest, lossDistance, type StepRow, type StepSummary, summarise } from './step-rows.js';

const absent = '–';
const mebibytes = (bytes: number): string => String(Math.round(bytes / 2 ** 20));
const times = (value: number | null): string => value?.toFixed(2) ?? absent;

/** A line a network: milliseconds of every contender, ratios, peak memory. */
export function stepTable(rows: readonly StepRow[]): Table {
  const names = [
    ...new Set(rows.flatMap(({ measured, dropped }) => [...measured, ...dropped].map(({ name }) => name))),
  ];
  const compared = rows.some(({ ratio }) => ratio !== null);
  const compiled = rows.some(({ compileRatio }) => compileRatio !== null);
  const right = true;
  return {
    columns: [
      { heading: 'network' },
      ...names.map((name) => ({ heading: `${name}, ms`, right })),
      ...(compared ? [{ heading: 'PyTorch / ours', right }] : []),
      ...(compiled ? [{ heading: 'torch.compile / ours', right }] : []),
      { heading: 'our MiB', right },
      ...(compared
        ? [
            { heading: "PyTorch's MiB", right },
            { heading: 'memory, ours / PyTorch', right },
          ]
        : []),
    ],
    rows: rows.map((row) => [
      row.variant,
      ...names.map((name) => timeText(row, name)),
      ...(compared ? [times(row.ratio)] : []),
      ...(compiled ? [times(row.compileRatio)] : []),
      memoryText(row, 'ablate'),
      ...(compared ? [memoryText(row, 'torch'), times(row.memoryRatio)] : []),
    ]),
  };
}

function timeText({ measured, dropped }: StepRow, name: string): string {
  const found = measured.find((one) => one.name === name);
  if (found) return `${found.median.toFixed(1)} ±${found.spread.toFixed(1)}`;
  return dropped.some((one) => one.name === name) ? 'did not run' : absent;
}

function memoryText({ measured }: StepRow, side: 'ablate' | 'torch'): string {
  const peaks = measured
    .filter((one) => one.side === side)
    .map(({ peakBytes }) => peakBytes)
    .filter(Number.isFinite);
  return peaks.length > 0 ? mebibytes(Math.min(...peaks)) : absent;
}

/** What the table comes to, a sentence an item; then who did not run and why. */
export function stepFindings(rows: readonly StepRow[], batch: number): string[] {
  const speed = summarise(rows, ({ ratio }) => ratio);
  const compile = summarise(rows, ({ compileRatio }) => compileRatio);
  // The worst is where ours takes most: turned over, more is better here too.
  const memory = summarise(rows, ({ memoryRatio }) => memoryRatio && 1 / memoryRatio);
  const behind = rows
    .filter(({ ratio }) => ratio !== null && ratio < 1)
    .sort((a, b) => (a.ratio ?? 0) - (b.ratio ?? 0))
    .map(({ variant, ratio }) => `${variant} ${times(ratio)}`);
  return [
    ...(speed ? [`PyTorch's best of these over ours: ${words(speed)}.`] : []),
    ...(behind.length > 0 ? [`Behind PyTorch's best: ${behind.join(', ')}.`] : []),
    ...(compile ? [`torch.compile's best over ours: ${words(compile)}.`] : []),
    ...(memory
      ? [
          `Our peak memory over PyTorch's smallest: median ${times(1 / memory.median)}, most ${times(1 / memory.worst.value)} (${memory.worst.variant}).`,
        ]
      : []),
    ...lossFinding(rows),
    ...firstStepFinding(rows),
    ...wasmFinding(rows, batch),
    ...dropouts(rows),
  ];
}

/** That all do the same work: from the same weights and pictures their first losses are the same but for rounding. */
function lossFinding(rows: readonly StepRow[]): string[] {
  const found = rows.flatMap((row) => {
    const distance = lossDistance(row);
    return distance === null ? [] : [{ variant: row.variant, distance }];
  });
  if (found.length === 0) return [];
  const most = found.reduce((far, one) => (one.distance > far.distance ? one : far));
  return [`First losses: PyTorch's within ${most.distance.toExponential(1)} of ours, relative (${most.variant}).`];
}

/** How long the first step took, where one of them compiles in it. */
function firstStepFinding(rows: readonly StepRow[]): string[] {
  const all = rows.flatMap(({ measured }) => measured);
  const names = [...new Set(all.map(({ name }) => name))];
  if (!names.some((name) => /XLA|compile/.test(name))) return [];
  const said = names.map((name) => {
    const seconds = all.filter((one) => one.name === name).map(({ first }) => first / 1000);
    const [least, most] = [Math.min(...seconds), Math.max(...seconds)].map((value) => value.toFixed(1));
    return `${name} ${least === most ? least : `${least} to ${most}`}`;
  });
  return [`Seconds of the first step, compiling included: ${said.join(', ')}.`];
}

/** Where the wasm engine ran too: pictures a second of both. */
function wasmFinding(rows: readonly StepRow[], batch: number): string[] {
  const speeds = (side: Side) => {
    const found = rows.flatMap((row) => fastest(row, side) ?? []).map(({ median }) => (1000 * batch) / median);
    return found.sort((a, b) => a - b);
  };
  const [ours, wasm] = [speeds('ablate'), speeds('wasm')];
  if (wasm.length === 0 || ours.length === 0) return [];
  const said = (all: readonly number[]) =>
    `${quantile(all, 0.5).toFixed(0)} pictures a second in the median of the networks (${all[0]?.toFixed(0)} to ${all.at(-1)?.toFixed(0)})`;
  return [`The tensorflow engine: ${said(ours)}; the wasm engine, which has one core: ${said(wasm)}.`];
}

const words = ({ median, worst, ahead, rows }: StepSummary): string =>
  `median ${times(median)}, worst ${times(worst.value)} (${worst.variant}), at least 1 on ${ahead} of ${rows}`;

/** Each reason once, with the networks that it holds for. */
function dropouts(rows: readonly StepRow[]): string[] {
  const found = new Map<string, string[]>();
  for (const { variant, dropped } of rows) {
    for (const { name, reason } of dropped) {
      const key = `${name} did not run (${reason})`;
      found.set(key, [...(found.get(key) ?? []), variant]);
    }
  }
  return [...found].map(([what, variants]) => `${what}: ${variants.join(', ')}.`);
}

/** A network's line while the others are still to come. */
export function rowLine(row: StepRow): string {
  const each = row.measured.map(({ name }) => `${name} ${timeText(row, name)}`);
  const against = row.ratio === null ? [] : [`PyTorch / ours ${times(row.ratio)}`];
  return [row.variant, ...each, ...against].join('  ');
}
