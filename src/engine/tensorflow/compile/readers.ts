import type { OperationNode, RecordedNode } from './recording.js';

/** An input of an operation: which of its inputs it is, and which output of the node it names. */
interface Reader {
  readonly node: OperationNode;
  readonly at: number;
  readonly output: number;
}

/** Who reads what a node gives, in the order of the list; nodes that nobody reads are not in it. */
export type Readers = ReadonlyMap<RecordedNode, readonly Reader[]>;

export function readersOf(nodes: readonly RecordedNode[]): Readers {
  const readers = new Map<RecordedNode, Reader[]>();
  for (const node of nodes) {
    if (node.kind !== 'operation') continue;
    for (const [at, input] of node.inputs.entries()) {
      const reader = { node, at, output: input.output };
      const others = readers.get(input.node);
      if (others) others.push(reader);
      else readers.set(input.node, [reader]);
    }
  }
  return readers;
}
