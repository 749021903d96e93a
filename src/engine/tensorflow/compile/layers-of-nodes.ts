import type { RecordedNode } from './recording.js';

/** What a node of a recording computes, and for which layer. */
export interface NodeOrigin {
  readonly op: string;
  readonly layer: string | null;
}

/**
 * Origins by the nodes' numbers in the graph. An op that reads a layer's parameter is that layer's; another one's layer is
 * that of the map it reads: an activation is counted where its input was made, a gradient where its slopes are read.
 *
 * @param names of parameters, by those of their variables.
 */
export function originsOf(
  nodes: readonly RecordedNode[],
  names: ReadonlyMap<string, string>,
): ReadonlyMap<number, NodeOrigin> {
  const layers = new Map<RecordedNode, string | null>();
  /** Parameters, and what is no more than one in another shape. */
  const parameters = new Set<RecordedNode>();
  const origins = new Map<number, NodeOrigin>();
  for (const node of nodes) {
    if (node.kind === 'variable') {
      layers.set(node, layerOfParameter(names.get(node.name) ?? ''));
      parameters.add(node);
    }
    if (node.kind !== 'operation') continue;
    const known = node.inputs.map(({ node: input }) => input).filter((input) => layers.get(input));
    const from = known.find((input) => parameters.has(input)) ?? known[0];
    layers.set(node, node.writes.length > 0 || !from ? null : (layers.get(from) ?? null));
    if (node.op === 'Reshape' && from && parameters.has(from)) parameters.add(node);
    origins.set(node.graphNode, { op: kernelName(node.op), layer: layers.get(node) ?? null });
  }
  return origins;
}

/** `stages.0.blocks.1.conv2.weight` is of `stages.0.blocks.1.conv2`. */
const layerOfParameter = (name: string): string | null =>
  /^[^/]+\./.test(name) ? name.slice(0, name.lastIndexOf('.')) : null;

/** Without the prefix and the version that our kernels' names have. */
const kernelName = (op: string): string => /^Ablate(.+)V\d+$/.exec(op)?.[1] ?? op;
