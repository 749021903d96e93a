import type { Variable } from '@tensorflow/tfjs-core';
import type { LoadedTensorflow } from '../load.js';
import { tensorId } from './trace.js';

/** Buffers that are known to belong to one variable alone: tfjs's data id -> the addon's id. */
const exclusive = new WeakMap<object, number>();

/** Gives a variable the tensor `id` as its value. */
export function rebind({ tf, backend }: LoadedTensorflow, variable: Variable, id: number): void {
  const data = backend.tensorMap.get(variable.dataId);
  if (data.refCount === 1) {
    if (data.values === null) backend.binding.deleteTensor(data.id);
    data.values = null;
    data.id = id;
    return;
  }
  // A clone holds the old value: the variable moves on, the clone keeps it.
  const value = backend.createOutputTensor({ id, shape: [...variable.shape], dtype: data.dtype });
  tf.tidy(() => variable.assign(value));
  value.dispose();
}

/**
 * Makes sure that no other tensor, typed array or variable shares the variable's buffer, for an op is about to write
 * into it. Copies once; a variable that only such ops change is never copied again.
 */
export function makeExclusive(engine: LoadedTensorflow, variable: Variable): void {
  const { backend } = engine;
  const id = tensorId(backend, variable);
  const data = backend.tensorMap.get(variable.dataId);
  if (data.refCount === 1 && exclusive.get(variable.dataId) === id) return;
  const attributes = [{ name: 'T', type: backend.binding.TF_ATTR_TYPE, value: data.dtype }];
  const [copy] = backend.binding.executeOp('DeepCopy', attributes, [id], 1);
  rebind(engine, variable, copy!.id);
  exclusive.set(variable.dataId, copy!.id);
}
