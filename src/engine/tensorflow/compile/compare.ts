import type { ConstantNode, OperationNode, RecordedNode, Recording } from './recording.js';
import { sourceLine } from '../../source-line.js';

/**
 * What makes two recordings of one step differ, each with its line: whatever changes from call to call and is neither
 * a feed nor a variable would be frozen in the compiled step.
 */
export function differences(first: Recording, second: Recording): string[] {
  const problems = new Set<string>();
  const length = Math.min(first.nodes.length, second.nodes.length);
  for (let i = 0; i < length; i++) {
    const a = first.nodes[i]!;
    const b = second.nodes[i]!;
    if (a.kind !== b.kind || (a.kind === 'operation' && a.op !== (b as OperationNode).op)) {
      problems.add(
        `the step takes another way the second time: ${describe(a)}, then ${describe(b)}; a compiled step has one way`,
      );
      return [...problems];
    }
    if (a.kind === 'constant') compareConstants(a, b as ConstantNode, problems);
    if (a.kind === 'operation') compareOperations(a, b as OperationNode, problems);
  }
  if (first.nodes.length !== second.nodes.length) {
    const longer = first.nodes.length > second.nodes.length ? first : second;
    problems.add(
      `only one of two calls of the step reaches ${describe(longer.nodes[length]!)}; a compiled step has one way`,
    );
  }
  return [...problems];
}

function compareConstants(a: ConstantNode, b: ConstantNode, problems: Set<string>): void {
  if (a.digest === b.digest && a.dtype === b.dtype && `${a.shape}` === `${b.shape}`) return;
  problems.add(
    `a value from JavaScript changes between calls: [${a.beginning}${a.shape.length > 0 ? ', …' : ''}], then ` +
      `[${b.beginning}${b.shape.length > 0 ? ', …' : ''}], shape [${b.shape}], made at ${sourceLine(b.trace)}: make it a feed`,
  );
}

function compareOperations(a: OperationNode, b: OperationNode, problems: Set<string>): void {
  for (const { name, value } of b.attributes) {
    const before = a.attributes.find((attribute) => attribute.name === name)?.value;
    if (JSON.stringify(before) === JSON.stringify(value)) continue;
    problems.add(
      `attribute ${name} of ${b.op} changes between calls: ${JSON.stringify(before)}, then ${JSON.stringify(value)}, at ` +
        `${sourceLine(b.trace)}; it is fixed in a compiled step`,
    );
  }
  const same = a.inputs.every(({ node, output }, i) => {
    const other = b.inputs[i];
    return other !== undefined && node.index === other.node.index && output === other.output;
  });
  if (!same || a.inputs.length !== b.inputs.length) {
    problems.add(`${b.op} at ${sourceLine(b.trace)} takes other tensors the second time; a compiled step has one way`);
  }
}

const describe = (node: RecordedNode): string => {
  const what =
    node.kind === 'operation' ? node.op : node.kind === 'constant' ? 'a constant' : `${node.kind} ${node.name}`;
  return `${what} at ${sourceLine(node.trace)}`;
};
