import type { Scalar, Tensor, Tensor1D, Tensor2D, Variable } from '@tensorflow/tfjs-core';
import { type ForwardPass, forward, unreached } from '../architecture/forward.js';
import type { Model } from '../architecture/model.js';
import type { Recipe } from '../config/recipe.js';
import type { Feeds, Outputs, Step } from '../engine/engine.js';
import type { Group } from '../engine/group.js';
import type { Ops } from '../engine/ops.js';
import { type Averages, flatAverages, moveOn } from './averages.js';
import { withoutChance } from './chance.js';
import { drawFeed } from './feeds.js';
import { parameterGroups } from './optimizer.js';
import { recomputingBlocks } from './recompute.js';
import type { TrainingState } from './state.js';

/** What steps are made of. */
export interface StepParts {
  readonly ops: Ops;
  readonly model: Model;
  readonly recipe: Recipe;
  readonly state: TrainingState;
  /** What is computed again in the backward pass instead of kept: nothing, or the inside of residual nodes. */
  readonly recompute?: 'none' | 'blocks';
  /** Whether a step has several passes. */
  readonly several?: boolean;
  /** The processes that share a step's passes; null is this one alone. */
  readonly group?: Group | null;
}

/** One optimizer step over a whole batch: feeds `images`, `targets`, `hyper` and, with stochastic depth, `keep`; gives `loss`. */
export function trainingStep(parts: StepParts): Step {
  const apply = updater(parts);
  return (feeds) => {
    const { loss, gradients } = backward(parts, feeds);
    apply(gradients, feeds);
    return { loss };
  };
}

/**
 * The gradients of one pass, added to the lowest sums; feeds as `trainingStep` without `hyper`. Where ranks share the step,
 * running averages wait for the passes of the others, and the pass's own come out as `averages` `[S]`.
 */
export function accumulationStep(parts: StepParts): Step {
  return (feeds): Outputs => {
    const { loss, gradients, averages } = backward(parts, feeds);
    addTo(parts, 0, gradients);
    if (averages.size === 0) return { loss };
    const flat = flatAverages(parts.ops, parts.state, averages);
    if (parts.group) return { loss, averages: flat.values };
    moveOn(parts.ops, flat, [flat.values]);
    return { loss };
  };
}

/** What was summed at a level goes into the sums above it, and is 0 again. */
export function foldStep(parts: StepParts, level: number): Step {
  return () => {
    addTo(parts, level + 1, parts.state.sums[level] as readonly Variable[]);
    clear(parts, [level]);
    return {};
  };
}

/** The optimizer step over summed gradients, which go back to 0; feeds `hyper`. */
export function applicationStep(parts: StepParts): Step {
  const apply = updater(parts);
  const highest = parts.state.sums.length - 1;
  return (feeds) => {
    apply(parts.state.sums[highest] as readonly Variable[], feeds);
    clear(parts, [highest]);
    return {};
  };
}

/**
 * Feeds `images` and one-hot `targets`; gives `logits`, `loss` and `rank` for each picture: how many other classes score at
 * least as high as the right one. A picture is right in its top k if the rank is below k, so that ties never count as right.
 */
export function evaluationStep(
  { ops, model }: Pick<StepParts, 'ops' | 'model'>,
  weights: ReadonlyMap<string, Variable>,
): Step {
  const { tf } = ops;
  return ({ images, targets }) => {
    const logits = withoutChance(() =>
      forward(model, images as Tensor, {
        ops,
        training: false,
        variable: (name) => weights.get(name) as Variable,
        update: () => {},
        keep: () => undefined,
      }),
    );
    const right = tf.sum(tf.mul(logits, targets as Tensor), -1, true);
    // By those that score lower: NaN is lower than nothing, and a network that says NaN is wrong.
    const rank = tf.sub(model.classes - 1, tf.sum(tf.cast(tf.less(logits, right), 'float32'), -1));
    const loss = tf.neg(tf.sum(tf.mul(tf.logSoftmax(logits), targets as Tensor), -1));
    return { loss, rank, logits };
  };
}

/** Loss, gradients and next running statistics of a batch, under the names of parameters; writes nothing. */
export function gradientStep(parts: Omit<StepParts, 'recipe'>): Step {
  return (feeds) => {
    const { loss, gradients, updates } = differentiate(parts, feeds);
    const names = parts.model.parameters.filter(({ trainable }) => trainable).map(({ name }) => name);
    return {
      loss,
      ...Object.fromEntries(names.map((name, at) => [name, gradients[at] as Tensor])),
      ...Object.fromEntries([...updates].map(([name, next]) => [name, released(parts.ops, next)])),
    };
  };
}

/** A kept tensor as one that the tape and its scope see to. */
function released({ tf }: Ops, kept: Tensor): Tensor {
  const copy = tf.clone(kept);
  kept.dispose();
  return copy;
}

/** Adds to the sums of a level. */
function addTo({ ops: { tf }, state }: StepParts, level: number, gradients: readonly Tensor[]): void {
  for (const [at, sum] of (state.sums[level] as readonly Variable[]).entries())
    sum.assign(tf.add(sum, gradients[at] as Tensor));
}

/** Puts the sums of levels back to 0. */
export function clear({ ops: { tf }, state }: StepParts, levels: readonly number[]): void {
  for (const sum of levels.flatMap((level) => state.sums[level] ?? [])) sum.assign(tf.zerosLike(sum));
}

/**
 * Loss and gradients of a batch in training mode. Running statistics move on, but for those that several passes of a step
 * move one after the other.
 */
