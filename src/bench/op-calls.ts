import type { Tensor } from '@tensorflow/tfjs-core';
import type { Ops } from '../engine/ops.js';

/** An argument as plain data: tensors by their place in `shapes`, functions as `{ callback: true }`. */
export type Argument =
  | number
  | string
  | boolean
  | null
  | { readonly tensor: number }
  | { readonly callback: true }
  | readonly Argument[]
  | { readonly [name: string]: Argument };

/** A call of an operation without its values: enough to make it again anywhere. */
export interface OpCall {
  readonly op: OpName;
  readonly args: readonly Argument[];
  readonly shapes: readonly (readonly number[])[];
  /** The option or place that each tensor is given in. */
  readonly names: readonly string[];
  /** Tensors that no gradient is asked for. */
  readonly constant: readonly number[];
}

export const opNames = [
  'conv2d',
  'linear',
  'batchNorm',
  'layerNorm',
  'activation',
  'maxPool',
  'globalAveragePool',
  'residual',
  'windowAttention',
  'softmaxCrossEntropy',
  'applyAdamW',
] as const;
export type OpName = (typeof opNames)[number];

/** Options whose tensors get no gradient, and the second argument of the loss: its targets. */
const constants = new Set(['keep', 'runningMean', 'runningVariance', 'hyper', 'softmaxCrossEntropy 1']);

/** The same operations; each call is told with its arguments before it is made. */
export function recordingOps(ops: Ops, onCall: (op: OpName, args: readonly unknown[]) => void): Ops {
  const recorded = Object.fromEntries(
    opNames.map((name) => [
      name,
      (...args: unknown[]) => {
        onCall(name, args);
        return (ops[name] as (...args: unknown[]) => unknown)(...args);
      },
    ]),
  );
  return { ...ops, ...recorded };
}

/** @param isConstant whether a tensor is none that a gradient is asked for, such as the pictures. */
export function describeCall(op: OpName, args: readonly unknown[], isConstant: (tensor: Tensor) => boolean): OpCall {
  const shapes: (readonly number[])[] = [];
  const names: string[] = [];
  const constant: number[] = [];
  const describe = (value: unknown, name: string): Argument => {
    if (value === undefined || value === null) return null;
    if (typeof value === 'function') return { callback: true };
    if (Array.isArray(value)) return value.map((part) => describe(part, name));
    if (isTensor(value)) {
      const tensor = shapes.push([...value.shape]) - 1;
      names.push(name);
      if (constants.has(name) || isConstant(value)) constant.push(tensor);
      return { tensor };
    }
    if (typeof value !== 'object') return value as number | string | boolean;
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, describe(part, key)]));
  };
  const plain = args.map((arg, at) => describe(arg, `${op} ${at}`));
  return { op, args: plain, shapes, names, constant };
}

const isTensor = (value: unknown): value is Tensor =>
  typeof value === 'object' && value !== null && 'dataId' in value && 'shape' in value;

/** The arguments of a call on these tensors; what an operation hands to a callback goes to `onCallback`. */
export function argumentsOf(
  call: OpCall,
  tensors: readonly Tensor[],
  onCallback: (...args: Tensor[]) => void,
): unknown[] {
  const build = (arg: Argument): unknown => {
    if (Array.isArray(arg)) return arg.map(build);
    // Options that are left out are undefined, not null.
    if (arg === null) return undefined;
    if (typeof arg !== 'object') return arg;
    if ('tensor' in arg) return tensors[arg.tensor as number];
    if ('callback' in arg) return onCallback;
    return Object.fromEntries(Object.entries(arg).map(([name, part]) => [name, build(part as Argument)]));
  };
  return call.args.map(build);
}

/** A call as a reader knows it: `conv2d 64x8x8x64, 3x3x64x64, stride 1, ...`. */
export function callText({ op, args, shapes, names }: OpCall): string {
  if (op === 'applyAdamW') {
    const values = shapes.filter((_, at) => names[at] === 'gradients').map((shape) => shape.reduce((a, b) => a * b, 1));
    return `${op} ${values.length} tensors, ${values.reduce((a, b) => a + b, 0)} values`;
  }
  const options = args.find((arg): arg is { [name: string]: Argument } => {
    return typeof arg === 'object' && arg !== null && !Array.isArray(arg) && !('tensor' in arg);
  });
  const said = Object.entries(options ?? {}).flatMap(([name, value]) => {
    if (['epsilon', 'momentum', 'training'].includes(name) || value === null) return [];
    if (typeof value !== 'object') return [name === 'activation' ? String(value) : `${name} ${value}`];
    return ['gamma', 'keep', 'bias'].includes(name) && op !== 'batchNorm' ? [name] : [];
  });
  const plain = args.filter((arg) => typeof arg === 'string').map(String);
  const big = shapes.filter((shape) => shape.length > 1).map((shape) => shape.join('×'));
  return [`${op} ${big.join(' ')}`, ...said, ...plain].join(', ');
}
