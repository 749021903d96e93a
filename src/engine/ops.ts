/**
 * The operations that models and training are written on. `reference.ts` says what each means, in plain tfjs
 * composites; the engines supply fast ones, tested against it. Activations are `[N, H, W, C]`, kernels
 * `[kh, kw, in / groups, out]` (depthwise too: `[kh, kw, 1, C]`), linear weights `[in, out]`. Float32 throughout.
 *
 * Every op is differentiable through tfjs's tape with respect to its tensor arguments unless it says otherwise.
 */
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';

export type Activation = 'relu' | 'gelu';

export interface ConvOptions {
  readonly stride: number;
  /** Zero padding on all four sides, PyTorch's: output = floor((input + 2 padding - kernel) / stride) + 1. */
  readonly padding: number;
  /** Channel groups, contiguous as in PyTorch; `groups === C` is depthwise. */
  readonly groups: number;
  readonly bias?: Tensor1D | undefined;
  readonly activation?: Activation | null | undefined;
}

export interface BatchNormOptions {
  readonly gamma: Tensor1D;
  readonly beta: Tensor1D;
  readonly runningMean: Tensor1D;
  readonly runningVariance: Tensor1D;
  readonly epsilon: number;
  /** PyTorch's: running = (1 - momentum) running + momentum batch; the variance enters unbiased. */
  readonly momentum: number;
  /** True: batch statistics (biased variance), and `update` gets the next running ones. False: running statistics. */
  readonly training: boolean;
  readonly update?: ((runningMean: Tensor1D, runningVariance: Tensor1D) => void) | undefined;
  readonly activation?: Activation | null | undefined;
}

export interface ResidualOptions {
  /** Layer scale, `[C]`. */
  readonly gamma?: Tensor1D | undefined;
  /** Stochastic depth: one factor a sample `[N]`, 0 or 1 / (1 - rate). Not differentiable. */
  readonly keep?: Tensor1D | undefined;
  readonly activation?: Activation | null | undefined;
}

export interface WindowAttentionOptions {
  readonly heads: number;
  readonly window: number;
  /** Cyclic shift; 0 is none. A shift other than 0 masks pairs that were not neighbours before it. */
  readonly shift: number;
}

export interface Ops {
  /** tfjs-core with this engine's backend active: what a plug-in layer composes from. */
  readonly tf: typeof import('@tensorflow/tfjs-core');

  /** `[N, H, W, in]` -> `[N, H', W', out]`. */
  conv2d(x: Tensor4D, kernel: Tensor4D, options: ConvOptions): Tensor4D;
  /** `[..., in]` times `[in, out]` plus bias. */
  linear(x: Tensor, weight: Tensor2D, bias?: Tensor1D | null, activation?: Activation | null): Tensor;
  batchNorm(x: Tensor, options: BatchNormOptions): Tensor;
  /** Over the last axis, biased variance. */
  layerNorm(x: Tensor, gamma: Tensor1D, beta: Tensor1D, epsilon: number): Tensor;
  /** GELU is the exact one, x Phi(x), with erf. */
  activation(x: Tensor, kind: Activation): Tensor;
  /** PyTorch's padding with -infinity. */
  maxPool(x: Tensor4D, options: { kernel: number; stride: number; padding: number }): Tensor4D;
  /** `[N, H, W, C]` -> `[N, C]`. */
  globalAveragePool(x: Tensor4D): Tensor2D;
  /** activation(shortcut + keep * gamma * branch). */
  residual(shortcut: Tensor, branch: Tensor, options: ResidualOptions): Tensor;
  /**
   * Swin's attention inside (shifted) windows, without its linear layers. qkv: `[N, H, W, 3 C]` (query, key, value;
   * each split into heads), H and W multiples of the window; bias: `[heads, window^2, window^2]`. -> `[N, H, W, C]`.
   */
  windowAttention(qkv: Tensor4D, bias: Tensor, options: WindowAttentionOptions): Tensor4D;
  /** Mean over the batch of cross-entropy against soft targets. logits, targets: `[N, K]` -> scalar. Targets get no gradient. */
  softmaxCrossEntropy(logits: Tensor2D, targets: Tensor2D): Tensor;

  /**
   * x, handed on no earlier than `ready` is there: keeps a compiled step from computing again what the backward pass
   * does not need yet. Undefined where ops run when they are called. Not differentiable.
   */
  after?(x: Tensor, ready: Tensor): Tensor;

  /**
   * One AdamW or SGD step over all parameters at once, written into the variables. `hyper` is a feed, so that a
   * compiled step can change it; its layout is that of `training/optimizer.ts`. Not differentiable.
   */
  applyAdamW(update: AdamWUpdate): void;
  applySgd(update: SgdUpdate): void;
}

export interface ParameterUpdate {
  readonly parameters: readonly import('@tensorflow/tfjs-core').Variable[];
  readonly gradients: readonly Tensor[];
  /** Exponential moving averages of the parameters; none if empty. */
  readonly averages: readonly import('@tensorflow/tfjs-core').Variable[];
  /** Per parameter: weight decay, and a factor on the learning rate (layer-wise decay). Plain numbers, fixed for a run. */
  readonly weightDecay: readonly number[];
  readonly learningRateScale: readonly number[];
}

/** PyTorch's AdamW: decay p by lr * scale * weightDecay, then subtract lr * scale * m / (sqrt(v) + eps), bias corrected. */
export interface AdamWUpdate extends ParameterUpdate {
  readonly firstMoments: readonly import('@tensorflow/tfjs-core').Variable[];
  readonly secondMoments: readonly import('@tensorflow/tfjs-core').Variable[];
  /** `[8]`: learning rate, beta1, beta2, epsilon, 1 - beta1^t, 1 - beta2^t, gradient factor, EMA decay. */
  readonly hyper: Tensor1D;
}

/** PyTorch's SGD: g = factor * g + weightDecay * p; buffer = momentum * buffer + g; p -= lr * scale * (nesterov ? g + momentum * buffer : buffer). */
export interface SgdUpdate extends ParameterUpdate {
  readonly momenta: readonly import('@tensorflow/tfjs-core').Variable[];
  /** `[4]`: learning rate, momentum, gradient factor, EMA decay. */
  readonly hyper: Tensor1D;
  readonly nesterov: boolean;
}
