import type { Tensor } from '@tensorflow/tfjs-core';
import type { Activation, Ops } from '../engine/ops.js';
import { callingPlugin } from '../engine/source-line.js';

/** One sample's shape, without the batch: `[H, W, C]`, or `[C]` after pooling. */
export type Shape = readonly number[];

/** How a parameter starts. `fanIn` is that of PyTorch: weights that feed one output. */
export type Init =
  | { readonly kind: 'constant'; readonly value: number }
  /** Uniform in +-1/sqrt(fanIn): what PyTorch's default conv initialisation (Kaiming, a = sqrt 5) comes to. */
  | { readonly kind: 'fan-in-uniform'; readonly fanIn: number }
  /** Normal, cut at two standard deviations like timm's `trunc_normal_` at +-2 (absolute) for sd 0.02. */
  | { readonly kind: 'truncated-normal'; readonly sd: number };

export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly init: Init;
  /** Weight decay acts on it (matrices and kernels; not biases, norms, gammas). */
  readonly decay: boolean;
  /** False for running statistics and fixed tables. */
  readonly trainable: boolean;
}

/**
 * Chance that a layer needs in training, drawn for it at every pass from the run's own stream: the same numbers on every
 * engine, compiled or not, and after a resume.
 */
export type DrawSpec = DrawShape &
  (
    | { readonly kind: 'uniform' }
    | { readonly kind: 'normal' }
    /** 0 with the probability `rate`, else 1 / (1 - rate), so that what it multiplies stays on average. */
    | { readonly kind: 'keep'; readonly rate: number }
  );

interface DrawShape {
  readonly name: string;
  readonly shape: readonly number[];
  /** `sample`, if left out: one of this shape for each sample, `[N, ...shape]`. `batch`: one for all, `[...shape]`. */
  readonly per?: 'sample' | 'batch';
}

/** What a layer's forward pass may ask of the run around it. */
export interface ForwardContext {
  readonly ops: Ops;
  /** Batch statistics, stochastic depth: on in training only. */
  readonly training: boolean;
  /** This layer's parameter by its own name. */
  parameter(name: string): Tensor;
  /** Gives a non-trainable parameter (a running statistic) its next value. Called in training only. */
  update(name: string, value: Tensor): void;
  /**
   * Instead of `update` where several passes make one step: takes what this pass alone gives for a running average, which
   * then moves on by `momentum` toward the pass's values, one after the other. Undefined elsewhere, and for layers of plug-ins.
   */
  readonly average?: ((name: string, value: Tensor, momentum: number) => void) | undefined;
  /** This pass's numbers of a draw that the layer declares; in training only. Uniform in [0, 1), or standard normal. */
  draw(name: string): Tensor;
}

/** What the counters of this and other tools add up, per sample. Elements are those of the layer's input or output. */
export interface Operations {
  /** Multiply-adds of convolutions and linear layers. */
  readonly macs: number;
  /** Multiply-adds of attention products. */
  readonly attention: number;
  /** Additions of biases, one an output element. */
  readonly bias: number;
  readonly batchNorm: number;
  readonly layerNorm: number;
  readonly layerScale: number;
  readonly relu: number;
  readonly gelu: number;
  readonly maxPool: number;
  readonly globalPool: number;
  readonly softmax: number;
}

/** A window of `kernel` positions that moves by `stride`. */
export interface Window {
  readonly kernel: number;
  readonly stride: number;
}

/**
 * One kind of layer: everything that is known about it in one file, so that it cannot be counted wrongly in one place
 * and run differently in another.
 */
export interface LayerKind<Options> {
  readonly kind: string;
  /** Throws a `LayerError` where the input cannot be what the options need. */
  outputShape(options: Options, input: Shape): Shape;
  parameters(options: Options, input: Shape): readonly ParameterSpec[];
  operations(options: Options, input: Shape): Partial<Operations>;
  /** Chance that the forward pass takes in training; left out: none. */
  draws?(options: Options, input: Shape): readonly DrawSpec[];
  /** What one output position sees of the input, per axis; left out: one position, or the whole map for a layer that pools it. */
  window?(options: Options): Window;
  /**
   * x: `[N, ...input]` -> `[N, ...output]`. `activation` is that of the next leaf, handed over where `fusesActivation`
   * says the layer can apply it in the same kernel.
   */
  forward(options: Options, x: Tensor, context: ForwardContext, activation: Activation | null): Tensor;
  readonly fusesActivation?: boolean;
}

/** A layer cannot be applied to what comes before it; the message says what was expected and found. */
export class LayerError extends Error {
  override readonly name = 'LayerError';
}

/** Throws a `LayerError` naming the option where one is no whole number or below its least: half a pixel of padding is none. */
export function checkWhole(options: Readonly<Record<string, number>>, least: Readonly<Record<string, number>>): void {
  for (const name in least) {
    const [value, lowest] = [options[name], least[name] as number];
    if (!Number.isInteger(value) || (value as number) < lowest)
      throw new LayerError(`${name}: expected a whole number of at least ${lowest}, found ${value}`);
  }
}

const places = new WeakMap<object, string>();

/** Keeps the option type of a kind while letting trees hold leaves of any kind, and notes where it is defined. */
export function defineLayer<Options>(kind: LayerKind<Options>): LayerKind<Options> {
  const place = callingPlugin(new Error());
  if (place) places.set(kind, place);
  return kind;
}

/** Where a layer of a plug-in is defined, as file:line:column; null for this program's own. */
export const definedAt = (kind: object): string | null => places.get(kind) ?? null;
