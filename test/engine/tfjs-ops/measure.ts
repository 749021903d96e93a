import type { Tensor } from '@tensorflow/tfjs-core';
import type { Feeds, Outputs, Step } from '../../../src/engine/engine.js';
import { type LayerPlace, LayerFault, inLayer, OpRefusal } from '../../../src/engine/layer-scope.js';
import { type Case, callOf, type Tf, valuesAt } from './cases.js';

/** What an engine makes of a case. */
export type Verdict =
  | { readonly kind: 'right' }
  /** Refused, with the text that a person reads. */
  | { readonly kind: 'refused'; readonly text: string }
  /** Of other values than PyTorch's, or an error that nobody could act on. */
  | { readonly kind: 'wrong'; readonly text: string };

/** Runs a step once, however the engine runs steps. */
export type Runner = (step: Step, feeds: () => Feeds) => Promise<Outputs>;

/** A hundred times what float32 came to at most; a wrong gradient is off by a tenth and more. */
const tolerance = 2e-5;

const place: LayerPlace = { kind: 'case', path: 'stages.0.blocks.0.case', definedAt: 'plugin.ts:1:1' };

/** A case's value and gradients on an engine, held to PyTorch's. `asMap` is what its float inputs pass through first. */
export async function measure(
  tf: Tf,
  run: Runner,
  given: Case,
  asMap: (x: Tensor) => Tensor = (x) => x,
): Promise<Verdict> {
  const call = callOf(given) as unknown as (tf: Tf, ...inputs: Tensor[]) => Tensor;
  const float = given.inputs.map(({ dtype }) => dtype === 'float32');
  const step: Step = (feeds) => {
    const inputs = given.inputs.map(({ dtype }, at) => {
      const fed = feeds[`x${at}`] as Tensor;
      return dtype === 'float32' ? asMap(fed) : fed;
    });
    const differentiated = inputs.filter((_, at) => float[at]);
    const f = (...floats: Tensor[]): Tensor =>
      inLayer(place, () => {
        const rest = [...floats];
        return call(tf, ...inputs.map((input, at) => (float[at] ? (rest.shift() as Tensor) : input)));
      });
    // As in evaluation: without a tape tfjs takes other kernels, fused ones.
    const evaluated = f(...differentiated);
    const { value, grads } = tf.valueAndGrads(f)(differentiated, feeds['dy'] as Tensor);
    return Object.fromEntries([evaluated, value, ...grads].map((tensor, at) => [`y${at}`, tf.clone(tensor)]));
  };
  const feeds = (): Feeds =>
    Object.fromEntries([
      ...given.inputs.map((input, at) => [
        `x${at}`,
        input.dtype === 'int32'
          ? tf.tensor(Int32Array.from(valuesAt(input)), [...input.shape], 'int32')
          : tf.tensor(valuesAt(input), [...input.shape]),
      ]),
      ['dy', tf.tensor(valuesAt(given.dy), [...given.dy.shape])],
    ]);
  try {
    const outputs = Object.values(await run(step, feeds));
    const expected = [given.value, given.value, ...given.gradients.filter((one) => one !== null)];
    const problems: string[] = [];
    for (const [at, one] of expected.entries()) {
      const found = outputs[at] as Tensor;
      const what = at === 0 ? 'value in evaluation' : at === 1 ? 'value' : `gradient ${at - 1}`;
      if (`${found.shape}` !== `${one.shape}`) problems.push(`${what} of shape [${found.shape}], not [${one.shape}]`);
      else {
        const apart = distance((await found.data()) as Float32Array, valuesAt(one));
        if (!(apart <= tolerance)) problems.push(`${what} off by ${apart.toExponential(1)}`);
      }
    }
    tf.dispose(outputs);
    return problems.length > 0 ? { kind: 'wrong', text: problems.join(', ') } : { kind: 'right' };
  } catch (error) {
    const { message, cause } = error as Error;
    const named = error instanceof LayerFault && cause instanceof OpRefusal;
    return { kind: named ? 'refused' : 'wrong', text: named ? (cause as Error).message : message };
  }
}

/** Relative to the largest expected value; NaN counts as far. */
function distance(found: Float32Array, expected: Float32Array): number {
  let largest = 1e-3;
  let worst = 0;
  for (const [at, value] of expected.entries()) {
    largest = Math.max(largest, Math.abs(value));
    const apart = Math.abs((found[at] as number) - value);
    if (!(apart <= worst)) worst = apart;
  }
  return worst / largest;
}
