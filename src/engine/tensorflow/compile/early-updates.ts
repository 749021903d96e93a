import { inputGroups, opDefinition, writtenInputs } from './op-definition.js';
import type { Binding } from '../binding.js';
import { SHARES_BUFFER } from './function.js';
import { type Readers, readersOf } from './readers.js';
import type { ConstantNode, OperationNode, RecordedNode, Rewritten, Value } from './recording.js';

/** The optimizers over all parameters at once: hyper, two constants of a value a parameter, then lists, of gradients the second. */
const OPTIMIZERS: ReadonlySet<string> = new Set(['AblateAdamWV1', 'AblateSgdV1']);
const BEFORE_LISTS = 3;
const GRADIENTS = 1;

/** Elements of the parameters that one op sees to, at least: many that wait for one another, not a call for each bias. */
const TOGETHER = 2 ** 18;

export interface Split extends Rewritten {
  readonly constants: readonly ConstantNode[];
}

/**
 * The optimizer's step in parts, each as soon as its gradients are there and nothing reads its parameters any more: a gradient
 * need not wait for all others. What the parts compute has nothing to do with one another, and so has the bits of the whole.
 *
 * @param nodes those that run, in recorded order.
 */
export function earlyUpdates(binding: Binding, nodes: readonly RecordedNode[]): Split {
  const whole = nodes.find((node) => node.kind === 'operation' && OPTIMIZERS.has(node.op)) as OperationNode | undefined;
  const parts = whole && partsOf(binding, whole, nodes);
  if (!whole || !parts || parts.length < 2) return { nodes, constants: [], stands: new Map() };

  const stands = new Map<RecordedNode, RecordedNode>();
  const after = new Map<RecordedNode, OperationNode[]>();
  for (const { node } of parts) {
    const last = latest([...node.inputs.map((input) => input.node), ...node.controls]);
    after.set(last, [...(after.get(last) ?? []), node]);
  }
  const list = nodes.flatMap((node) => {
    if (node === whole) return [];
    const now = after.get(node) ?? [];
    if (node.kind !== 'operation' || !node.controls.includes(whole)) return [node, ...now];
    const others = node.controls.filter((control) => control !== whole);
    const later = { ...node, controls: [...others, ...parts.map((part) => part.node)] };
    stands.set(node, later);
    return [later, ...now];
  });
  return { nodes: list, constants: parts.flatMap(({ constants }) => constants), stands };
}

interface Part {
  readonly node: OperationNode;
  readonly constants: readonly ConstantNode[];
}

/** Null where the step does more with it than to let it write. */
function partsOf(binding: Binding, whole: OperationNode, nodes: readonly RecordedNode[]): readonly Part[] | null {
  const fixed = whole.inputs.slice(0, BEFORE_LISTS);
  const constants = fixed.slice(1).map(({ node }) => node);
  const readers = readersOf(nodes);
  if (!constants.every((node) => node.kind === 'constant') || readers.has(whole)) return null;
  const lists = listsOf(whole);
  const gradients = lists[GRADIENTS] as readonly Value[];
  const order = gradients.map((_, at) => at).sort((a, b) => indexOf(gradients, a) - indexOf(gradients, b));
  return together(order, gradients).map((positions) => {
    const own = constants.map((constant) => picked(constant, positions));
    const chosen = lists.map((list) => (list.length > 0 ? positions.map((at) => list[at] as Value) : []));
    const inputs = [fixed[0] as Value, ...own.map((node) => asValue(node)), ...chosen.flat()];
    const attributes = whole.attributes.map((attribute) =>
      attribute.name === 'N' || (attribute.name === 'E' && attribute.value !== 0)
        ? { ...attribute, value: positions.length }
        : attribute,
    );
    const definition = opDefinition(binding, whole.op);
    const groups = inputGroups(definition, attributes, inputs.length);
    const writes = writtenInputs(definition, groups);
    const written = writes.map((at) => (inputs[at] as Value).node);
    const controls = written.flatMap((variable) => readersBefore(variable, whole.index, readers));
    return {
      constants: own,
      node: { ...whole, attributes, inputs, groups, writes, controls: [...new Set(controls)] },
    };
  });
}

const indexOf = (gradients: readonly Value[], at: number): number => (gradients[at] as Value).node.index;

/** Positions in groups of neighbours. */
function together(order: readonly number[], gradients: readonly Value[]): readonly (readonly number[])[] {
  const groups: number[][] = [];
  let size = TOGETHER;
  for (const at of order) {
    if (size >= TOGETHER) {
      groups.push([]);
      size = 0;
    }
    groups.at(-1)?.push(at);
    size += (gradients[at] as Value).shape.reduce((product, side) => product * side, 1);
  }
  return groups;
}

function listsOf({ inputs, groups }: OperationNode): readonly (readonly Value[])[] {
  let next = BEFORE_LISTS;
  return groups.slice(BEFORE_LISTS).map((length) => {
    next += length;
    return inputs.slice(next - length, next);
  });
}

function picked(constant: ConstantNode, positions: readonly number[]): ConstantNode {
  const values = constant.values as Float32Array;
  return { ...constant, shape: [positions.length], values: Float32Array.from(positions, (at) => values[at] as number) };
}

const asValue = (node: ConstantNode): Value => ({ node, output: 0, dtype: node.dtype, shape: node.shape });

/** All that read a variable's buffer before the optimizer writes into it. */
function readersBefore(node: RecordedNode, index: number, readers: Readers): readonly OperationNode[] {
  return (readers.get(node) ?? [])
    .map((reader) => reader.node)
    .filter((reader) => reader.index < index)
    .flatMap((reader) =>
      SHARES_BUFFER.has(reader.op) ? [reader, ...readersBefore(reader, index, readers)] : [reader],
    );
}

const latest = (nodes: readonly RecordedNode[]): RecordedNode =>
  nodes.filter(({ kind }) => kind === 'operation').reduce((last, node) => (node.index > last.index ? node : last));
