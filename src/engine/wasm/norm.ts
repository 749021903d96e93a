import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import type { BatchNormOptions, Ops } from '../ops.js';
import { gradient } from '../tensorflow/ops/gradient.js';
import { activationNumber } from './elementwise.js';
import type { WasmKernels } from './kernels.js';

export function createNorms({ tf, output, run, scratch }: WasmKernels): Pick<Ops, 'layerNorm' | 'batchNorm'> {
  function layerNorm(x: Tensor, gamma: Tensor1D, beta: Tensor1D, epsilon: number): Tensor {
    const columns = gamma.size;
    const rows = x.size / columns;
    const kept: Tensor[] = [];
    return gradient(
      tf,
      (map: Tensor, scale: Tensor, offset: Tensor) => {
        const y = output(x.shape);
        const statistics = output([rows, 2]);
        kept.push(statistics);
        run('layerNorm', map, scale, offset, y, statistics, rows, columns, epsilon);
        return y;
      },
      (map, scale) => [map, scale, ...kept],
      (dy, saved) => {
        const [dx, dgamma, dbeta] = [output(dy.shape), output([columns]), output([columns])];
        run('layerNormGradient', dy, ...(saved as Tensor[]), dx, dgamma, dbeta, rows, columns);
        return [dx, dgamma, dbeta];
      },
    )(x, gamma, beta);
  }

  function batchNorm(x: Tensor, options: BatchNormOptions): Tensor {
    const { gamma, beta, runningMean, runningVariance, epsilon, momentum, training, update } = options;
    const columns = gamma.size;
    const rows = x.size / columns;
    const kind = activationNumber(options.activation);
    const kept: Tensor[] = [];
    // Made out here: what is made inside ends with it.
    const next = training ? ([output([columns]), output([columns])] as [Tensor1D, Tensor1D]) : null;
    const normalised = gradient(
      tf,
      (map: Tensor, scale: Tensor, offset: Tensor) => {
        const [y, statistics] = [output(x.shape), output([3, columns])];
        kept.push(statistics);
        const given = [map, scale, offset, runningMean, runningVariance, y, statistics];
        const sizes = [rows, columns, epsilon];
        if (next) run('batchNorm', ...given, ...next, scratch(4 * columns), ...sizes, momentum, kind);
        else run('normalise', ...given, ...sizes, kind);
        return y;
      },
      (map, _, offset) => [map, offset, ...kept],
      (dy, saved) => {
        const [dx, dgamma, dbeta] = [output(dy.shape), output([columns]), output([columns])];
        const tensors = [dy, ...saved, dx, dgamma, dbeta];
        run('batchNormGradient', ...tensors, scratch(6 * columns), rows, columns, kind, training ? 0 : 1);
        return [dx, dgamma, dbeta];
      },
    )(x, gamma, beta);
    if (next) update?.(...next);
    return normalised;
  }

  return { layerNorm, batchNorm };
}
