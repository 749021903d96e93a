import { type Readers, readersOf } from './readers.js';
import { follows, type OperationNode, type RecordedNode, type Rewritten, type Value } from './recording.js';

type Output = Pick<Value, 'node' | 'output'>;

/** How a gradient is known that can give again what its forward op gave. */
interface Giver {
  /** The forward op's value that the gradient reads, and where. */
  readonly known: (forward: OperationNode) => Output;
  readonly at: number;
  /** What its form that gives the output again takes besides. */
  readonly besides?: (forward: OperationNode) => readonly Value[];
  /** Its outputs without that one, which is the last. */
  readonly outputs: number;
}

const kernel = (op: string): string => `Ablate${op}V1`;
/** A norm's mean, a dense convolution's sums before bias and GELU. */
const second = (node: OperationNode): Output => ({ node, output: 1 });

const batchNorm: Giver = { known: second, at: 4, outputs: 3 };
const layerNorm: Giver = { known: second, at: 3, besides: ({ inputs }) => [inputs[2] as Value], outputs: 3 };
const beforeOf = (forward: OperationNode): Output =>
  forward.op === kernel('Gelu') ? (forward.inputs[0] as Value) : second(forward);

/** By forward op: its gradients. */
const GIVERS: ReadonlyMap<string, Readonly<Record<string, Giver>>> = new Map([
  [kernel('LayerNorm'), { [kernel('LayerNormGradient')]: layerNorm }],
  ...['BatchNorm', 'BatchNormRelu', 'BatchNormGelu'].map(
    (op) => [kernel(op), { [kernel(`${op}Gradient`)]: batchNorm }] as const,
  ),
  ...['Gelu', 'DenseGelu'].map(
    (op) =>
      [
        kernel(op),
        {
          [kernel('GeluGradient')]: { known: beforeOf, at: 1, outputs: 1 },
          [kernel('BiasGeluGradient')]: { known: beforeOf, at: 1, outputs: 2 },
        },
      ] as const,
  ),
]);

/** What reads a map in the backward pass for nothing but a filter's gradient, as its second input. */
const FILTER_GRADIENTS: ReadonlySet<string> = new Set(
  ['Dense', 'Depthwise', 'Grouped'].map((kind) => kernel(`${kind}FilterGradient`)),
);

const GRADIENT = /^Ablate\w+Gradient/;

/**
 * Maps that need not be kept from the forward pass to the backward pass. A norm's gradient, and GELU's, reads the forward op's
 * input; it gives the output again as it goes, and the filter gradient of the convolution after it, which is all that still
 * needs the output, takes that one. So it runs later than it was recorded: after that gradient.
 *
 * @param nodes those that run, in recorded order.
 * @param results what the step gives, and so keeps.
 */
export function givenAgain(nodes: readonly RecordedNode[], results: readonly Value[]): Rewritten {
  const readers = readersOf(nodes);
  const kept = new Set(results.filter(({ output }) => output === 0).map(({ node }) => node));
  const stands = new Map<RecordedNode, RecordedNode>();
  /** Before a node of the list. */
  const inserted = new Map<RecordedNode, RecordedNode[]>();
  for (const forward of nodes) {
    const givers = forward.kind === 'operation' && GIVERS.get(forward.op);
    if (!givers) continue;
    const found = backwardReaders(forward, readers, kept, turning(nodes, forward));
    if (!found || found.length === 0) continue;
    const gradient = gradientOf(forward, givers, readers);
    if (!gradient || stands.has(gradient) || found.some(({ filter }) => follows(gradient, filter))) continue;
    const { outputs, besides } = givers[gradient.op] as Giver;
    const more = besides?.(forward) ?? [];
    const giver: OperationNode = {
      ...gradient,
      op: gradient.op.replace(/V1$/, 'AgainV1'),
      inputs: [...gradient.inputs, ...more],
      groups: [...gradient.groups, ...more.map(() => -1)],
    };
    stands.set(gradient, giver);
    for (const { filter, shapes } of found) {
      const [kept, first] = [filter.inputs[1] as Value, shapes[0]?.inputs[0]];
      let map: Value = { ...(first ?? kept), node: giver, output: outputs };
      for (const shape of shapes) {
        const again: OperationNode = { ...shape, inputs: [map, ...shape.inputs.slice(1)] };
        inserted.set(filter, [...(inserted.get(filter) ?? []), again]);
        map = { ...kept, node: again };
      }
      stands.set(filter, { ...filter, inputs: filter.inputs.map((input, at) => (at === 1 ? map : input)) });
    }
  }
  return {
    nodes: nodes.flatMap((node) => [...(inserted.get(node) ?? []), stands.get(node) ?? node]),
    stands,
  };
}

interface FilterReader {
  readonly filter: OperationNode;
  /** The reshapings between the map and it. */
  readonly shapes: readonly OperationNode[];
}

/** Where the backward pass begins after a node: the index of our first gradient. */
const turning = (nodes: readonly RecordedNode[], { index }: OperationNode): number =>
  nodes.find((node) => node.index > index && node.kind === 'operation' && GRADIENT.test(node.op))?.index ?? index;

/** The filter gradients that read a map; null where it is a result, or something else in the backward pass reads it. */
function backwardReaders(
  forward: OperationNode,
  readers: Readers,
  kept: ReadonlySet<RecordedNode>,
  turn: number,
): readonly FilterReader[] | null {
  const filters: FilterReader[] = [];
  let others = false;
  const follow = (node: RecordedNode, shapes: readonly OperationNode[]): void => {
    others ||= kept.has(node);
    for (const { node: reader, at, output: of } of readers.get(node) ?? []) {
      if (of !== 0) continue;
      if (reader.op === 'Reshape' && at === 0) follow(reader, [...shapes, reader]);
      else if (FILTER_GRADIENTS.has(reader.op) && at === 1) filters.push({ filter: reader, shapes });
      else others ||= reader.index > turn;
    }
  };
  follow(forward, []);
  return others ? null : filters;
}

/** The op that computes the gradient of a forward op, if one of the kind that can give its output again does. */
function gradientOf(
  forward: OperationNode,
  givers: Readonly<Record<string, Giver>>,
  readers: Readers,
): OperationNode | null {
  for (const [op, { known, at }] of Object.entries(givers)) {
    const { node, output: of } = known(forward);
    const found = readers
      .get(node)
      ?.find((reader) => reader.node.op === op && reader.at === at && reader.output === of);
    if (found) return found.node;
  }
  return null;
}
