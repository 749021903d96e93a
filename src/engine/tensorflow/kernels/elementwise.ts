import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import type { Activation, Ops, ResidualOptions } from '../../ops.js';
import { gradient } from '../ops/gradient.js';
import { check, checkChannels, checkSame } from './check.js';
import type { KernelLoad } from './library.js';

/** How an activation stands in our ops' names. */
export const suffix = (activation: Activation | null | undefined): string =>
  activation === 'relu' ? 'Relu' : activation === 'gelu' ? 'Gelu' : '';

export interface ResidualKernelOptions extends ResidualOptions {
  /** A bias of the branch that is still to be added: keep * gamma * (branch + bias). */
  readonly bias?: Tensor1D | undefined;
}

export interface ElementwiseKernels {
  readonly activation: Ops['activation'];
  /** activation(x + bias) in one pass, and its gradient with the bias's in one pass. */
  biasActivation(x: Tensor, bias: Tensor1D, activation?: Activation | null): Tensor;
  /** activation(shortcut + keep * gamma * (branch + bias)) in one pass. */
  residual(shortcut: Tensor, branch: Tensor, options: ResidualKernelOptions): Tensor;
}

export function createElementwiseKernels({ tf, one, many }: KernelLoad): ElementwiseKernels {
  const none = () => tf.tensor1d([], 'float32');

  const withActivation = (kind: Activation) =>
    gradient(
      tf,
      (x: Tensor) => one(suffix(kind), [], [x]),
      (x, y) => [kind === 'relu' ? y : x],
      (dy, [at]) => [one(`${suffix(kind)}Gradient`, [], [dy, at as Tensor])],
    );

  const bias = gradient(
    tf,
    (x: Tensor, b: Tensor) => one('Bias', [], [x, b]),
    () => [],
    (dy) => [dy, one('BiasGradient', [], [dy])],
  );

  const biasWithActivation = (kind: Activation) =>
    gradient(
      tf,
      (x: Tensor, b: Tensor) => one(`Bias${suffix(kind)}`, [], [x, b]),
      (x, b) => [x, b],
      (dy, kept) => many(`Bias${suffix(kind)}Gradient`, [], [dy, ...kept], 2),
    );

  function residual(shortcut: Tensor, branch: Tensor, options: ResidualKernelOptions): Tensor {
    const { gamma, keep, bias: branchBias, activation: kind } = options;
    checkSame('residual', shortcut, branch, 'shortcut and branch of one shape, float32');
    checkChannels('residual', branch, { gamma, bias: branchBias });
    check(!keep || keep.size === branch.shape[0], 'residual', `keep with ${branch.shape[0]} values`, keep);
    const name = `Residual${suffix(kind)}`;
    const present = [gamma, keep, branchBias].filter((tensor) => tensor !== undefined);
    const parameters = present.filter((tensor) => tensor !== keep);
    /** The op's gamma, keep and bias from those of the three that are there. */
    const scales = (given: readonly Tensor[]): Tensor[] => {
      const rest = [...given];
      return [gamma, keep, branchBias].map((tensor) => (tensor ? (rest.shift() as Tensor) : none()));
    };
    const keptMaps = [kind === 'relu', kind === 'gelu', kind === 'gelu' || gamma !== undefined];
    const whole = gradient(
      tf,
      (a: Tensor, b: Tensor, ..._parameters: Tensor[]) => one(name, [], [a, b, ...scales(present)]),
      (a, b, ...rest) => [...[rest.at(-1) as Tensor, a, b].filter((_, at) => keptMaps[at]), ...present],
      (dy, kept) => {
        if (!kind && !gamma && !keep) return [dy, dy, ...(branchBias ? [one('BiasGradient', [], [dy])] : [])];
        const rest = [...kept];
        const maps = keptMaps.map((is) => (is ? (rest.shift() as Tensor) : none()));
        const [dshortcut, dbranch, dgamma, dbias] = many(`${name}Gradient`, [], [dy, ...maps, ...scales(rest)], 4) as [
          Tensor,
          Tensor,
          Tensor,
          Tensor,
        ];
        const first = kind ? dshortcut : dy;
        return [first, gamma || keep ? dbranch : first, ...(gamma ? [dgamma] : []), ...(branchBias ? [dbias] : [])];
      },
    );
    return whole(shortcut, branch, ...parameters);
  }

  return {
    activation: (x, kind) => withActivation(kind)(x),
    biasActivation(x, b, kind = null) {
      checkChannels('biasActivation', x, { bias: b });
      return (kind ? biasWithActivation(kind) : bias)(x, b);
    },
    residual,
  };
}
