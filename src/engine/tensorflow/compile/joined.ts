import type { OpAttribute } from '../binding.js';
import type { Value } from './recording.js';

/** What tfjs's tape adds the gradients of a map with several readers by, and its form for maps of bfloat16. */
const ADDITIONS: ReadonlySet<string> = new Set(['Add', 'AddV2', 'AblateAddV1']);
const PRODUCT = 'AblateDenseInputGradientV1';

export interface JoinedOp {
  readonly op: string;
  readonly attributes: readonly OpAttribute[];
  readonly inputs: readonly Value[];
}

/**
 * The sum of two maps as one op where one of them is the input gradient of a dense convolution: that adds the other as it
 * stores its own, and a walk over three maps is saved. The bits are those of the two ops, which eager steps run; the first of
 * them, which nothing reads any more, falls away as TensorFlow prunes the step. Null of all other ops.
 */
export function joined(op: string, inputs: readonly Value[]): JoinedOp | null {
  if (!ADDITIONS.has(op) || inputs.length !== 2) return null;
  const [a, b] = inputs as [Value, Value];
  if (`${a.shape}` !== `${b.shape}` || a.dtype !== b.dtype) return null;
  // The later of two: what it is added to must be there before it runs.
  const [earlier, later] = a.node.index < b.node.index ? [a, b] : [b, a];
  const { node } = later;
  if (node.kind !== 'operation' || node.op !== PRODUCT) return null;
  return { op: 'AblateDenseInputGradientOntoV1', attributes: node.attributes, inputs: [...node.inputs, earlier] };
}
