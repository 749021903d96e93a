import type { KernelBackend, Tensor, TensorInfo } from '@tensorflow/tfjs-core';

/** An attribute of an op as tfjs-node's addon takes it; `type` is one of `TF_ATTR_*`. */
export interface OpAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

export interface TensorMetadata {
  readonly id: number;
  readonly shape: number[];
  readonly dtype: number;
}

/** tfjs-node's addon as `ablate setup` builds it: the package's own calls, and those of native/binding. */
export interface Binding {
  createTensor(shape: number[], dtype: number, values: ArrayBufferView | readonly string[]): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): ArrayBufferView;
  executeOp(op: string, attributes: OpAttribute[], inputs: number[], outputs: number): TensorMetadata[];
  isUsingGpuDevice(): boolean;
  getNumOfTensors(): number;
  readonly TF_Version: string;
  readonly TF_FLOAT: number;
  readonly TF_INT32: number;
  readonly TF_BOOL: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_INT: number;

  newGraph(): Graph;
  addPlaceholder(graph: Graph, dtype: number, shape: readonly number[]): number;
  addConstant(graph: Graph, dtype: number, shape: readonly number[], values: Uint8Array): number;
  addOperation(
    graph: Graph,
    op: string,
    attributes: readonly OpAttribute[],
    inputs: Int32Array,
    groups: Int32Array,
    controls: Int32Array,
  ): { node: number; outputs: { dtype: number; shape: number[] | null }[] };
  setShape(graph: Graph, node: number, output: number, shape: readonly number[]): void;
  defineFunction(graph: Graph, name: string, inputs: Int32Array, outputs: Int32Array, controls: Int32Array): string;
  opDefinition(op: string): Uint8Array;
  removeFunction(name: string): void;
  runFunction(name: string, inputs: Int32Array, outputs: number, xla: boolean): Promise<Int32Array>;

  joinCluster(serverDefinition: Uint8Array): string;
  watchPeers(tasks: readonly string[], names: readonly string[], period: number, patience: number): void;
  stopWatching(): void;

  writeOutputTo(file: string): void;
  returnMemory(): void;
}

/** A TensorFlow graph under construction, held by the addon; native/binding/graph.h says how its calls work. */
export interface Graph {
  readonly graph: unique symbol;
}

/** What tfjs-node's backend knows of a tensor; `values` are those not yet handed to TensorFlow. */
export interface TensorData {
  shape: number[];
  dtype: number;
  values: ArrayBufferView | null;
  id: number;
  refCount: number;
}

/** tfjs-node's backend, with the fields that its types call private and that we use. */
export interface TensorflowBackend extends KernelBackend {
  binding: Binding;
  readonly isUsingGpuDevice: boolean;
  readonly tensorMap: { get(dataId: object): TensorData };
  createOutputTensor(metadata: TensorMetadata): Tensor;
  getInputTensorIds(tensors: readonly TensorInfo[]): number[];
  executeSingleOutput(op: string, attributes: OpAttribute[], inputs: readonly TensorInfo[]): Tensor;
  executeMultipleOutputs(
    op: string,
    attributes: OpAttribute[],
    inputs: readonly TensorInfo[],
    outputs: number,
  ): Tensor[];
}
