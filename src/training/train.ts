import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Variable } from '@tensorflow/tfjs-core';
import type { Model } from '../architecture/model.js';
import type { Dataset } from '../data/dataset.js';
import { evaluationBatches, trainingBatches } from '../data/pipeline.js';
import type { Engine } from '../engine/engine.js';
import type { RunResult, RunSpec, WorkerMessage } from '../experiment/records.js';
import type { ImportedWeights } from '../weights/import.js';
import { WeightsError } from '../weights/safetensors.js';
import { loadCheckpoint, type Progress, removeCheckpoint, saveCheckpoint } from './checkpoint.js';
import { createDataWait } from './data-wait.js';
import { type Accuracy, evaluate } from './evaluate.js';
import { takeAhead } from './take-ahead.js';
import { openMetricsLog } from './metrics-log.js';
import { peakLearningRate } from './optimizer.js';
import { countSteps, learningRate } from './schedule.js';
import { startFrom } from './start.js';
import { createState } from './state.js';
import { createStepper } from './stepper.js';
import { evaluationStep } from './steps.js';

export interface TrainOptions {
  readonly spec: RunSpec;
  readonly hash: string;
  readonly model: Model;
  readonly engine: Engine;
  readonly datasets: { readonly train: Dataset; readonly test: Dataset };
  /** What training starts from instead of weights drawn by the seed. */
  readonly weights?: ImportedWeights | null;
  /** Given the trained weights and their averages before the run ends. */
  readonly keep?: (weights: ReadonlyMap<string, Variable>, averages: ReadonlyMap<string, Variable>) => Promise<void>;
  /** The run's folder: metrics.jsonl and checkpoints go here. */
  readonly directory: string;
  readonly onMessage: (message: WorkerMessage) => void;
  /** Asks for an end soon: the state is saved and the run comes back as interrupted. */
  readonly signal: AbortSignal;
  /** Cores that are this run's, for the threads that prepare pictures; left out, all of the machine. */
  readonly cores?: number;
  /** When the process began, in `performance.now()`'s terms, so that start-up is counted. */
  readonly startedAt?: number;
}

export type TrainOutcome = RunResult | { readonly status: 'interrupted'; readonly step: number };

/** Seconds between two checkpoints: what a kill may cost; longer where a checkpoint takes long, at most a twentieth of the time. */
const checkpointSeconds = 60;
const checkpointShare = 1 / 20;
/** Seconds between two messages. */
const messageSeconds = 0.5;
/** Lines of training metrics an epoch, at least, and most steps of one. By steps, so that a seed's curve is one and the same. */
const linesPerEpoch = 10;
const stepsPerLine = 50;

/**
 * Trains one network with one seed from its start or its last checkpoint to its end. The same specification gives the
 * same numbers, interrupted or not. A loss that is not finite ends the run as failed, with the step.
 */
