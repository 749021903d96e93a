import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Variable } from '@tensorflow/tfjs-core';
import type { Model } from '../architecture/model.js';
import type { Dataset } from '../data/dataset.js';
import { trainingBatches } from '../data/pipeline.js';
import type { Engine } from '../engine/engine.js';
import type { Group } from '../engine/group.js';
import { writePredictions } from '../records/predictions.js';
import type { PredictionsNote, RunResult } from '../records/result.js';
import type { RunSpec } from '../records/run.js';
import type { ImportedWeights } from '../weights/import.js';
import { loadCheckpoint, saveCheckpoint } from './checkpoint.js';
import { createEvaluator, type EvaluatedSet } from './evaluator.js';
import type { WorkerMessage } from './messages.js';
import { noMetricsLog, openMetricsLog, readMetricsLog } from './metrics-log.js';
import { observeForMessages } from './observers/messages.js';
import { observeMetrics } from './observers/metrics.js';
import type { Observer, StepTaken } from './observers/observer.js';
import { peakLearningRate } from './optimizer.js';
import { passesOf } from './passes.js';
import { noProgress, type Progress } from './progress.js';
import { createSaveClock } from './save-clock.js';
import { countSteps, learningRate } from './schedule.js';
import { startFrom } from './start.js';
import { createState, type TrainingState } from './state.js';
import { createStepper } from './stepper.js';
import { takeAhead } from './take-ahead.js';

export interface TrainOptions {
  readonly spec: RunSpec;
  readonly hash: string;
  readonly model: Model;
  readonly engine: Engine;
  /** The processes that train the run together, all with the same of these options; left out, this one alone. Rank 0 alone reads and writes files. */
  readonly group?: Group | null;
  readonly datasets: {
    readonly train: Dataset;
    readonly test: Dataset;
    /** Measured after epochs instead of the test set, which is then measured once, at the end. */
    readonly validation?: Dataset | null;
  };
  /** What training starts from instead of weights drawn by the seed. */
  readonly weights?: ImportedWeights | null;
  /** Given the trained weights and their averages before the run ends. */
  readonly keep?: (weights: ReadonlyMap<string, Variable>, averages: ReadonlyMap<string, Variable>) => Promise<void>;
  /** The run's folder: metrics.jsonl and checkpoints go here. */
  readonly directory: string;
  /** Told how many steps are done already, before the first one is taken. */
  readonly onBegin?: (step: number) => Promise<void>;
  readonly onMessage: (message: WorkerMessage) => void;
  /** Told of every step and evaluation, after the run's own observers. */
  readonly observers?: readonly Observer[];
  /** Asks for an end soon: the state is saved and the run comes back as interrupted. */
  readonly signal: AbortSignal;
  /** Cores that are this run's, for the threads that prepare pictures; left out, all of the machine. */
  readonly cores?: number;
  /** When the process began, in `performance.now()`'s terms, so that start-up is counted. */
  readonly startedAt?: number;
  /** Milliseconds between two checkpoints; left out, a minute. */
  readonly saveEvery?: number | undefined;
}

export type TrainOutcome = RunResult | { readonly status: 'interrupted'; readonly step: number };

/**
 * Trains one network with one seed from its start or its last checkpoint to its end. The same specification gives the
 * same numbers, interrupted or not. A loss that is not finite ends the run as failed, with the step. The checkpoint stays
 * until the caller has the result on disk.
 */
