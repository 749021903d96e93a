import type { Tensor } from '@tensorflow/tfjs-core';
import { currentLayer, faultOf, inLayer, LayerFault, type LayerPlace, OpRefusal } from '../layer-scope.js';
import { pluginLine } from '../source-line.js';
import { advice } from './advice.js';
import { checkedKernels } from './checked.js';
import type { Tf } from './register.js';

type Backward = (dys: readonly (Tensor | null)[]) => Readonly<Record<string, () => Tensor>>;

interface TapeNode {
  readonly kernelName: string;
  readonly inputs: Readonly<Record<string, Tensor>>;
  gradient?: Backward;
}

/** The part of tfjs's engine that keeps the tape; its types call it private. */
interface TapeKeeper {
  readonly state: { readonly activeTape: TapeNode[] };
  addTapeNode(
    op: string,
    inputs: Readonly<Record<string, Tensor | undefined>>,
    outputs: readonly Tensor[],
    gradient: unknown,
    saved: readonly Tensor[],
    attributes: unknown,
  ): void;
  getTensorsForGradient(op: string, inputs: unknown, outputs: readonly Tensor[]): (Tensor | undefined)[] | null;
  runKernel(op: string, inputs: Readonly<Record<string, Tensor>>, attributes: unknown): unknown;
}

const watched = new WeakSet<object>();

/**
 * Sees to what tfjs's tape gets wrong, whatever the op:
 * - an array of outputs is the tape's own: one that its user reorders no longer reorders the gradients;
 * - what gives no floats (comparisons, indices) is not recorded: no gradient goes through it, and tfjs would ask for one;
 * - an input that an op may be without is not looked for when it is not there;
 * - an error of an op, on the way there or back, names op and engine, and what else there is.
 */
export function watchTape(tf: Tf): void {
  const keeper = tf.engine() as unknown as TapeKeeper;
  if (watched.has(keeper)) return;
  watched.add(keeper);
  const [add, saved, run] = [
    keeper.addTapeNode.bind(keeper),
    keeper.getTensorsForGradient.bind(keeper),
    keeper.runKernel.bind(keeper),
  ];
  keeper.getTensorsForGradient = (op, inputs, outputs) =>
    saved(op, inputs, outputs)?.filter((tensor) => tensor !== undefined) ?? null;
  keeper.runKernel = (op, inputs, attributes) => {
    if (!currentLayer()) return run(op, inputs, attributes);
    if (!checkedKernels.has(op)) {
      const engine = tf.getBackend();
      throw new OpRefusal(op, engine, 'it is not among the ops that were checked', advice(op));
    }
    try {
      return run(op, inputs, attributes);
    } catch (error) {
      throw refused(op, tf.getBackend(), error as Error);
    }
  };
  keeper.addTapeNode = (op, inputs, outputs, gradient, saved, attributes) => {
    if (outputs.every(({ dtype }) => dtype === 'int32' || dtype === 'bool')) {
      for (const tensor of saved) tensor.dispose();
      return;
    }
    const present = Object.fromEntries(Object.entries(inputs).filter(([, tensor]) => tensor !== undefined));
    add(op, present, [...outputs], gradient, saved, attributes);
    const place = currentLayer();
    if (place) name(keeper.state.activeTape.at(-1) as TapeNode, place, tf.getBackend(), gradient !== null);
  };
}

/** Gives a node's errors their layer's name. @param own whether its gradient is the layer's own, by `tf.customGrad`. */
function name(node: TapeNode, place: LayerPlace, backend: string, own: boolean): void {
  const { gradient, kernelName } = node;
  const line = tracing ? pluginLine(new Error()) : null;
  const named = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw faultOf(place, refused(kernelName, backend, error as Error), line);
    }
  };
  node.gradient = (dys) =>
    named(() => {
      if (!gradient) throw new OpRefusal(kernelName, backend, 'it has no gradient', advice(kernelName));
      const slopes = own ? inLayer(place, () => gradient(dys)) : gradient(dys);
      return Object.fromEntries(
        Object.entries(slopes).map(([input, slope]) => [input, () => named(() => checked(slope(), node, input))]),
      );
    });
}

/** An op's own error as one that says what else there is. */
function refused(op: string, engine: string, error: Error): Error {
  if (error instanceof OpRefusal || error instanceof LayerFault) return error;
  const missing = /Kernel '(\w+)' not registered|Cannot find registered kernel '(\w+)'/.exec(error.message);
  const kernel = missing?.[1] ?? missing?.[2];
  const problem = missing
    ? kernel === op
      ? 'there is none'
      : `it needs ${kernel}, which is not there`
    : error.message;
  const refusal = new OpRefusal(op, engine, problem.replace(/\.$/, ''), advice(op, problem));
  refusal.stack = error.stack;
  return refusal;
}

function checked(slope: Tensor, { kernelName, inputs }: TapeNode, input: string): Tensor {
  const x = inputs[input];
  if (slope.dtype !== 'float32' || (x && `${slope.shape}` !== `${x.shape}`)) {
    throw new Error(
      `the gradient of ${kernelName} for an input [${x?.shape}] came out as ${slope.dtype} [${slope.shape}]; expected float32 of the input's shape`,
    );
  }
  return slope;
}

let tracing = false;

/** Notes the line of every op that a plug-in's layer calls while `work` runs: too dear for every step, right for the first. */
export function notingLines<T>(work: () => T): T {
  const before = tracing;
  tracing = true;
  try {
    return work();
  } finally {
    tracing = before;
  }
}
