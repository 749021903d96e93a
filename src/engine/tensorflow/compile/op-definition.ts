import type { Binding, OpAttribute } from '../binding.js';
import { readFields, readText } from './protobuf.js';

interface Argument {
  readonly name: string;
  /** The attribute that holds a list argument's length (or its types); null for a single tensor. */
  readonly list: string | null;
  /** The attribute that holds its elements' type; null where that is fixed. */
  readonly type: string | null;
}

export interface OpDefinition {
  readonly op: string;
  readonly inputs: readonly Argument[];
}

const known = new Map<string, OpDefinition>();

/** What TensorFlow (or our kernels' registration) says of an op. Throws its text if there is no such op. */
export function opDefinition(binding: Binding, op: string): OpDefinition {
  const found = known.get(op) ?? parse(op, binding.opDefinition(op));
  known.set(op, found);
  return found;
}

/** OpDef: 2 input_arg. ArgDef: 1 name, 4 type_attr, 5 number_attr, 6 type_list_attr. */
function parse(op: string, bytes: Uint8Array): OpDefinition {
  const inputs: Argument[] = [];
  for (const [field, value] of readFields(bytes)) {
    if (field !== 2) continue;
    let name = '';
    let list: string | null = null;
    let type: string | null = null;
    for (const [inner, part] of readFields(value as Uint8Array)) {
      if (inner === 1) name = readText(part);
      if (inner === 4) type = readText(part);
      if (inner === 5 || inner === 6) list = readText(part);
    }
    inputs.push({ name, list, type });
  }
  return { op, inputs };
}

/**
 * How a flat list of inputs falls into the op's arguments: -1 for a single tensor, else a list's length, from its
 * attribute or, for the only list that has none, from what is left.
 */
export function inputGroups(definition: OpDefinition, attributes: readonly OpAttribute[], count: number): number[] {
  const groups = definition.inputs.map(({ list }) => {
    if (list === null) return -1;
    const value = attributes.find(({ name }) => name === list)?.value;
    return Array.isArray(value) ? value.length : typeof value === 'number' ? value : null;
  });
  const open = groups.filter((group) => group === null).length;
  const taken = groups.reduce<number>((sum, group) => sum + (group === -1 ? 1 : (group ?? 0)), 0);
  if (open > 1 || count < taken || (open === 0 && count !== taken)) {
    throw new Error(`${definition.op} takes ${describe(definition)}; ${count} tensors do not say which is which`);
  }
  return groups.map((group) => group ?? count - taken);
}

const describe = ({ inputs }: OpDefinition): string =>
  inputs.map(({ name, list }) => (list ? `${name} (a list, its length in the attribute ${list})` : name)).join(', ');

/**
 * Which inputs an op writes into, by our kernels' convention: arguments whose name ends in `_inout`. TensorFlow itself
 * knows no such thing outside of its resources.
 */
export const writtenInputs = (definition: OpDefinition, groups: readonly number[]): number[] =>
  positionsOf(definition, groups, ({ name }) => name.endsWith('_inout'));

/** The inputs whose type is the one that an attribute holds. */
export const inputsOfType = (definition: OpDefinition, groups: readonly number[], attribute: string): number[] =>
  positionsOf(definition, groups, ({ type }) => type === attribute);

function positionsOf(
  { inputs }: OpDefinition,
  groups: readonly number[],
  wanted: (argument: Argument) => boolean,
): number[] {
  const positions: number[] = [];
  let next = 0;
  inputs.forEach((argument, at) => {
    const length = groups[at] === -1 ? 1 : groups[at]!;
    if (wanted(argument)) for (let i = 0; i < length; i++) positions.push(next + i);
    next += length;
  });
  return positions;
}