export async function trainRun(options: TrainOptions): Promise<TrainOutcome> {
  const { spec, hash, model, engine, datasets, directory, onMessage, signal } = options;
  const { recipe, seed } = spec;
  const resolution = model.input[0] as number;
  const began = options.startedAt ?? performance.now();
  await mkdir(directory, { recursive: true });

  const state = createState(engine.ops, model, recipe, seed);
  const resumed = await loadCheckpoint(engine.ops, directory, state, hash).catch((error: Error) => {
    if (!(error instanceof WeightsError)) throw error;
    onMessage({ kind: 'warning', text: `${error.message}; the run starts again from its first step` });
    return null;
  });
  if (!resumed && options.weights) await startFrom(engine.ops, state, options.weights);
  let progress: Progress = resumed ?? {
    step: 0,
    metricsBytes: 0,
    line: { step: 0, loss: 0, training: 0 },
    best: null,
    seconds: { training: 0, evaluation: 0, startup: 0, waiting: 0 },
  };
  const log = await openMetricsLog(join(directory, 'metrics.jsonl'), progress.metricsBytes);
  const steps = countSteps(datasets.train.length, recipe.batch_size, recipe.epochs);
  const peak = peakLearningRate(recipe);

  onMessage({ kind: 'started', totalSteps: steps.total, engine: engine.description });
  onMessage({ kind: 'phase', phase: 'compiling' });
  const stepper = await createStepper({ engine, model, recipe, state, seed, recompute: spec.recompute ?? 'none' });
  const evaluationSize = recipe.evaluation.batch_size ?? stepper.batchSize;
  const evaluators = new Map<string, Awaited<ReturnType<typeof prepareEvaluation>>>();
  const seconds = { ...progress.seconds, waiting: progress.seconds.waiting ?? 0 };
  seconds.startup += (performance.now() - began) / 1000;
  let last: { plain: Accuracy; ema: Accuracy | null } | null = null;
  let trainLoss = Number.NaN;

  const warn = (text: string) => onMessage({ kind: 'warning', text });
  const watchWait = createDataWait(warn);
  const batches = trainingBatches({
    dataset: datasets.train,
    resolution,
    batchSize: stepper.batchSize,
    batchesPerEpoch: steps.perEpoch * stepper.passes,
    augmentation: recipe.augmentation,
    evaluation: recipe.evaluation,
    labelSmoothing: recipe.label_smoothing,
    seed,
    from: progress.step * stepper.passes,
    cores: options.cores,
    onDamaged: warn,
  });
  const nextBatch = takeAhead(batches);

  try {
    onMessage({ kind: 'phase', phase: 'training' });
    let nextSave = performance.now() + checkpointSeconds * 1000;
    let told = 0;
    const lineEvery = Math.min(stepsPerLine, Math.ceil(steps.perEpoch / linesPerEpoch));
    let { line } = progress;
    for (let step = progress.step; step < steps.total; ) {
      const start = performance.now();
      let waited = 0;
      const next = async () => {
        const asked = performance.now();
        const batch = await nextBatch();
        waited += performance.now() - asked;
        return batch;
      };
      const rate = learningRate(recipe.schedule, peak, step, steps);
      const loss = await stepper.step(next, step, rate);
      step++;
      seconds.training += (performance.now() - start) / 1000;
      seconds.waiting += waited / 1000;
      watchWait(waited, performance.now() - start);
      if (!Number.isFinite(loss)) return failed(`loss is ${loss} at step ${step}`, step);
      line = { ...line, loss: line.loss + loss };

      const now = performance.now();
      const ended = step === steps.total;
      const epochEnded = step % steps.perEpoch === 0 || ended;
      const imagesPerSecond = ((step - line.step) * recipe.batch_size) / (seconds.training - line.training);
      if (now - told > messageSeconds * 1000 || ended) {
        told = now;
        onMessage({ kind: 'progress', step, loss, imagesPerSecond });
      }
      if (epochEnded || (step % steps.perEpoch) % lineEvery === 0) {
        trainLoss = line.loss / (step - line.step);
        await log.append({
          kind: 'train',
          step,
          epoch: step / steps.perEpoch,
          loss: trainLoss,
          learningRate: rate,
          imagesPerSecond,
        });
        line = { step, loss: 0, training: seconds.training };
      }
      const epoch = Math.ceil(step / steps.perEpoch);
      if (epochEnded && (ended || epoch % recipe.evaluation.every_epochs === 0)) {
        last = await evaluateAll();
        const { plain, ema } = last;
        const wrong = [plain, ema].find((one) => one && !Number.isFinite(one.loss));
        if (wrong) return failed(`evaluation loss is ${wrong.loss} at step ${step}`, step);
        await log.append({ kind: 'evaluation', step, epoch: step / steps.perEpoch, ...plain, ema });
        if (!progress.best || plain.top1 > progress.best.top1)
          progress = { ...progress, best: { top1: plain.top1, epoch } };
      }
      progress = { ...progress, step, metricsBytes: log.bytes, line, seconds: { ...seconds } };
      const interrupted = signal.aborted && !ended;
      if (interrupted || (performance.now() > nextSave && !ended)) {
        const start = performance.now();
        await saveCheckpoint(directory, state, progress, hash);
        const end = performance.now();
        nextSave = end + Math.max(checkpointSeconds * 1000, (end - start) / checkpointShare);
      }
      if (interrupted) return { status: 'interrupted', step };
    }
    last ??= await evaluateAll();
    await options.keep?.(state.weights, state.averages);
    await removeCheckpoint(directory);
    return {
      schema: 'ablate/result/1',
      status: 'done',
      hash,
      ...last.plain,
      best: progress.best as { top1: number; epoch: number },
      ema: last.ema,
      trainLoss,
      steps: steps.total,
      imagesPerSecond: (steps.total * recipe.batch_size) / seconds.training,
      seconds: { total: seconds.startup + seconds.training + seconds.evaluation, ...seconds },
      peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
      finishedAt: new Date().toISOString(),
    };
  } finally {
    await batches.return(undefined as never);
    await log.close();
    stepper.dispose();
    for (const evaluator of evaluators.values()) evaluator.dispose();
    state.dispose();
  }

  function failed(reason: string, step: number): RunResult {
    return { schema: 'ablate/result/1', status: 'failed', hash, reason, step, finishedAt: new Date().toISOString() };
  }

  async function evaluateAll(): Promise<{ plain: Accuracy; ema: Accuracy | null }> {
    onMessage({ kind: 'phase', phase: 'evaluating' });
    const start = performance.now();
    const plain = await evaluateWeights('plain');
    const ema = recipe.ema ? await evaluateWeights('ema') : null;
    seconds.evaluation += (performance.now() - start) / 1000;
    onMessage({ kind: 'phase', phase: 'training' });
    return { plain, ema };
  }

  async function evaluateWeights(which: 'plain' | 'ema'): Promise<Accuracy> {
    const step = evaluators.get(which) ?? (await prepareEvaluation(which));
    evaluators.set(which, step);
    const set = evaluationBatches({
      dataset: datasets.test,
      resolution,
      batchSize: evaluationSize,
      evaluation: recipe.evaluation,
      cores: options.cores,
      onDamaged: warn,
    });
    return evaluate(engine, step, set, resolution, model.classes);
  }

  async function prepareEvaluation(which: 'plain' | 'ema') {
    const { tf } = engine.ops;
    const weights = which === 'plain' ? state.weights : state.averages;
    const feeds = () => ({
      images: tf.randomUniform([evaluationSize, ...model.input]),
      targets: tf.randomUniform([evaluationSize, model.classes]),
    });
    const examples = [feeds(), feeds()] as const;
    const step = evaluationStep({ ops: engine.ops, model }, weights);
    const prepared = await engine.prepare(step, [...weights.values()], examples);
    tf.dispose(examples.map((example) => Object.values(example)));
    return prepared;
  }
}
