import type { Dropped, Measured } from './interleave.js';
import type { Side } from './step-contenders.js';

export interface StepMeasured extends Measured {
  readonly side: Side;
}

/** A network's step by every contender that ran, and how ours stands; null where there is nobody to compare with. */
export interface StepRow {
  readonly variant: string;
  readonly measured: readonly StepMeasured[];
  readonly dropped: readonly Dropped[];
  /** PyTorch's best time of all its memory formats and allocators over ours: above 1 we are faster. */
  readonly ratio: number | null;
  /** torch.compile's best time over ours. */
  readonly compileRatio: number | null;
  /** Our process's peak memory over the smallest of PyTorch's. */
  readonly memoryRatio: number | null;
}

export function stepRow(variant: string, measured: readonly StepMeasured[], dropped: readonly Dropped[]): StepRow {
  const row = { variant, measured, dropped };
  const ours = fastest(row, 'ablate');
  const over = (theirs: StepMeasured | undefined) => (ours && theirs ? theirs.median / ours.median : null);
  const smallest = Math.min(...of(row, 'torch').map(({ peakBytes }) => peakBytes));
  return {
    ...row,
    ratio: over(fastest(row, 'torch')),
    compileRatio: over(fastest(row, 'compile')),
    memoryRatio: ours && Number.isFinite(smallest - ours.peakBytes) ? ours.peakBytes / smallest : null,
  };
}

/** How far PyTorch's first losses are from ours, relative to ours; null where there is nobody to compare with. */
export function lossDistance({ measured }: Times): number | null {
  const ours = measured.find(({ side }) => side === 'ablate')?.firstLoss ?? null;
  const theirs = measured.flatMap(({ side, firstLoss }) =>
    (side === 'torch' || side === 'compile') && firstLoss !== null ? [firstLoss] : [],
  );
  return ours === null || theirs.length === 0 ? null : Math.max(...theirs.map((loss) => Math.abs(loss / ours - 1)));
}

type Times = Pick<StepRow, 'measured'>;
const of = ({ measured }: Times, side: Side) => measured.filter((one) => one.side === side);

/** A side's contender with the smallest median; undefined where none of it ran. */
export const fastest = (row: Times, side: Side): StepMeasured | undefined =>
  of(row, side).reduce<StepMeasured | undefined>(
    (best, one) => (best && best.median <= one.median ? best : one),
    undefined,
  );

/** The road in a few numbers. */
export interface StepSummary {
  readonly median: number;
  readonly worst: { readonly variant: string; readonly value: number };
  readonly ahead: number;
  readonly rows: number;
}

/** Of one of a row's ratios where more is better; null where no row has it. */
export function summarise(rows: readonly StepRow[], pick: (row: StepRow) => number | null): StepSummary | null {
  const found = rows
    .flatMap((row) => {
      const value = pick(row);
      return value === null ? [] : [{ variant: row.variant, value }];
    })
    .sort((a, b) => a.value - b.value);
  const [worst] = found;
  if (!worst) return null;
  const middle = found.length >> 1;
  const upper = found[middle] as { value: number };
  const lower = found.length % 2 === 1 ? upper : (found[middle - 1] as { value: number });
  return {
    median: (lower.value + upper.value) / 2,
    worst,
    ahead: found.filter(({ value }) => value >= 1).length,
    rows: found.length,
  };
}