export async function trainRun(options: TrainOptions): Promise<TrainOutcome> {
  const { spec, hash, model, engine, datasets, directory, onMessage, signal, group = null } = options;
  const { recipe, seed } = spec;
  const leads = group === null || group.rank === 0;
  const began = options.startedAt ?? performance.now();
  const warn = (text: string): void => onMessage({ kind: 'warning', text });
  if (leads) await mkdir(directory, { recursive: true });

  const { validation = null } = datasets;
  const watched = validation ?? datasets.test;
  const on = validation ? 'validation' : 'test';
  const steps = countSteps(datasets.train.length, recipe.batch_size, recipe.epochs);
  const state = createState(engine.ops, model, recipe, seed, group?.size);
  const own = leads ? await resume(options, state, steps.total) : noProgress;
  const start = group ? await startTogether(group, own, state) : own;
  onMessage({ kind: 'started', totalSteps: steps.total, engine: engine.description });
  onMessage({ kind: 'phase', phase: 'compiling' });
  const { cores } = options;
  const stepper = await createStepper({
    ...{ engine, model, recipe, state, seed, group, recompute: spec.recompute ?? 'none' },
    wishesStop: () => signal.aborted,
  });
  const evaluator = await createEvaluator({
    ...{ engine, model, recipe, state, cores, group, warn },
    batchSize: recipe.evaluation.batch_size ?? stepper.batchSize,
  });
  await options.onBegin?.(start.step);
  const log = leads ? await openMetricsLog(join(directory, 'metrics.jsonl'), start.metricsBytes) : noMetricsLog;
  const seconds = { ...start.seconds };
  seconds.startup += (performance.now() - began) / 1000;
  const { passes } = passesOf(recipe);
  const batches = trainingBatches({
    dataset: datasets.train,
    resolution: model.input[0] as number,
    batchSize: stepper.batchSize,
    batchesPerEpoch: steps.perEpoch * passes,
    augmentation: recipe.augmentation,
    evaluation: recipe.evaluation,
    labelSmoothing: recipe.label_smoothing,
    seed,
    from: start.step * passes,
    part: { first: (group?.rank ?? 0) * stepper.passes, count: stepper.passes, of: passes },
    cores,
    onDamaged: warn,
  });
  const nextBatch = takeAhead(batches);
  const peak = peakLearningRate(recipe);
  const metrics = observeMetrics(log, start.line, steps, recipe.batch_size);
  const observers = [metrics, observeForMessages(onMessage, recipe.batch_size), ...(options.observers ?? [])];
  const clock = createSaveClock(options.saveEvery);
  let { best } = start;
  let last: EvaluatedSet | null = null;

  try {
    onMessage({ kind: 'phase', phase: 'training' });
    for (let step = start.step; step < steps.total; ) {
      const taken = await takeStep(step++);
      if (!Number.isFinite(taken.loss)) return failed(`loss is ${taken.loss} at step ${step}`, step);
      for (const observer of observers) await observer.onStep?.(taken);
      if (isEvaluated(taken)) {
        last = await evaluate(watched);
        const wrong = infinite(last);
        if (wrong) return failed(`evaluation loss is ${wrong.loss} at step ${step}`, step);
        for (const observer of observers) await observer.onEvaluation?.({ step, epoch: taken.epoch, on, ...last });
        if (!best || last.plain.top1 > best.top1) best = { top1: last.plain.top1, epoch: Math.ceil(taken.epoch) };
      }
      const interrupted = (group ? stepper.stopWished() : signal.aborted) && !taken.ended;
      if (leads && (interrupted || (clock.due() && !taken.ended))) await clock.take(() => save(step));
      if (interrupted) return { status: 'interrupted', step };
    }
    // The last step is always evaluated, and always taken: no checkpoint is of it.
    const watchedLast = last as EvaluatedSet;
    const tested = validation ? await evaluate(datasets.test) : watchedLast;
    const wrong = infinite(tested);
    if (wrong) return failed(`evaluation loss is ${wrong.loss} at step ${steps.total}`, steps.total);
    if (leads) await options.keep?.(state.weights, state.averages);
    await log.sync();
    const predictions = leads ? await writePredictions(directory, hash, tested.predictions) : undefined;
    return done(tested, validation ? watchedLast : null, predictions);
  } finally {
    await batches.return(undefined as never);
    await log.close();
    stepper.dispose();
    evaluator.dispose();
    state.dispose();
  }

  /** Optimizer step `number`, the first being 0. */
  async function takeStep(number: number): Promise<StepTaken> {
    const start = performance.now();
    let waited = 0;
    const next = async () => {
      const asked = performance.now();
      const batch = await nextBatch();
      waited += performance.now() - asked;
      return batch;
    };
    const rate = learningRate(recipe.schedule, peak, number, steps);
    const loss = await stepper.step(next, number, rate);
    const took = performance.now() - start;
    seconds.training += took / 1000;
    seconds.waiting += waited / 1000;
    const step = number + 1;
    const ended = step === steps.total;
    return {
      ...{ step, loss, took, waited, ended },
      epoch: step / steps.perEpoch,
      epochEnded: ended || step % steps.perEpoch === 0,
      learningRate: rate,
      training: seconds.training,
    };
  }

  function isEvaluated({ epoch, epochEnded, ended }: StepTaken): boolean {
    return epochEnded && (ended || Math.ceil(epoch) % recipe.evaluation.every_epochs === 0);
  }

  async function evaluate(dataset: Dataset): Promise<EvaluatedSet> {
    for (const observer of observers) observer.onEvaluating?.();
    const start = performance.now();
    const measured = await evaluator.measure(dataset);
    seconds.evaluation += (performance.now() - start) / 1000;
    return measured;
  }

  async function save(step: number): Promise<void> {
    await log.sync();
    const progress: Progress = { step, metricsBytes: log.bytes, line: metrics.line(), best, seconds: { ...seconds } };
    await saveCheckpoint(directory, state, progress, hash);
    onMessage({ kind: 'saved', step });
  }

  function failed(reason: string, step: number): RunResult {
    return { schema: 'ablate/result/1', status: 'failed', hash, reason, step, finishedAt: new Date().toISOString() };
  }

  /** @param heldOut as measured last, where the test set was measured once */
  function done(
    tested: EvaluatedSet,
    heldOut: EvaluatedSet | null,
    predictions: PredictionsNote | undefined,
  ): RunResult {
    const { plain, ema, unreadable } = tested;
    const once = { top1: plain.top1, epoch: recipe.epochs };
    return {
      schema: 'ablate/result/1',
      status: 'done',
      hash,
      ...plain,
      best: heldOut ? once : (best ?? once),
      ema,
      ...(heldOut && {
        validation: {
          ...heldOut.plain,
          ema: heldOut.ema,
          best: best ?? { top1: heldOut.plain.top1, epoch: recipe.epochs },
          pictures: heldOut.predictions.label.length,
          unreadable: heldOut.unreadable,
        },
      }),
      trainLoss: metrics.trainLoss(),
      steps: steps.total,
      imagesPerSecond: (steps.total * recipe.batch_size) / seconds.training,
      seconds: { total: seconds.startup + seconds.training + seconds.evaluation, ...seconds },
      unreadable,
      ...(predictions && { predictions }),
      peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
      finishedAt: new Date().toISOString(),
    };
  }
}

