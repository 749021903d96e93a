import { readersOf } from './readers.js';
import { follows, type OperationNode, type RecordedNode, type Rewritten, type Value } from './recording.js';

const NORM = 'AblateBatchNormV1';
const BLOCK_END = /^AblateResidual(Relu|Gelu|)V1$/;

/**
 * A batch norm and the end of the residual block whose branch it is as one op, where nothing else reads what it normalised:
 * that is stored nowhere then, and two walks over a map are saved. The bits are those of the two ops, which eager steps run.
 *
 * @param nodes those that run, in recorded order.
 * @param results what the step gives, and so keeps.
 */
export function normsJoined(nodes: readonly RecordedNode[], results: readonly Value[]): Rewritten {
  const readers = readersOf(nodes);
  const given = new Set(results.filter(({ output }) => output === 0).map(({ node }) => node));
  const stands = new Map<RecordedNode, RecordedNode>();
  const listed = new Set(nodes);
  for (const end of nodes) {
    const activation = end.kind === 'operation' ? BLOCK_END.exec(end.op)?.[1] : undefined;
    if (activation === undefined) continue;
    const block = end as OperationNode;
    const [shortcut, branch, gamma, keep, bias] = block.inputs as [Value, Value, Value, Value, Value];
    const norm = branch.node;
    if (norm.kind !== 'operation' || norm.op !== NORM || branch.output !== 0 || given.has(norm)) continue;
    const alone = (readers.get(norm) ?? []).filter(({ output }) => output === 0).length === 1;
    if (!alone || !isEmpty(gamma) || !isEmpty(bias)) continue;
    // One op cannot run both before something and after it: a step's writes, or what the shortcut makes of the statistics.
    if (!listed.has(norm) || !sameNodes(norm.controls, block.controls) || follows(shortcut.node, norm)) continue;
    const joined: OperationNode = {
      ...block,
      op: `AblateBatchNormResidual${activation}V1`,
      attributes: norm.attributes,
      inputs: [...norm.inputs, shortcut, keep],
      groups: [...norm.groups, -1, -1],
    };
    stands.set(norm, joined).set(block, joined);
  }
  const isJoined = (node: RecordedNode): boolean => node.kind === 'operation' && node.op === NORM && stands.has(node);
  return { nodes: nodes.filter((node) => !isJoined(node)).map((node) => stands.get(node) ?? node), stands };
}

const sameNodes = (some: readonly RecordedNode[], others: readonly RecordedNode[]): boolean =>
  some.length === others.length && some.every((node) => others.includes(node));

const isEmpty = ({ shape }: Value): boolean => shape.length === 1 && shape[0] === 0;
