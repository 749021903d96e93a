import type { Binding } from '../binding.js';
import type { RecordedNode, Recording, Value } from './recording.js';

/** Ops whose output may be the very buffer of their first input. */
export const SHARES_BUFFER: ReadonlySet<string> = new Set([
  ...['Identity', 'Snapshot', 'StopGradient', 'Reshape', 'Squeeze', 'ExpandDims', 'Bitcast', 'Cast', 'Slice'],
]);

/**
 * Makes the recording a function of the eager context: its inputs are the feeds and then the variables, its outputs
 * the step's own and then the assigned variables' next values.
 *
 * @returns its name, which the graph decides: the same graph has the same one in every process.
 */
export function defineFunction(binding: Binding, recording: Recording): string {
  const writers = recording.nodes.filter((node) => node.kind === 'operation' && node.writes.length > 0);
  const controls = Int32Array.from(writers, ({ graphNode }) => graphNode);
  const written = new Set<RecordedNode>(recording.written.map((variable) => recording.variables[variable]!.node));

  const pass = (op: string, { node, output }: Value, after: Int32Array): [number, number] => {
    const input = Int32Array.of(node.graphNode, output);
    return [binding.addOperation(recording.graph, op, [], input, Int32Array.of(-1), after).node, 0];
  };
  const result = (value: Value): [number, number] => {
    // A result in the buffer of a variable that a later call writes into would change with it.
    if (written.has(bufferSource(value))) return pass('DeepCopy', value, controls);
    // TensorFlow wants a function's results to be made in it.
    if (value.node.kind !== 'operation') return pass('Identity', value, new Int32Array(0));
    return [value.node.graphNode, value.output];
  };

  const inputs = [...recording.feeds.map(({ value }) => value), ...recording.variables];
  const outputs = [...recording.outputs, ...recording.updates].flatMap(({ value }) => result(value));
  const pairs = Int32Array.from(inputs.flatMap(({ node, output }) => [node.graphNode, output]));
  return binding.defineFunction(recording.graph, 'ablate_step', pairs, Int32Array.from(outputs), controls);
}

function bufferSource({ node }: Value): RecordedNode {
  let source = node;
  while (source.kind === 'operation' && SHARES_BUFFER.has(source.op)) source = source.inputs[0]!.node;
  return source;
}
