import type { Binding, Graph } from '../binding.js';
import type { OperationNode } from './recording.js';

/** A constant of one repeated value and at least this many elements becomes a Fill instead of its bytes. */
const FILL_FROM = 1024;

/** Puts values into a graph. @returns the node that gives them. */
export function addConstant(
  binding: Binding,
  graph: Graph,
  dtype: number,
  shape: readonly number[],
  values: ArrayBufferView,
): number {
  const bytes = bytesOf(values);
  const elements = values as unknown as ArrayLike<number> & { BYTES_PER_ELEMENT: number };
  const size = shape.reduce((product, extent) => product * extent, 1);
  // An int64 comes as two elements of an Int32Array.
  const splat = size >= FILL_FROM && elements.length === size && isSplat(elements);
  if (!splat) return binding.addConstant(graph, dtype, shape, bytes);
  const extents = new Uint8Array(Int32Array.from(shape).buffer);
  const dims = binding.addConstant(graph, binding.TF_INT32, [shape.length], extents);
  const value = binding.addConstant(graph, dtype, [], bytes.subarray(0, elements.BYTES_PER_ELEMENT));
  const inputs = Int32Array.of(dims, 0, value, 0);
  return binding.addOperation(graph, 'Fill', [], inputs, Int32Array.of(-1, -1), new Int32Array(0)).node;
}

/** Adds an op to the graph that its inputs and what it waits for are in. */
export function addOperation(
  binding: Binding,
  graph: Graph,
  {
    op,
    attributes,
    inputs,
    groups,
    controls,
  }: Pick<OperationNode, 'op' | 'attributes' | 'inputs' | 'groups' | 'controls'>,
): ReturnType<Binding['addOperation']> {
  const pairs = Int32Array.from(inputs.flatMap(({ node, output }) => [node.graphNode, output]));
  const before = Int32Array.from(controls, ({ graphNode }) => graphNode);
  return binding.addOperation(graph, op, attributes, pairs, Int32Array.from(groups), before);
}

export const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);

function isSplat(values: ArrayLike<number>): boolean {
  const first = values[0];
  // -0 and 0 are told apart, NaN is equal to itself.
  for (let i = 1; i < values.length; i++) if (!Object.is(values[i], first)) return false;
  return true;
}