/** Puts all ranks where rank 0 is: at its step, with its variables. */
async function startTogether(group: Group, own: Progress, state: TrainingState): Promise<Progress> {
  const [first] = await group.exchange(Float32Array.of(own.step % stepBase, Math.floor(own.step / stepBase)));
  const [low = 0, high = 0] = first ?? [];
  await group.broadcast([...state.all.values()]);
  return { ...own, step: low + high * stepBase };
}

/** Floats hold whole numbers below it, and there are as many of them. */
const stepBase = 2 ** 20;
/** What of a set is measured as no number, if anything is. */
const infinite = ({ plain, ema }: EvaluatedSet) => [plain, ema].find((one) => one && !Number.isFinite(one.loss));

/** Where the run goes on: at its newest whole checkpoint, else at its start, with the weights that it starts from. */
async function resume(
  { engine, directory, hash, weights, onMessage }: TrainOptions,
  state: TrainingState,
  totalSteps: number,
): Promise<Progress> {
  const metrics = await readMetricsLog(join(directory, 'metrics.jsonl'));
  const { progress, refused } = await loadCheckpoint(engine.ops, directory, state, { hash, totalSteps, metrics });
  if (refused.length > 0) {
    const next = progress
      ? `goes on from the checkpoint before, at step ${progress.step}`
      : 'starts again from its first step';
    onMessage({ kind: 'warning', text: `${refused.join('; ')}; the run ${next}` });
  }
  if (!progress && weights) await startFrom(engine.ops, state, weights);
  return progress ?? noProgress;
}
