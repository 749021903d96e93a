import type { Table } from '../report/tables/table.js';
import { quantile } from './interleave.js';
import { callText } from './op-calls.js';
import type { CollectedCall, OpTimes } from './ops-worker.js';

export type OpSide = 'fused' | 'plain' | 'torch';

/** Medians in milliseconds; `both` is the forward pass with all gradients, null where an operation has none. */
export interface OpMedian {
  readonly forward: number;
  readonly both: number | null;
  /** Half the range that holds the middle half of all timings of `both`, or of `forward` where there is no other. */
  readonly spread: number;
}

export interface OpRow {
  readonly text: string;
  readonly call: CollectedCall;
  /** Calls in one step of every network of the suite, together. */
  readonly count: number;
  readonly sides: Readonly<Partial<Record<OpSide, OpMedian>>>;
  /** Of the time that all networks' steps spend in operations. */
  readonly share: number;
}

/** What a step pays for a call: forward pass and gradients. */
export const cost = ({ forward, both }: OpMedian): number => both ?? forward;

export function median(answers: readonly OpTimes[]): OpMedian {
  const of = (pick: (answer: OpTimes) => readonly number[] | null) =>
    answers.flatMap((answer) => pick(answer) ?? []).sort((a, b) => a - b);
  const forward = of((answer) => answer.forward);
  const both = of((answer) => answer.both);
  const longer = both.length > 0 ? both : forward;
  return {
    forward: quantile(forward, 0.5),
    both: both.length > 0 ? quantile(both, 0.5) : null,
    spread: (quantile(longer, 0.75) - quantile(longer, 0.25)) / 2,
  };
}

/** Rows by their share of the road's time, the largest first. */
export function opRows(measured: readonly { call: CollectedCall; sides: OpRow['sides'] }[]): OpRow[] {
  const rows = measured.map(({ call, sides }) => {
    const count = Object.values(call.counts).reduce((sum, one) => sum + one, 0);
    return { text: callText(call), call, count, sides, time: sides.fused ? count * cost(sides.fused) : 0 };
  });
  const whole = rows.reduce((sum, { time }) => sum + time, 0);
  return rows
    .map(({ time, ...row }) => ({ ...row, share: whole > 0 ? time / whole : 0 }))
    .sort((a, b) => b.share - a.share);
}

const absent = '–';
const digits = (value: number): string => value.toFixed(value < 0.1 ? 3 : 2);

export function opTable(rows: readonly OpRow[], most: number): Table {
  const right = true;
  const torch = rows.some(({ sides }) => sides.torch);
  const pair = (side: string) => [
    { heading: `${side}, forward ms`, right },
    { heading: `${side}, with gradients ms`, right },
  ];
  const values = (side: OpMedian | undefined) =>
    side ? [digits(side.forward), side.both === null ? absent : digits(side.both)] : [absent, absent];
  return {
    columns: [
      { heading: 'operation' },
      { heading: 'calls', right },
      { heading: 'share', right },
      ...pair('ours'),
      ...pair('TensorFlow'),
      ...(torch ? [...pair('PyTorch'), { heading: 'PyTorch / ours', right }] : []),
    ],
    rows: rows
      .slice(0, most)
      .map(({ text, count, share, sides }) => [
        text,
        String(count),
        `${(100 * share).toFixed(1)} %`,
        ...values(sides.fused),
        ...values(sides.plain),
        ...(torch ? [...values(sides.torch), ratioText(sides)] : []),
      ]),
  };
}

const ratio = ({ fused, torch }: OpRow['sides']): number | null => (fused && torch ? cost(torch) / cost(fused) : null);
const ratioText = (sides: OpRow['sides']): string => ratio(sides)?.toFixed(2) ?? absent;

/** Where the time goes by kind of operation, and how each kind stands beside TensorFlow's plain ops and PyTorch. */
export function opFindings(rows: readonly OpRow[]): string[] {
  const kinds = [...new Set(rows.map(kindOf))];
  const sum = (of: readonly OpRow[], side: OpSide) =>
    of.reduce((total, { count, sides }) => total + count * cost(sides[side] as OpMedian), 0);
  return kinds
    .map((kind) => ({ kind, of: rows.filter((row) => kindOf(row) === kind && row.sides.fused) }))
    .map(({ kind, of }) => ({ kind, of, share: of.reduce((total, { share }) => total + share, 0) }))
    .sort((a, b) => b.share - a.share)
    .map(({ kind, of, share }) => {
      const against = (side: 'plain' | 'torch', name: string) => {
        const both = of.filter(({ sides }) => sides[side]);
        return both.length > 0 ? `, ${name} / ours ${(sum(both, side) / sum(both, 'fused')).toFixed(2)}` : '';
      };
      return `${kind}: ${(100 * share).toFixed(1)} % of the time${against('plain', 'TensorFlow')}${against('torch', 'PyTorch')}`;
    });
}

/** Convolutions are told apart by what decides their speed. */
function kindOf({ call: { op, args, shapes } }: OpRow): string {
  if (op !== 'conv2d') return op;
  const { groups } = args[2] as { groups: number };
  const [height = 0, , inputs = 0, outputs = 0] = shapes[1] as number[];
  const size = `${height}×${height}`;
  if (groups > 1) return `${groups === outputs && inputs === 1 ? 'depthwise' : 'grouped'} convolution ${size}`;
  return `convolution ${size}`;
}