export function backward(parts: StepParts, feeds: Feeds) {
  const { updates, ...found } = differentiate(parts, feeds);
  if (parts.group) requireShareable(updates.keys());
  for (const [name, next] of updates) {
    (parts.state.weights.get(name) as Variable).assign(next);
    next.dispose();
  }
  return found;
}

/** Throws where a running statistic is moved by a rule of its layer's own, which one process has to follow pass by pass. */
function requireShareable(updates: Iterable<string>): void {
  for (const name of updates)
    throw new Error(
      `${name} is moved by a rule of its layer's own (update), pass after pass, which several ranks cannot share; train this network in one process (ranks: 1)`,
    );
}

function differentiate({ ops, model, state, recompute, several }: Omit<StepParts, 'recipe'>, feeds: Feeds) {
  const { images, targets, keep } = feeds;
  const { tf } = ops;
  const { weights } = state;
  const updates = new Map<string, Tensor>();
  const averages = new Map<string, { value: Tensor; momentum: number }>();
  const differentiated = () => {
    const pass: ForwardPass = {
      ops,
      training: true,
      variable: (name) => weights.get(name) as Variable,
      // The tape tidies away what the loss does not need.
      update: (name, next) => updates.set(name, tf.keep(next)),
      average: several ? (name, value, momentum) => averages.set(name, { value: tf.keep(value), momentum }) : undefined,
      keep: (block) => (keep ? keepRow(ops, keep as Tensor2D, block) : undefined),
      draw: (name) => feeds[drawFeed(name)] as Tensor,
    };
    const logits = forward(model, images as Tensor, recompute === 'blocks' ? recomputingBlocks(pass) : pass);
    return ops.softmaxCrossEntropy(logits, targets as Tensor2D) as Scalar;
  };
  const { value, grads } = withoutChance(() => tf.variableGrads(differentiated, [...state.trainable]));
  checkReached(model, state, grads);
  const gradients = state.trainable.map(({ name }) => grads[name] as Tensor);
  for (const [name, { value: kept, momentum }] of averages)
    averages.set(name, { value: released(ops, kept), momentum });
  return { loss: value as Tensor, gradients, updates, averages: averages as Averages };
}

/** Every parameter must have a gradient: what nothing reaches would never be trained. */
function checkReached(
  model: Model,
  { weights, trainable }: TrainingState,
  grads: Readonly<Record<string, Tensor>>,
): void {
  if (trainable.every(({ name }) => grads[name])) return;
  const lost = model.parameters.find(({ name, trainable: trained }) => {
    const variable = weights.get(name);
    return trained && variable && !grads[variable.name];
  });
  if (lost) throw unreached(model, lost.name);
}

const keepRow = ({ tf }: Ops, keep: Tensor2D, block: number): Tensor1D => {
  const batch = keep.shape[1];
  return tf.reshape(tf.slice(keep, [block, 0], [1, batch]), [batch]) as Tensor1D;
};

/** Applies gradients by the recipe's optimizer, clipped where it says so, and moves the averages. */
export function updater({
  ops,
  model,
  recipe,
  state,
}: StepParts): (gradients: readonly Tensor[], feeds: Feeds) => void {
  const { tf } = ops;
  const groups = parameterGroups(model.parameters, recipe);
  const trainableNames = new Set(model.parameters.filter(({ trainable }) => trainable).map(({ name }) => name));
  const statistics = [...state.averages].filter(([name]) => !trainableNames.has(name));
  const fixed = {
    parameters: state.trainable,
    averages: [...state.averages].filter(([name]) => trainableNames.has(name)).map(([, average]) => average),
    weightDecay: groups.map(({ weightDecay }) => weightDecay),
    learningRateScale: groups.map(({ learningRateScale }) => learningRateScale),
  };
  const decayIndex = recipe.optimizer.name === 'adamw' ? 7 : 3;
  const factorIndex = recipe.optimizer.name === 'adamw' ? 6 : 2;

  return (found, feeds) => {
    const hyper = feeds.hyper as Tensor1D;
    const gradients =
      recipe.clip_gradient_norm === null ? found : clip(ops, found, hyper, factorIndex, recipe.clip_gradient_norm);
    const [first, second] = state.moments as [readonly Variable[], readonly Variable[]];
    if (recipe.optimizer.name === 'adamw') {
      ops.applyAdamW({ ...fixed, gradients, hyper, firstMoments: first, secondMoments: second });
    } else {
      ops.applySgd({ ...fixed, gradients, hyper, momenta: first, nesterov: recipe.optimizer.nesterov });
    }
    for (const [name, average] of statistics) {
      const decay = tf.slice(hyper, [decayIndex], [1]);
      const now = state.weights.get(name) as Variable;
      average.assign(tf.add(tf.mul(average, decay), tf.mul(now, tf.sub(1, decay))));
    }
  };
}

/** PyTorch's clip_grad_norm_: the gradients' global norm, their factor included, is brought down to at most `limit`. */
function clip(
  { tf }: Ops,
  gradients: readonly Tensor[],
  hyper: Tensor1D,
  factorIndex: number,
  limit: number,
): Tensor[] {
  const factor = tf.slice(hyper, [factorIndex], [1]);
  const squares = gradients.map((gradient) => tf.sum(tf.square(gradient)));
  const norm = tf.mul(tf.sqrt(tf.addN(squares)), factor);
  const shrink = tf.minimum(tf.div(limit, tf.add(norm, 1e-6)), 1);
  return gradients.map((gradient) => tf.mul(gradient, shrink));
}
