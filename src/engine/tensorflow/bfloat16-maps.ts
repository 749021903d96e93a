import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import type { Outputs, Step } from '../engine.js';
import type { Binding, OpAttribute, TensorflowBackend, TensorMetadata } from './binding.js';
import { inputGroups, inputsOfType, opDefinition } from './compile/op-definition.js';
import { tensorId } from './compile/trace.js';
import { dataType, flag } from './raw.js';

/** TensorFlow's DT_BFLOAT16, which tfjs has no name for. */
const BFLOAT16 = 14;

/** The attribute that says what an op's maps are made of: our kernels' (native/kernels/op.h), and most of TensorFlow's. */
const OF_MAPS = 'T';

/** The attribute of products that says how many pieces of bfloat16 their factors have. Where none, maps are float32. */
const PIECES = 'pieces';

/** TensorFlow's ops that move elements and compute nothing: bfloat16 go through them as they are. */
const MOVES = new Set(['ConcatV2', 'Identity', 'Pad', 'PadV2', 'Reshape', 'Slice', 'StridedSlice', 'Transpose']);

const ofBfloat16 = (attribute: OpAttribute): OpAttribute =>
  attribute.name === OF_MAPS ? dataType(OF_MAPS, BFLOAT16) : attribute;

/** What the tape adds the gradients of a map with several readers by. */
const ADDS = new Set(['Add', 'AddV2']);

/**
 * The step with its maps stored as bfloat16: what our kernels take and give of them, and with it most of what waits for
 * the backward pass, is half as large, as under PyTorch's autocast. Parameters and their gradients, statistics and the
 * loss stay float32, and so does what kernels compute with.
 *
 * tfjs has no such type: it is shown float32 tensors. Ops that are not ours get their inputs widened, and so does what a
 * variable is given: a running statistic stays float32 where it was taken from a map.
 */
export function withBfloat16Maps(backend: TensorflowBackend, step: Step, variables: readonly Variable[] = []): Step {
  return (feeds) => {
    const below = backend.binding;
    const maps = new Bfloat16Maps(below);
    const calls: Partial<Binding> = {
      executeOp: (...call) => maps.executeOp(...call),
      tensorDataSync: (id) => maps.read(id),
      deleteTensor: (id) => maps.deleteTensor(id),
    };
    backend.binding = Object.create(below, Object.getOwnPropertyDescriptors(calls)) as Binding;
    try {
      const outputs = widened(backend, maps, step(feeds));
      for (const variable of variables) {
        const wide = maps.widen(tensorId(backend, variable));
        if (wide) assign(variable, backend.createOutputTensor(wide));
      }
      return outputs;
    } finally {
      backend.binding = below;
    }
  };
}

function assign(variable: Variable, value: Tensor): void {
  variable.assign(value);
  value.dispose();
}

/** What leaves a step is float32. */
const widened = (backend: TensorflowBackend, maps: Bfloat16Maps, outputs: Outputs): Outputs =>
  Object.fromEntries(
    Object.entries(outputs).map(([name, tensor]) => {
      const result = maps.widen(tensorId(backend, tensor));
      return [name, result ? backend.createOutputTensor(result) : tensor];
    }),
  );

/** Stands before an addon, or before what stands in for it, and sees to the types of what its ops take and give. */
class Bfloat16Maps {
  /** Shapes of the tensors that are bfloat16, by their ids. */
  private readonly narrow = new Map<number, readonly number[]>();

  constructor(private readonly below: Binding) {}

  executeOp(op: string, attributes: OpAttribute[], ids: number[], count: number): TensorMetadata[] {
    if (ADDS.has(op) && this.alike(ids)) return this.run('AblateAddV1', [], ids, count);
    const maps = this.mapsOf(op, attributes, ids);
    const typed = maps.length === 0 ? attributes : attributes.map(ofBfloat16);
    return this.cast(ids, maps, (inputs) => this.run(op, typed, inputs, count));
  }

  /** Positions of the inputs that are to be bfloat16; the others are not to be. */
  private mapsOf(op: string, attributes: readonly OpAttribute[], ids: readonly number[]): readonly number[] {
    const ours = op.startsWith('Ablate') && !attributes.some(({ name, value }) => name === PIECES && value === 0);
    const moves = MOVES.has(op) && ids.some((id) => this.narrow.has(id));
    if (!ours && !moves) return [];
    const definition = opDefinition(this.below, op);
    return inputsOfType(definition, inputGroups(definition, attributes, ids.length), OF_MAPS);
  }

  private run(op: string, attributes: OpAttribute[], ids: number[], count: number): TensorMetadata[] {
    return this.below.executeOp(op, attributes, ids, count).map((result) => {
      if (result.dtype !== BFLOAT16) return result;
      this.narrow.set(result.id, result.shape.slice());
      return { ...result, dtype: this.below.TF_FLOAT };
    });
  }

  /** Whether two tensors are bfloat16 of one shape. */
  private alike(ids: readonly number[]): boolean {
    const [a, b] = ids.map((id) => this.narrow.get(id));
    return a !== undefined && b !== undefined && `${a}` === `${b}`;
  }

  /** Uses tensors of which those at some positions are to be bfloat16 and the others not. */
  private cast<T>(ids: readonly number[], narrow: readonly number[], use: (ids: number[]) => T): T {
    const made: number[] = [];
    const inputs = ids.map((id, at) => {
      const wanted = narrow.includes(at);
      if (wanted === this.narrow.has(id)) return id;
      const { id: other } = this.castOne(id, wanted ? BFLOAT16 : this.below.TF_FLOAT);
      made.push(other);
      return other;
    });
    try {
      return use(inputs);
    } finally {
      for (const id of made) this.below.deleteTensor(id);
    }
  }

  private castOne(id: number, type: number): TensorMetadata {
    const from = this.narrow.has(id) ? BFLOAT16 : this.below.TF_FLOAT;
    const attributes = [dataType('SrcT', from), dataType('DstT', type), flag('Truncate', false)];
    return this.below.executeOp('Cast', attributes, [id], 1)[0]!;
  }

  /** A float32 copy of a tensor that is bfloat16; null of any other. */
  widen(id: number): TensorMetadata | null {
    return this.narrow.has(id) ? this.castOne(id, this.below.TF_FLOAT) : null;
  }

  read(id: number): ArrayBufferView {
    return this.cast([id], [], ([wide]) => this.below.tensorDataSync(wide as number));
  }

  deleteTensor(id: number): void {
    this.narrow.delete(id);
    this.below.deleteTensor(id);
  }
}
