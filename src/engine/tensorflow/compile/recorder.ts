import { createHash } from 'node:crypto';
import type { Binding, OpAttribute, TensorMetadata } from '../binding.js';
import { addConstant, addOperation, bytesOf } from './graph.js';
import { inputGroups, opDefinition, writtenInputs } from './op-definition.js';
import type { InputNode, OperationNode, RecordedNode, Value } from './recording.js';
import { joined } from './joined.js';
import { placeOf, Trace } from '../../layer-scope.js';

/** Ids from here on are the recorder's: the addon's are of 32 bits. */
export const FIRST_ID = 2 ** 31;

/** Ops whose results' shapes follow from their inputs' shapes although TensorFlow's shape functions leave some open. */
const SHAPED_BY_SHAPES = /^(Ablate|FusedBatchNorm)/;

/**
 * Stands in for the addon while a step is traced. Nothing is computed: an op becomes a node of a TensorFlow graph, and
 * what tfjs gets back is the shape that TensorFlow infers, under an id of our own. So tracing costs no memory and little time, whatever the network's size.
 */
export class Recorder {
  readonly graph;
  readonly nodes: RecordedNode[] = [];
  readonly problems = new Set<string>();
  private readonly values = new Map<number, Value>();
  private readonly constants = new Map<number, ArrayBufferView>();
  private readonly alive = new Map<number, Error>();
  private nextId = FIRST_ID;
  /** Live operations without a live consumer: what a write must wait for. */
  private readonly leaves = new Set<RecordedNode>();
  private lastWrite: RecordedNode | null = null;

  /**
   * @param live the nodes of an earlier recording of the same step that anything comes of; all, if there is none. Only
   *   they are waited for, so that a write does not keep dead gradients alive.
   */
  constructor(
    private readonly real: Binding,
    private readonly live: ReadonlySet<number> | null,
  ) {
    this.graph = real.newGraph();
  }

  /** Declares a tensor that is passed on every call. */
  declare(kind: 'feed' | 'variable', name: string, id: number, dtype: number, shape: readonly number[]): Value {
    const taken = this.values.get(id);
    if (taken) {
      const other = taken.node as InputNode;
      throw new Error(`${kind} ${name} is the same tensor as ${other.kind} ${other.name}; each must be one of its own`);
    }
    return this.addInput(kind, name, id, dtype, shape);
  }

  private addInput(kind: InputNode['kind'], name: string, id: number, dtype: number, shape: readonly number[]): Value {
    const graphNode = this.real.addPlaceholder(this.graph, dtype, shape);
    const node = this.add({ kind, name, graphNode, index: this.nodes.length, trace: new Trace() });
    const value: Value = { node, output: 0, dtype, shape };
    this.values.set(id, value);
    return value;
  }

  private add<T extends RecordedNode>(node: T): T {
    this.nodes.push(node);
    return node;
  }

  private newId(value: Value, trace: Error): number {
    const id = this.nextId++;
    this.values.set(id, value);
    this.alive.set(id, trace);
    return id;
  }

  orNull(id: number): Value | undefined {
    return this.values.get(id);
  }

  /** Tensors made in the step that are still there. */
  survivors(): readonly Error[] {
    return [...this.alive.values()];
  }

  createTensor(shape: readonly number[], dtype: number, values: ArrayBufferView | readonly string[]): number {
    const trace = new Trace();
    if (!ArrayBuffer.isView(values))
      throw new Error(`a tensor of strings is made at ${placeOf(trace)}; a step cannot hold one`);
    const node = this.add({
      kind: 'constant' as const,
      index: this.nodes.length,
      graphNode: addConstant(this.real, this.graph, dtype, shape, values),
      trace,
      dtype,
      shape: shape.slice(),
      values,
      digest: createHash('sha256').update(bytesOf(values)).digest('base64'),
      beginning: (values as Float32Array).subarray(0, 3).join(', '),
    });
    const id = this.newId({ node, output: 0, dtype, shape: node.shape }, trace);
    this.constants.set(id, values);
    return id;
  }

  /** @param shapeOf the shape of a tensor that was not made in the step, and its type. */
  executeOp(
    op: string,
    attributes: readonly OpAttribute[],
    ids: readonly number[],
    count: number,
    shapeOf: (id: number) => { dtype: number; shape: readonly number[] } | undefined,
  ): TensorMetadata[] {
    const trace = new Trace();
    const given = ids.map((id) => this.values.get(id) ?? this.capture(id, shapeOf(id), trace));
    const one = joined(op, given);
    return one
      ? this.addOp(one.op, one.attributes, one.inputs, count, trace)
      : this.addOp(op, attributes, given, count, trace, ids);
  }

