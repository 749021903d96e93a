import type { Tensor, Tensor2D, Variable } from '@tensorflow/tfjs-core';
import type { Ops, ParameterUpdate } from '../../ops.js';
import { makeExclusive } from '../compile/variable-buffers.js';
import { gradient } from '../ops/gradient.js';
import { integer } from '../raw.js';
import { check, checkSame } from './check.js';
import type { KernelLoad } from './library.js';

export type TrainingKernels = Pick<Ops, 'softmaxCrossEntropy' | 'applyAdamW' | 'applySgd'>;

/** The loss, and the optimizers, which write into the variables' buffers. */
export function createTrainingKernels({ engine, tf, one, many, tracing }: KernelLoad): TrainingKernels {
  function checkUpdate(
    op: string,
    update: ParameterUpdate,
    own: Readonly<Record<string, readonly Tensor[]>>,
    hypers: number,
    hyper: Tensor,
  ) {
    const { parameters, gradients, averages, weightDecay, learningRateScale } = update;
    check(hyper.size === hypers, op, `hyper with ${hypers} values`, hyper);
    check(
      averages.length === 0 || averages.length === parameters.length,
      op,
      'as many averages as parameters, or none',
    );
    const lists = { gradients, ...own, ...(averages.length > 0 ? { averages } : {}) };
    for (const [name, list] of Object.entries(lists)) {
      check(list.length === parameters.length, op, `${parameters.length} ${name}`);
      list.forEach((tensor, at) => {
        const parameter = parameters[at] as Variable;
        checkSame(op, tensor, parameter, `${name}[${at}] in the shape of parameter ${parameter.name}`);
      });
    }
    check(
      weightDecay.length === parameters.length && learningRateScale.length === parameters.length,
      op,
      'a weight decay and a rate scale for each parameter',
    );
  }

  /** Runs an op that writes into its variables; while a step is traced it is the compiled step that sees to their buffers. */
  function write(
    op: string,
    attributes: Parameters<KernelLoad['one']>[1],
    update: ParameterUpdate,
    hyper: Tensor,
    lists: readonly (readonly Tensor[])[],
  ) {
    const { parameters, averages, weightDecay, learningRateScale } = update;
    if (!tracing())
      for (const variable of [...parameters, ...averages, ...lists.slice(2).flat()])
        makeExclusive(engine, variable as Variable);
    tf.tidy(() => {
      const sizes = [integer('N', parameters.length), integer('E', averages.length), ...attributes];
      const factors = [tf.tensor1d([...weightDecay]), tf.tensor1d([...learningRateScale])];
      one(op, sizes, [hyper, ...factors, ...lists.flat(), ...averages]);
    });
  }

  return {
    softmaxCrossEntropy(logits, targets) {
      checkSame('softmaxCrossEntropy', logits, targets, 'logits and targets [N, K], float32');
      check(logits.rank === 2 && logits.size > 0, 'softmaxCrossEntropy', 'logits [N, K]', logits);
      const slope: Tensor[] = [];
      return gradient(
        tf,
        (values: Tensor2D) => {
          const [loss, dlogits] = many('SoftmaxCrossEntropy', [], [values, targets], 2) as [Tensor, Tensor];
          slope.push(dlogits);
          return loss;
        },
        () => slope,
        (dy, [dlogits]) => [tf.mul(dlogits as Tensor, dy)],
      )(logits);
    },

    applyAdamW(update) {
      const { parameters, gradients, firstMoments, secondMoments, hyper } = update;
      checkUpdate('applyAdamW', update, { firstMoments, secondMoments }, 8, hyper);
      write('AdamW', [], update, hyper, [parameters, gradients, firstMoments, secondMoments]);
    },

    applySgd(update) {
      const { parameters, gradients, momenta, hyper, nesterov } = update;
      checkUpdate('applySgd', update, { momenta }, 4, hyper);
      write('Sgd', [integer('nesterov', nesterov ? 1 : 0)], update, hyper, [parameters, gradients, momenta]);
    },
  };
}
