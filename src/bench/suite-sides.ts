import { spawn } from 'node:child_process';
import type { Table } from '../report/tables/table.js';
import { counted } from '../words/counted.js';
import { meanOf } from '../statistics/summary.js';
import { quantile } from './interleave.js';

/** One side's whole way from the suite to its results. */
export interface SideTurn {
  /** Wall seconds, the start and the end of its processes included. */
  readonly seconds: number;
  readonly runs: readonly SideRun[];
}

export interface SideRun {
  readonly variant: string;
  readonly seed: number;
  readonly top1: number;
  readonly peakBytes: number;
}

/** A suite trained by both sides, turn by turn. */
export interface SuiteSides {
  readonly ours: readonly SideTurn[];
  readonly torch: readonly SideTurn[];
}

const median = (values: readonly number[]): number =>
  quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );
const wall = (turns: readonly SideTurn[]): number => median(turns.map(({ seconds }) => seconds));
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const right = true;

/** PyTorch's median wall time over ours. */
export const timesAsFast = ({ ours, torch }: SuiteSides): number => wall(torch) / wall(ours);

/** What both sides' networks reach, a row a variant: a check that the same was trained, no verdict. */
export function sidesTable({ ours, torch }: SuiteSides): Table {
  const names = [...new Set(ours[0]?.runs.map(({ variant }) => variant))];
  const of = (turns: readonly SideTurn[], variant: string) =>
    (turns[0]?.runs ?? []).filter((run) => run.variant === variant);
  return {
    columns: [
      { heading: 'network' },
      { heading: 'runs', right },
      { heading: 'ablate, top-1', right },
      { heading: 'PyTorch, top-1', right },
      { heading: 'our MiB', right },
      { heading: "PyTorch's MiB", right },
    ],
    rows: names.map((variant) => {
      const [own, theirs] = [of(ours, variant), of(torch, variant)];
      const reached = (runs: readonly SideRun[]) => percent(meanOf(runs.map(({ top1 }) => top1)));
      const memory = (runs: readonly SideRun[]) =>
        (Math.max(...runs.map(({ peakBytes }) => peakBytes)) / 2 ** 20).toFixed(0);
      return [variant, String(own.length), reached(own), reached(theirs), memory(own), memory(theirs)];
    }),
  };
}

export function sidesFindings(sides: SuiteSides, parallel: number): string[] {
  const { ours, torch } = sides;
  const turns = (side: readonly SideTurn[]) => side.map(({ seconds }) => seconds.toFixed(1)).join(', ');
  const gaps = pairs(sides).map(([own, theirs]) => own - theirs);
  return [
    `From the suite to the report ${wall(ours).toFixed(0)} s, PyTorch ${wall(torch).toFixed(0)} s: ${timesAsFast(sides).toFixed(2)} times as fast (${counted(ours.length, 'turn')} each; ours ${turns(ours)} s, PyTorch ${turns(torch)} s).`,
    `${counted(ours[0]?.runs.length ?? 0, 'run')}, ${parallel} at a time on either side.`,
    `Mean top-1, ours minus PyTorch's: ${(100 * meanOf(gaps)).toFixed(1)} points over the networks, each side with chance of its own.`,
  ];
}

/** Mean top-1 of each network on both sides. */
function pairs({ ours, torch }: SuiteSides): [number, number][] {
  const reached = (runs: readonly SideRun[], variant: string) =>
    meanOf(runs.filter((run) => run.variant === variant).map(({ top1 }) => top1));
  const [own, theirs] = [ours[0]?.runs ?? [], torch[0]?.runs ?? []];
  return [...new Set(own.map(({ variant }) => variant))].map((name) => [reached(own, name), reached(theirs, name)]);
}

export interface SideProcess {
  readonly seconds: number;
  readonly output: string;
}

/**
 * Runs a program to its end and takes the time from outside; what it says on stderr goes to `say`, line by line.
 * @throws Error with its last words, where it ends otherwise than well.
 */
export function timed(
  [program, ...args]: readonly [string, ...string[]],
  { env, say }: { readonly env?: Readonly<Record<string, string>>; readonly say: (line: string) => void },
): Promise<SideProcess> {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
    let output = '';
    let last = '';
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString();
    });
    child.stderr.on('data', (data: Buffer) => {
      last = (last + data.toString()).slice(-4000);
      const line = data.toString().trim().split('\n').at(-1);
      if (line) say(line);
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve({ seconds: (performance.now() - began) / 1000, output });
      else reject(new Error(`${program} ended by ${signal ?? `code ${code}`}:\n${last.trim()}`));
    });
  });
}