  /** @param ids of the inputs, for ops whose shapes are found by running them. */
  private addOp(
    op: string,
    attributes: readonly OpAttribute[],
    inputs: readonly Value[],
    count: number,
    trace: Trace,
    ids: readonly number[] = [],
  ): TensorMetadata[] {
    try {
      const definition = opDefinition(this.real, op);
      const groups = inputGroups(definition, attributes, inputs.length);
      const writes = writtenInputs(definition, groups);
      const controls = this.controls(writes.length > 0, inputs);
      const added = addOperation(this.real, this.graph, { op, attributes, inputs, groups, controls });
      const node: OperationNode = {
        kind: 'operation',
        index: this.nodes.length,
        graphNode: added.node,
        trace,
        op,
        attributes: attributes.map((attribute) => ({ ...attribute })),
        inputs,
        groups,
        controls,
        writes,
      };
      this.add(node);
      this.order(node);
      const shapes = added.outputs.map(({ shape }) => shape);
      if (shapes.slice(0, count).includes(null)) this.findShapes(node, ids, shapes);
      return added.outputs.slice(0, count).map(({ dtype }, output) => {
        const shape = shapes[output]!;
        return { id: this.newId({ node, output, dtype, shape }, trace), dtype, shape: shape.slice() };
      });
    } catch (error) {
      throw new Error(`${op} at ${placeOf(trace)}: ${(error as Error).message}`, { cause: error });
    }
  }

  private capture(id: number, known: { dtype: number; shape: readonly number[] } | undefined, trace: Error): Value {
    const line = placeOf(trace);
    if (!known) throw new Error(`a tensor that the step does not know is used at ${line}`);
    this.problems.add(
      `a tensor [${known.shape}] made outside of the step is used at ${line}: make it a feed, list it among the variables, or make it inside`,
    );
    return this.addInput('capture', String(id), id, known.dtype, known.shape);
  }

  /** A write is a barrier: what was recorded before runs before, what is recorded after runs after. */
  private controls(writes: boolean, inputs: readonly Value[]): readonly RecordedNode[] {
    const after = this.lastWrite ? [this.lastWrite] : [];
    if (!writes) return after;
    const own = new Set(inputs.map(({ node }) => node));
    return [...new Set([...after, ...[...this.leaves].filter((leaf) => !own.has(leaf))])];
  }

  private order(node: OperationNode): void {
    if (this.live && !this.live.has(node.index)) return;
    if (node.writes.length > 0) {
      this.leaves.clear();
      this.lastWrite = node;
    }
    for (const input of node.inputs) this.leaves.delete(input.node);
    this.leaves.add(node);
  }

  /**
   * Where TensorFlow cannot tell a shape that values have no part in, the op runs once on zeros (constants keep their
   * values).
   */
  private findShapes(node: OperationNode, ids: readonly number[], shapes: (number[] | null)[]): void {
    if (!SHAPED_BY_SHAPES.test(node.op)) {
      throw new Error("the shape of its result depends on values; a compiled step's shapes are fixed");
    }
    const stand = node.inputs.map((value, i) =>
      this.real.createTensor([...value.shape], value.dtype, this.sample(ids[i]!, value)),
    );
    try {
      const outputs = this.real.executeOp(node.op, [...node.attributes], stand, shapes.length);
      outputs.forEach(({ id, shape }, output) => {
        this.real.deleteTensor(id);
        if (shapes[output] !== null) return;
        shapes[output] = shape;
        this.real.setShape(this.graph, node.graphNode, output, shape);
      });
    } finally {
      for (const id of stand) this.real.deleteTensor(id);
    }
  }

  private sample(id: number, { dtype, shape }: Value): ArrayBufferView {
    const size = shape.reduce((product, extent) => product * extent, 1);
    if (dtype === this.real.TF_FLOAT) return this.constants.get(id) ?? new Float32Array(size);
    if (dtype === this.real.TF_INT32) return this.constants.get(id) ?? new Int32Array(size);
    if (dtype === this.real.TF_BOOL) return this.constants.get(id) ?? new Uint8Array(size);
    throw new Error(
      `the shape of what it gives is not known before it runs, and its inputs' type ${dtype} has no zeros here`,
    );
  }

  tensorDataSync(id: number): ArrayBufferView {
    const constant = this.constants.get(id);
    if (constant) return (constant as Float32Array).slice();
    throw new Error(
      `a tensor's value is read at ${placeOf(new Trace())}: a compiled step has none while it is recorded; ` +
        'return the tensor as an output and read it there, or compute with tensors instead of numbers',
    );
  }

  deleteTensor(id: number): boolean {
    return this.alive.delete(id);
  }
}
