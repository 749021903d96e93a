import type { Tensor } from '@tensorflow/tfjs-core';
import type { Activation, Ops } from './ops.js';

/** An operation was given what it does not take. */
export class ContractError extends Error {
  override readonly name = 'ContractError';
}

/**
 * The operations, each checking what it is given before an engine's kernel sees it: types, ranks and sizes. Kernels trust
 * their callers: given less memory than they expect, some read what lies behind it. In a compiled step the checks run
 * while it is traced, otherwise they cost a few comparisons a call.
 */
export function withContract(ops: Ops): Ops {
  return {
    ...ops,

    conv2d(x, kernel, options) {
      const op = 'conv2d';
      const { stride, padding, groups, bias, activation } = options;
      map(op, x);
      float(op, 'the kernel', kernel);
      need(kernel.rank === 4, op, 'a kernel [k, k, in / groups, out]', kernel);
      const [size, width, inputs, outputs] = kernel.shape;
      need(size === width, op, 'a square kernel', kernel);
      whole(op, 'stride', stride, 1);
      whole(op, 'padding', padding, 0);
      whole(op, 'groups', groups, 1);
      need(inputs * groups === x.shape[3], op, `a kernel of ${x.shape[3] / groups} input channels a group`, kernel);
      need(outputs % groups === 0, op, `output channels that ${groups} groups divide`, kernel);
      fits(op, x, size, padding);
      vector(op, 'the bias', bias, outputs);
      known(op, activation);
      return ops.conv2d(x, kernel, options);
    },

    linear(x, weight, bias, activation) {
      const op = 'linear';
      float(op, 'the map', x);
      float(op, 'the weight', weight);
      need(x.rank >= 2, op, 'a map of at least two axes', x);
      need(weight.rank === 2 && weight.shape[0] === x.shape.at(-1), op, `a weight [${x.shape.at(-1)}, out]`, weight);
      vector(op, 'the bias', bias, weight.shape[1]);
      known(op, activation);
      return ops.linear(x, weight, bias, activation);
    },

    batchNorm(x, options) {
      const op = 'batchNorm';
      const { gamma, beta, runningMean, runningVariance } = options;
      float(op, 'the map', x);
      need(x.rank >= 2, op, 'a map of at least two axes', x);
      for (const [name, one] of Object.entries({ gamma, beta, runningMean, runningVariance })) {
        need(Boolean(one), op, name, one);
        vector(op, name, one, x.shape.at(-1) as number);
      }
      known(op, options.activation);
      return ops.batchNorm(x, options);
    },

    layerNorm(x, gamma, beta, epsilon) {
      const op = 'layerNorm';
      float(op, 'the map', x);
      need(x.rank >= 2, op, 'a map of at least two axes', x);
      for (const [name, one] of Object.entries({ gamma, beta })) {
        need(Boolean(one), op, name, one);
        vector(op, name, one, x.shape.at(-1) as number);
      }
      return ops.layerNorm(x, gamma, beta, epsilon);
    },

    activation(x, kind) {
      float('activation', 'the map', x);
      need(Boolean(kind), 'activation', "'relu' or 'gelu'");
      known('activation', kind);
      return ops.activation(x, kind);
    },

    maxPool(x, options) {
      const op = 'maxPool';
      const { kernel, stride, padding } = options;
      map(op, x);
      whole(op, 'kernel', kernel, 1);
      whole(op, 'stride', stride, 1);
      whole(op, 'padding', padding, 0);
      need(2 * padding <= kernel, op, `padding up to half of the kernel's ${kernel}, found ${padding}`);
      fits(op, x, kernel, padding);
      return ops.maxPool(x, options);
    },

    globalAveragePool(x) {
      map('globalAveragePool', x);
      return ops.globalAveragePool(x);
    },

    residual(shortcut, branch, options) {
      const op = 'residual';
      const { gamma, keep, activation } = options;
      float(op, 'the shortcut', shortcut);
      float(op, 'the branch', branch);
      const same = shortcut.rank === branch.rank && shortcut.shape.every((side, at) => side === branch.shape[at]);
      need(same, op, `a branch [${shortcut.shape}], as the shortcut`, branch);
      vector(op, 'gamma', gamma, branch.shape.at(-1) as number);
      vector(op, 'keep', keep, branch.shape[0] as number);
      known(op, activation);
      return ops.residual(shortcut, branch, options);
    },

    windowAttention(qkv, bias, options) {
      const op = 'windowAttention';
      const { heads, window, shift } = options;
      map(op, qkv);
      float(op, 'the bias', bias);
      whole(op, 'heads', heads, 1);
      whole(op, 'window', window, 1);
      whole(op, 'shift', shift, 0);
      const [, height, width, channels] = qkv.shape;
      need(channels % (3 * heads) === 0, op, `queries, keys and values of ${heads} heads`, qkv);
      need(height % window === 0 && width % window === 0, op, `a map that windows of ${window} divide`, qkv);
      need(shift < window, op, `a shift below the window's ${window}, found ${shift}`);
      const shape = [heads, window ** 2, window ** 2];
      need(`${bias.shape}` === `${shape}`, op, `a bias [${shape}]`, bias);
      return ops.windowAttention(qkv, bias, options);
    },

    softmaxCrossEntropy(logits, targets) {
      const op = 'softmaxCrossEntropy';
      float(op, 'the logits', logits);
      float(op, 'the targets', targets);
      need(logits.rank === 2, op, 'logits [N, classes]', logits);
      need(`${logits.shape}` === `${targets.shape}`, op, `targets [${logits.shape}]`, targets);
      return ops.softmaxCrossEntropy(logits, targets);
    },
  };
}

function need(condition: boolean, op: string, expected: string, found?: Tensor): asserts condition {
  if (condition) return;
  throw new ContractError(`ops.${op} expects ${expected}${found ? `, found ${found.dtype} [${found.shape}]` : ''}`);
}

function float(op: string, what: string, tensor: Tensor | undefined): void {
  if (tensor?.dtype === 'float32') return;
  const found = tensor?.dtype ? `${tensor.dtype} [${tensor.shape}]` : String(tensor);
  throw new ContractError(`ops.${op} expects ${what} as a float32 tensor, found ${found}`);
}

function map(op: string, x: Tensor): void {
  float(op, 'the map', x);
  need(x.rank === 4, op, 'a map [N, H, W, C]', x);
}

function vector(op: string, what: string, tensor: Tensor | null | undefined, size: number): void {
  if (tensor === null || tensor === undefined) return;
  float(op, what, tensor);
  need(tensor.size === size && tensor.rank === 1, op, `${what} [${size}]`, tensor);
}

function whole(op: string, what: string, value: number, least: number): void {
  need(Number.isInteger(value) && value >= least, op, `${what} as a whole number from ${least} on, found ${value}`);
}

function fits(op: string, x: Tensor, kernel: number, padding: number): void {
  const side = Math.min(x.shape[1] as number, x.shape[2] as number) + 2 * padding;
  need(side >= kernel, op, `a map that a kernel of ${kernel} fits into with padding ${padding}`, x);
}

function known(op: string, activation: Activation | null | undefined): void {
  const is = activation === null || activation === undefined || activation === 'relu' || activation === 'gelu';
  need(is, op, `an activation 'relu' or 'gelu', found ${String(activation)}`);
}
