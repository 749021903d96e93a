import type { Optimizer, Recipe } from '../config/recipe.js';
import type { ParameterSpec } from '../layers/layer.js';

/** What the optimizer does to one parameter, fixed for a run. */
export interface ParameterGroup {
  readonly weightDecay: number;
  /** Factor on the learning rate: layer-wise decay. */
  readonly learningRateScale: number;
}

/** Weight decay and learning-rate factor of each trainable parameter, in the model's order. */
export function parameterGroups(parameters: readonly ParameterSpec[], recipe: Recipe): ParameterGroup[] {
  const { weight_decay, decay_norms_and_biases } = recipe.optimizer;
  const trainable = parameters.filter(({ trainable }) => trainable);
  const layers = layerGroups(trainable);
  const last = Math.max(...layers);
  return trainable.map(({ decay }, at) => ({
    weightDecay: decay || decay_norms_and_biases ? weight_decay : 0,
    learningRateScale: recipe.layer_decay ** (last - (layers[at] as number)),
  }));
}

/**
 * Depth of each parameter for layer-wise decay, as the authors' fine-tuning code groups a ConvNeXt: 0 for the stem; one
 * group for each of stages 1, 2 and 4, its downsampling included; stage 3 in groups of three blocks; the head, with the
 * norm before it, last.
 */
export function layerGroups(parameters: readonly ParameterSpec[]): number[] {
  const keys: string[] = [];
  return parameters.map(({ name }) => {
    const key = groupKey(name);
    if (!keys.includes(key)) keys.push(key);
    return keys.indexOf(key);
  });
}

function groupKey(name: string): string {
  const [, stage, block] = /^stages\.(\d+)\.blocks\.(\d+)\./.exec(name) ?? [];
  if (stage !== undefined) return stage === '2' ? `stage-2/${Math.floor(Number(block) / 3)}` : `stage-${stage}`;
  const [, downsampled] = /^stages\.(\d+)\.downsample\./.exec(name) ?? [];
  if (downsampled !== undefined) return downsampled === '2' ? 'stage-2/0' : `stage-${downsampled}`;
  return name.startsWith('stem') ? 'stem' : 'head';
}

/** The peak learning rate at the recipe's batch: linear in the batch (Goyal et al. 2017). */
export function peakLearningRate({ optimizer, batch_size, reference_batch }: Recipe): number {
  return (optimizer.learning_rate * batch_size) / (reference_batch ?? batch_size);
}

/**
 * The feed that tells a step what changes from one to the next; layouts are those of `Ops.applyAdamW` and `applySgd`.
 * Bias corrections are computed here in double precision.
 *
 * @param step 0 for the first.
 * @param gradientFactor 1 / micro-batches where gradients were added up.
 */
export function hyperValues(
  optimizer: Optimizer,
  learningRate: number,
  step: number,
  gradientFactor: number,
  emaDecay: number,
): Float32Array {
  if (optimizer.name === 'sgd') return Float32Array.of(learningRate, optimizer.momentum, gradientFactor, emaDecay);
  const [beta1, beta2] = optimizer.betas;
  const corrections = [1 - beta1 ** (step + 1), 1 - beta2 ** (step + 1)] as const;
  return Float32Array.of(learningRate, beta1, beta2, optimizer.epsilon, ...corrections, gradientFactor, emaDecay);
}
