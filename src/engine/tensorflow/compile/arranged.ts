import type { Binding } from '../binding.js';
import { earlyUpdates } from './early-updates.js';
import { givenAgain } from './given-again.js';
import { addConstant, addOperation } from './graph.js';
import { normsJoined } from './joined-norms.js';
import { liveNodes, type OperationNode, type RecordedNode, type Recording, type Value } from './recording.js';

const isKernel = (node: RecordedNode): boolean => node.kind === 'operation' && node.op.startsWith('Ablate');

/**
 * The step as it is to run, in a graph of its own: what comes to nothing is left out; a norm's map that only the end of its
 * block reads is not made (`normsJoined`), one that a gradient gives again is not kept (`givenAgain`), nor are gradients until
 * the last is there (`earlyUpdates`); our kernels run in this order and no other, so that what it frees is free in time. The
 * numbers are those of the recording. One without our kernels stays as it is.
 */
export function arranged(binding: Binding, recording: Recording): Recording {
  if (!recording.nodes.some(isKernel)) return recording;
  const live = liveNodes(recording);
  const results = [...recording.outputs, ...recording.updates].map(({ value }) => value);
  const running = recording.nodes.filter((node) => node.kind === 'operation' && live.has(node.index));
  const updates = earlyUpdates(binding, running);
  const joined = normsJoined(updates.nodes, results);
  const { nodes, stands } = givenAgain(joined.nodes, results);
  const rewritings = [updates.stands, joined.stands, stands];
  const standing = (node: RecordedNode): RecordedNode =>
    rewritings.reduce((one, others) => others.get(one) ?? one, node);

  const graph = binding.newGraph();
  const made: RecordedNode[] = [];
  const places = new Map<RecordedNode, RecordedNode>();
  const add = <T extends RecordedNode>(from: RecordedNode, node: T): T => {
    made.push(node);
    places.set(from, node);
    return node;
  };
  const input = (value: Value): Value => {
    const graphNode = binding.addPlaceholder(graph, value.dtype, value.shape);
    return { ...value, node: add(value.node, { ...value.node, graphNode, index: made.length }) };
  };
  const feeds = recording.feeds.map(({ name, value }) => ({ name, value: input(value) }));
  const variables = recording.variables.map(input);
  for (const node of [...recording.nodes, ...updates.constants]) {
    if (node.kind !== 'constant' || !live.has(node.index)) continue;
    const graphNode = addConstant(binding, graph, node.dtype, node.shape, node.values);
    add(node, { ...node, graphNode, index: made.length });
  }

  const placeOf = (node: RecordedNode): RecordedNode => places.get(standing(node)) as RecordedNode;
  const placed = <T extends Value>(value: T): T => ({ ...value, node: placeOf(value.node) });
  let lastKernel: RecordedNode | null = null;
  for (const node of inOrder(nodes, standing)) {
    const controls = new Set(node.controls.map(placeOf));
    if (lastKernel && isKernel(node)) controls.add(lastKernel);
    const operation = { ...node, inputs: node.inputs.map(placed), controls: [...controls] };
    const graphNode = addOperation(binding, graph, operation).node;
    const there = add(node, { ...operation, graphNode, index: made.length });
    if (isKernel(node)) lastKernel = there;
  }
  return {
    ...recording,
    graph,
    nodes: made,
    feeds,
    variables,
    outputs: recording.outputs.map(({ name, value }) => ({ name, value: placed(value) })),
    updates: recording.updates.map(({ variable, value }) => ({ variable, value: placed(value) })),
  };
}

/** The operations of a list in its order, but for those that wait for later ones: these come as soon as they can. */
function inOrder(nodes: readonly RecordedNode[], standing: (node: RecordedNode) => RecordedNode): OperationNode[] {
  const operations = nodes.filter((node) => node.kind === 'operation');
  const waiting = new Map<OperationNode, number>();
  const dependants = new Map<RecordedNode, OperationNode[]>(operations.map((node) => [node, []]));
  for (const node of operations) {
    const named = [...node.inputs.map((value) => value.node), ...node.controls];
    const before = new Set(named.map(standing).filter((one) => dependants.has(one)));
    waiting.set(node, before.size);
    for (const one of before) (dependants.get(one) as OperationNode[]).push(node);
  }
  const order: OperationNode[] = [];
  const passed = new Set<OperationNode>();
  const place = (node: OperationNode): void => {
    order.push(node);
    for (const dependant of dependants.get(node) as readonly OperationNode[]) {
      const left = (waiting.get(dependant) as number) - 1;
      waiting.set(dependant, left);
      if (left === 0 && passed.has(dependant)) place(dependant);
    }
  };
  for (const node of operations) {
    passed.add(node);
    if (waiting.get(node) === 0) place(node);
  }
  return order;
}
