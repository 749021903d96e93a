import type { Scalar, Tensor, Tensor1D, Tensor2D, Variable } from '@tensorflow/tfjs-core';
import { type ForwardPass, forward, unreached } from '../architecture/forward.js';
import type { Model } from '../architecture/model.js';
import type { Recipe } from '../config/recipe.js';
import type { Feeds, Step } from '../engine/engine.js';
import type { Ops } from '../engine/ops.js';
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

/** The gradients of one micro-batch, added to the sums; feeds as `trainingStep` without `hyper`. */
export function accumulationStep(parts: StepParts): Step {
  const { tf } = parts.ops;
  return (feeds) => {
    const { loss, gradients } = backward(parts, feeds);
    for (const [at, sum] of parts.state.sums.entries()) sum.assign(tf.add(sum, gradients[at] as Tensor));
    return { loss };
  };
}

/** The optimizer step over summed gradients, which go back to 0; feeds `hyper`. */
export function applicationStep(parts: StepParts): Step {
  const { tf } = parts.ops;
  const { sums } = parts.state;
  const apply = updater(parts);
  return (feeds) => {
    apply(sums, feeds);
    for (const sum of sums) sum.assign(tf.zerosLike(sum));
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

/** Loss and gradients of a batch in training mode; running statistics move on. */
function backward(parts: StepParts, feeds: Feeds) {
  const { updates, ...found } = differentiate(parts, feeds);
  for (const [name, next] of updates) {
    (parts.state.weights.get(name) as Variable).assign(next);
    next.dispose();
  }
  return found;
}

function differentiate({ ops, model, state, recompute }: Omit<StepParts, 'recipe'>, feeds: Feeds) {
  const { images, targets, keep } = feeds;
  const { tf } = ops;
  const { weights } = state;
  const updates = new Map<string, Tensor>();
  const differentiated = () => {
    const pass: ForwardPass = {
      ops,
      training: true,
      variable: (name) => weights.get(name) as Variable,
      // The tape tidies away what the loss does not need.
      update: (name, next) => updates.set(name, tf.keep(next)),
      keep: (block) => (keep ? keepRow(ops, keep as Tensor2D, block) : undefined),
      draw: (name) => feeds[drawFeed(name)] as Tensor,
    };
    const logits = forward(model, images as Tensor, recompute === 'blocks' ? recomputingBlocks(pass) : pass);
    return ops.softmaxCrossEntropy(logits, targets as Tensor2D) as Scalar;
  };
  const { value, grads } = withoutChance(() => tf.variableGrads(differentiated, [...state.trainable]));
  checkReached(model, state, grads);
  return { loss: value as Tensor, gradients: state.trainable.map(({ name }) => grads[name] as Tensor), updates };
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
function updater({ ops, model, recipe, state }: StepParts): (gradients: readonly Tensor[], feeds: Feeds) => void {
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
