import type { MetricsLog } from '../metrics-log.js';
import type { Progress } from '../progress.js';
import type { StepCount } from '../schedule.js';
import type { Observer } from './observer.js';

/** Lines of training metrics an epoch, at least, and most steps of one. By steps, so that a seed's curve is one and the same. */
const linesPerEpoch = 10;
const stepsPerLine = 50;

export interface MetricsObserver extends Observer {
  /** Where the line that is being added up stands, for checkpoints. */
  line(): Progress['line'];
  /** Mean loss of the last line; NaN before the first. */
  trainLoss(): number;
}

/** Writes metrics.jsonl, from the line that a checkpoint broke off. */
export function observeMetrics(
  log: MetricsLog,
  from: Progress['line'],
  { perEpoch }: StepCount,
  batchSize: number,
): MetricsObserver {
  const every = Math.min(stepsPerLine, Math.ceil(perEpoch / linesPerEpoch));
  let line = from;
  let trainLoss = Number.NaN;
  return {
    line: () => line,
    trainLoss: () => trainLoss,
    async onStep({ step, epoch, epochEnded, loss, learningRate, training }) {
      line = { ...line, loss: line.loss + loss };
      if (!epochEnded && (step % perEpoch) % every !== 0) return;
      const steps = step - line.step;
      trainLoss = line.loss / steps;
      const imagesPerSecond = (steps * batchSize) / (training - line.training);
      await log.append({ kind: 'train', step, epoch, loss: trainLoss, learningRate, imagesPerSecond });
      line = { step, loss: 0, training };
    },
    onEvaluation: ({ step, epoch, on, plain, ema }) =>
      log.append({ kind: 'evaluation', step, epoch, ...plain, ema, ...(on === 'validation' && { on }) }),
  };
}
