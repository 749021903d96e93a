import type { Tensor, Tensor1D, Tensor2D, Tensor4D, Variable } from '@tensorflow/tfjs-core';
import type { Activation, ConvOptions, Ops, ResidualOptions, WindowAttentionOptions } from '../../../src/engine/ops.js';
import { type OpCase, type OptimizerCase, valuesAt } from './fixtures.js';

type Place = OpCase['value'];
type Named = Readonly<Record<string, Tensor>>;

/** How far a tensor is from PyTorch's, relative to PyTorch's greatest value. */
export interface Distance {
  readonly what: string;
  readonly distance: number;
}

/** A tensor that is to be compared; read later, since some engines cannot be waited for. */
interface Pending {
  readonly what: string;
  readonly found: Tensor;
  readonly place: Place;
}

async function distance({ what, found, place }: Pending): Promise<Distance> {
  if (`${found.shape}` !== `${place.shape}`) return { what: `${what}: shape [${found.shape}]`, distance: Infinity };
  const expected = valuesAt(place);
  const actual = await found.data();
  let worst = 0;
  let greatest = 0;
  for (const [at, value] of expected.entries()) {
    const difference = Math.abs((actual[at] as number) - value);
    if (!(difference <= worst)) worst = difference;
    greatest = Math.max(greatest, Math.abs(value));
  }
  return { what, distance: greatest > 0 ? worst / greatest : worst };
}

/** A case has those that its operation takes. */
interface Arguments {
  readonly x: Tensor4D;
  readonly kernel: Tensor4D;
  readonly weight: Tensor2D;
  readonly bias: Tensor1D;
  readonly gamma: Tensor1D;
  readonly beta: Tensor1D;
}

/** Calls a case's operation. @param further what it gives besides its value. */
function call(
  ops: Ops,
  { op, options }: OpCase,
  given: Named,
  further: (name: string, tensor: Tensor) => void,
): Tensor {
  const activation = options['activation'] as Activation | null;
  const { x, kernel, weight, bias, gamma, beta } = given as unknown as Arguments;
  switch (op) {
    case 'conv2d':
      return ops.conv2d(x, kernel, { ...(options as unknown as ConvOptions), bias });
    case 'linear':
      return ops.linear(x, weight, bias, activation);
    case 'batchNorm': {
      const { epsilon, momentum, training } = options as { epsilon: number; momentum: number; training: boolean };
      const { runningMean, runningVariance } = given as Record<string, Tensor1D> as never;
      const update = (mean: Tensor1D, variance: Tensor1D) => {
        further('nextMean', mean);
        further('nextVariance', variance);
      };
      const statistics = { runningMean, runningVariance, update };
      return ops.batchNorm(x, { gamma, beta, ...statistics, epsilon, momentum, training, activation });
    }
    case 'layerNorm':
      return ops.layerNorm(x, gamma, beta, options['epsilon'] as number);
    case 'activation':
      return ops.activation(x, options['kind'] as Activation);
    case 'maxPool':
      return ops.maxPool(x, options as { kernel: number; stride: number; padding: number });
    case 'globalAveragePool':
      return ops.globalAveragePool(x);
    case 'residual': {
      const { shortcut, branch, keep } = given as Named & { shortcut: Tensor; branch: Tensor; keep?: Tensor1D };
      return ops.residual(shortcut, branch, { gamma, keep, activation } as ResidualOptions);
    }
    case 'windowAttention':
      return ops.windowAttention(given['qkv'] as Tensor4D, bias, options as unknown as WindowAttentionOptions);
    case 'softmaxCrossEntropy':
      return ops.softmaxCrossEntropy(given['logits'] as Tensor2D, given['targets'] as Tensor2D);
  }
}

/** A case's value and further outputs, and the gradient of each input, against PyTorch's. */
export async function measureOp(
  ops: Ops,
  given: OpCase,
  { gradients = true }: { gradients?: boolean } = {},
): Promise<Distance[]> {
  const { tf } = ops;
  const pending: Pending[] = [];
  const compare = (what: string, found: Tensor, place: Place) =>
    pending.push({ what, found: tf.keep(tf.clone(found)), place });
  tf.tidy(() => {
    const tensor = (place: Place) => tf.tensor(valuesAt(place), [...place.shape]);
    const inputs = Object.fromEntries(Object.entries(given.inputs).map(([name, place]) => [name, tensor(place)]));
    let measuring = true;
    const further = (name: string, found: Tensor) => {
      if (measuring) compare(name, found, given.further[name] as Place);
    };
    compare('value', call(ops, given, inputs, further), given.value);
    measuring = false;
    if (!gradients) return;
    const names = Object.keys(given.gradients);
    const found = tf.grads((...varied: Tensor[]) =>
      call(
        ops,
        given,
        { ...inputs, ...Object.fromEntries(names.map((name, at) => [name, varied[at] as Tensor])) },
        further,
      ),
    )(
      names.map((name) => inputs[name] as Tensor),
      tensor(given.dy),
    );
    names.forEach((name, at) => {
      compare(`gradient of ${name}`, found[at] as Tensor, given.gradients[name] as Place);
    });
  });
  return settle(tf, pending);
}

async function settle(tf: Ops['tf'], pending: readonly Pending[]): Promise<Distance[]> {
  const distances = await Promise.all(pending.map(distance));
  tf.dispose(pending.map(({ found }) => found));
  return distances;
}

/** Takes a case's optimizer steps; every variable after each, against PyTorch's. */
export async function measureOptimizer({ tf, applyAdamW, applySgd }: Ops, given: OptimizerCase): Promise<Distance[]> {
  const pending: Pending[] = [];
  const variables = (values: (place: Place) => Tensor): Variable[] =>
    tf.tidy(() => given.parameters.map((place) => tf.variable(values(place))));
  const tensor = (place: Place) => tf.tensor(valuesAt(place), [...place.shape]);
  const zeros = (place: Place) => tf.zeros([...place.shape]);
  const parameters = variables(tensor);
  const averages = variables(tensor);
  const moments = (given.nesterov === null ? [0, 1] : [0]).map(() => variables(zeros));
  const [first, second] = moments as [Variable[], Variable[]];
  for (const [at, step] of given.steps.entries()) {
    tf.tidy(() => {
      const { weightDecay, learningRateScale, nesterov } = given;
      const gradients = step.gradients.map(tensor);
      const update = {
        parameters,
        averages,
        weightDecay,
        learningRateScale,
        gradients,
        hyper: tf.tensor1d([...step.hyper]),
      };
      if (nesterov === null) applyAdamW({ ...update, firstMoments: first, secondMoments: second });
      else applySgd({ ...update, momenta: first, nesterov });
      const compare = (what: string, found: readonly Variable[], expected: readonly Place[]) =>
        found.forEach((variable, i) => {
          const now = tf.keep(tf.clone(variable as Tensor));
          pending.push({ what: `step ${at}: ${what} ${i}`, found: now, place: expected[i] as Place });
        });
      compare('parameter', parameters, step.parameters);
      compare('average', averages, step.averages);
      moments.forEach((list, i) => {
        compare(`moment ${i + 1} of`, list, step.moments[i] as readonly Place[]);
      });
    });
  }
  const distances = await settle(tf, pending);
  tf.dispose([parameters, averages, ...moments]);
  return distances;
}
