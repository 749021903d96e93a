import type { Tensor } from '@tensorflow/tfjs-core';
import type { OpAttribute, TensorflowBackend } from './binding.js';

/** TensorFlow's ops by name, on the eager context; attributes as TensorFlow's documentation names them. */
export interface Raw {
  one(op: string, attributes: readonly OpAttribute[], inputs: readonly Tensor[]): Tensor;
  many(op: string, attributes: readonly OpAttribute[], inputs: readonly Tensor[], outputs: number): Tensor[];
}

export function createRaw(backend: TensorflowBackend): Raw {
  return {
    one: (op, attributes, inputs) => backend.executeSingleOutput(op, [...attributes], inputs),
    many: (op, attributes, inputs, outputs) => backend.executeMultipleOutputs(op, [...attributes], inputs, outputs),
  };
}

// The addon's own numbering of attribute types.
export const text = (name: string, value: string): OpAttribute => ({ name, type: 0, value });
export const integer = (name: string, value: number | readonly number[]): OpAttribute => ({ name, type: 1, value });
export const float = (name: string, value: number): OpAttribute => ({ name, type: 2, value });
export const flag = (name: string, value: boolean): OpAttribute => ({ name, type: 3, value });

export const dataType = (name: string, value: number): OpAttribute => ({ name, type: 4, value });

/** TensorFlow's DT_FLOAT and DT_INT32. */
const FLOAT = 1;
export const INT32 = 3;
export const floatType = (name = 'T'): OpAttribute => dataType(name, FLOAT);
