import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import type { Feeds, Outputs, Step } from '../../engine.js';
import type { Binding, TensorflowBackend } from '../binding.js';
import type { LoadedTensorflow } from '../load.js';
import { FIRST_ID, Recorder } from './recorder.js';
import type { Recording, Value } from './recording.js';
import { sourceLine, withDeepStacks } from '../../source-line.js';
import { notingLines } from '../../tfjs/tape.js';

/** The addon's id of a tensor; hands over values that tfjs still holds itself. */
export const tensorId = (backend: TensorflowBackend, tensor: Tensor): number => backend.getInputTensorIds([tensor])[0]!;

/** Calls the step once with nothing behind its tensors; the variables are afterwards what they were. */
export function traceStep(
  { tf, backend }: LoadedTensorflow,
  step: Step,
  feeds: Feeds,
  variables: readonly Variable[],
  live: ReadonlySet<number> | null,
): Recording {
  const recorder = new Recorder(backend.binding, live);
  const declare = (kind: 'feed' | 'variable', name: string, tensor: Tensor): Value =>
    recorder.declare(kind, name, tensorId(backend, tensor), backend.tensorMap.get(tensor.dataId).dtype, tensor.shape);
  const declared = {
    feeds: Object.entries(feeds).map(([name, tensor]) => ({ name, value: declare('feed', name, tensor) })),
    variables: variables.map((variable) => declare('variable', variable.name, variable)),
  };
  const originals = variables.map((variable) => tf.keep(variable.clone()));
  const restore = (): void =>
    variables.forEach((variable, i) => {
      if (variable.dataId !== originals[i]!.dataId) variable.assign(originals[i]!);
      originals[i]!.dispose();
    });
  const given = new Set<Tensor>([...Object.values(feeds), ...variables]);

  return withDeepStacks(() =>
    standingIn(backend, recorder, () => {
      try {
        const outputs = notingLines(() => tf.tidy(() => step(feeds) as Record<string, Tensor>));
        const result = {
          graph: recorder.graph,
          nodes: recorder.nodes,
          ...declared,
          outputs: readOutputs(backend, recorder, outputs),
          updates: readUpdates(backend, recorder, variables, declared.variables),
        };
        for (const tensor of Object.values(outputs)) if (!given.has(tensor)) tensor.dispose();
        restore();
        for (const trace of recorder.survivors()) {
          recorder.problems.add(
            `a tensor made at ${sourceLine(trace)} is kept after the step; make it outside and declare it, or let it go`,
          );
        }
        return { ...result, written: writtenVariables(recorder, declared.variables), problems: [...recorder.problems] };
      } catch (error) {
        restore();
        throw error;
      }
    }),
  );
}

/** Puts the recorder in the addon's place in tfjs-node's backend while `work` runs. */
function standingIn<T>(backend: TensorflowBackend, recorder: Recorder, work: () => T): T {
  const real = backend.binding;
  const { getInputTensorIds, write } = backend;
  const made = new WeakSet<object>();
  const outside = new Map<number, { dtype: number; shape: readonly number[] }>();

  backend.write = function (...args) {
    const dataId = write.apply(this, args);
    made.add(dataId);
    return dataId;
  };
  backend.getInputTensorIds = function (tensors) {
    for (const { dataId } of tensors) {
      const data = dataId && this.tensorMap.get(dataId);
      if (!data || made.has(dataId)) continue;
      if (data.values !== null) {
        // Made before the step but not yet handed over: it must not become one of the step's own constants.
        data.id = real.createTensor(data.shape, data.dtype, data.values);
        data.values = null;
      }
      outside.set(data.id, data);
    }
    return getInputTensorIds.call(this, tensors);
  };
  const calls: Partial<Binding> = {
    createTensor: (...args) => recorder.createTensor(...args),
    executeOp: (op, attributes, ids, count) => recorder.executeOp(op, attributes, ids, count, (id) => outside.get(id)),
    tensorDataSync: (id) => recorder.tensorDataSync(id),
    deleteTensor: (id) => {
      if (id >= FIRST_ID) recorder.deleteTensor(id);
      else real.deleteTensor(id);
    },
  };
  backend.binding = Object.create(real, Object.getOwnPropertyDescriptors(calls)) as Binding;
  try {
    return work();
  } finally {
    backend.binding = real;
    backend.getInputTensorIds = getInputTensorIds;
    backend.write = write;
  }
}

function readOutputs(backend: TensorflowBackend, recorder: Recorder, outputs: Outputs): Recording['outputs'] {
  return Object.entries(outputs).map(([name, tensor]) => {
    const value = recorder.orNull(tensorId(backend, tensor));
    if (!value) throw new Error(`output ${name} is a tensor that was not made in the step`);
    return { name, value };
  });
}

function readUpdates(
  backend: TensorflowBackend,
  recorder: Recorder,
  variables: readonly Variable[],
  declared: readonly Value[],
): Recording['updates'] {
  return variables.flatMap((tensor, variable) => {
    const value = recorder.orNull(tensorId(backend, tensor));
    if (!value) throw new Error(`variable ${tensor.name} is given a tensor that was not made in the step`);
    return value === declared[variable] ? [] : [{ variable, value }];
  });
}

/** Positions of the variables that ops write into; anything else that is written is a problem. */
function writtenVariables(recorder: Recorder, variables: readonly Value[]): number[] {
  const written = new Set<number>();
  for (const node of recorder.nodes) {
    if (node.kind !== 'operation') continue;
    for (const position of node.writes) {
      const variable = variables.findIndex((value) => value.node === node.inputs[position]!.node);
      if (variable >= 0) written.add(variable);
      else
        recorder.problems.add(
          `${node.op} at ${sourceLine(node.trace)} writes into a tensor that is no declared variable`,
        );
    }
  }
  return [...written];
}
