import type { MetricsLine } from '../records/metrics.js';

/** What a variant's runs measured at one moment of training. */
export interface CoursePoint {
  readonly epoch: number;
  /** Mean over the runs that have got so far. */
  readonly value: number;
  /** Standard deviation over them; null for one. */
  readonly sd: number | null;
  readonly seeds: number;
}

/** How a variant's runs went, as means over them by epoch, ascending. */
export interface Course {
  /** Top-1 on the test pictures, as a share. */
  readonly accuracy: readonly CoursePoint[];
  readonly trainLoss: readonly CoursePoint[];
}

/** Takes the runs of a variant one after another and keeps sums only: the lines of thousands of runs would fill the memory. */
export interface CourseSums {
  add(lines: readonly MetricsLine[]): void;
  course(): Course;
}

export function sumCourse(): CourseSums {
  const accuracy = meansByEpoch();
  const trainLoss = meansByEpoch();
  return {
    add(lines) {
      for (const line of lines) {
        if (line.kind === 'evaluation') accuracy.add(line.epoch, line.top1);
        else trainLoss.add(line.epoch, line.loss);
      }
    },
    course: () => ({ accuracy: accuracy.points(), trainLoss: trainLoss.points() }),
  };
}

function meansByEpoch() {
  // Mean and squares around it as they grow (Welford), so that nothing large is subtracted from anything large.
  const sums = new Map<number, { mean: number; squares: number; count: number }>();
  return {
    add(epoch: number, value: number): void {
      const known = sums.get(epoch);
      if (known === undefined) sums.set(epoch, { mean: value, squares: 0, count: 1 });
      else {
        known.count++;
        const off = value - known.mean;
        known.mean += off / known.count;
        known.squares += off * (value - known.mean);
      }
    },
    points: (): CoursePoint[] =>
      [...sums]
        .map(([epoch, { mean, squares, count }]) => ({
          epoch,
          value: mean,
          sd: count > 1 ? Math.sqrt(squares / (count - 1)) : null,
          seeds: count,
        }))
        .sort((a, b) => a.epoch - b.epoch),
  };
}
