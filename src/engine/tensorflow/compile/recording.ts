import type { Graph, OpAttribute } from '../binding.js';

/** An output of a recorded node. */
export interface Value {
  readonly node: RecordedNode;
  readonly output: number;
  readonly dtype: number;
  readonly shape: readonly number[];
}

interface NodeBase {
  /** Position in the recording; two recordings of one step agree in it. */
  readonly index: number;
  /** Number of the node in the TensorFlow graph. */
  readonly graphNode: number;
  /** Made where the step asked for it. */
  readonly trace: Error;
}

export interface InputNode extends NodeBase {
  readonly kind: 'feed' | 'variable' | 'capture';
  /** The feed's or variable's name; for a capture its tensor's id. */
  readonly name: string;
}

export interface ConstantNode extends NodeBase {
  readonly kind: 'constant';
  readonly dtype: number;
  readonly shape: readonly number[];
  readonly values: ArrayBufferView;
  readonly digest: string;
  /** Its first values, for an error text. */
  readonly beginning: string;
}

export interface OperationNode extends NodeBase {
  readonly kind: 'operation';
  readonly op: string;
  readonly attributes: readonly OpAttribute[];
  readonly inputs: readonly Value[];
  /** How the inputs fall into the op's arguments. */
  readonly groups: readonly number[];
  /** What must have run before, whatever it reads. */
  readonly controls: readonly RecordedNode[];
  /** Positions of the inputs that it writes into. */
  readonly writes: readonly number[];
}

export type RecordedNode = InputNode | ConstantNode | OperationNode;

/** One tracing of a step: the graph that it asked for, and what became of its variables. */
export interface Recording {
  readonly graph: Graph;
  readonly nodes: readonly RecordedNode[];
  readonly feeds: readonly { readonly name: string; readonly value: Value }[];
  readonly variables: readonly Value[];
  readonly outputs: readonly { readonly name: string; readonly value: Value }[];
  /** What the step assigned, by the variable's position among the declared ones. */
  readonly updates: readonly { readonly variable: number; readonly value: Value }[];
  /** Positions of the variables that an op writes into. */
  readonly written: readonly number[];
  /** What makes it no valid step, each with its line. */
  readonly problems: readonly string[];
}

/** Whether a node is another one, or comes of it, or must run after it, whatever their order. */
export function follows(node: RecordedNode, other: RecordedNode, seen = new Set<RecordedNode>()): boolean {
  if (node === other) return true;
  if (node.kind !== 'operation' || node.index < other.index || seen.has(node)) return false;
  seen.add(node);
  return [...node.inputs.map((input) => input.node), ...node.controls].some((before) => follows(before, other, seen));
}

/** A recording's operations as they are to run. */
export interface Rewritten {
  /** Of the recording, with others in the place of some. */
  readonly nodes: readonly RecordedNode[];
  /** What stands for those that others name. */
  readonly stands: ReadonlyMap<RecordedNode, RecordedNode>;
}

/** The nodes that outputs, updates and writes come from. */
export function liveNodes(recording: Recording): ReadonlySet<number> {
  const live = new Set<number>();
  const pending = [...recording.outputs, ...recording.updates].map(({ value }) => value.node);
  for (const node of recording.nodes) if (node.kind === 'operation' && node.writes.length > 0) pending.push(node);
  for (let node = pending.pop(); node; node = pending.pop()) {
    if (live.has(node.index)) continue;
    live.add(node.index);
    if (node.kind === 'operation') for (const input of node.inputs) pending.push(input.node);
  }
  return live;
}
