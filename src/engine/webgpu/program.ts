import type { Tensor } from '@tensorflow/tfjs-core';

type Tf = typeof import('@tensorflow/tfjs-core');

/** What a program of ours needs of tfjs's backend; on its own queue and tensors. */
export interface WebgpuBackend {
  runWebGPUProgram(program: object, inputs: readonly object[], dtype: 'float32', uniforms: readonly object[]): object;
}

/**
 * A computation in WGSL. Inputs are arrays of f32 under their names, the output is the array `result`, and sizes and
 * numbers are members of `uniforms`.
 */
export interface Program {
  /** Unlike that of any other program: programs are compiled once by it. */
  readonly name: string;
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** Of the output. */
  readonly shape: readonly number[];
  /** Whole numbers. */
  readonly sizes?: Readonly<Record<string, number>>;
  /** Floats. */
  readonly numbers?: Readonly<Record<string, number>>;
  /** Functions that the body uses. */
  readonly functions?: string;
  /** Statements for one element of the output, the one at `index`, ending with `result[index] = ...;`. */
  readonly body: string;
}

/** Sums over the rows of `[rows, columns]`. */
export interface ColumnSums extends Omit<Program, 'shape' | 'body'> {
  readonly rows: number;
  readonly columns: number;
  /** What is summed: an expression of `at`, the element's place, and of `row` and `column`. */
  readonly value: string;
  /** The mean instead. */
  readonly mean?: boolean;
}

/** Sums along each row of `[rows, columns]`, two of them at once. */
export interface RowMeans extends Omit<Program, 'shape' | 'body'> {
  readonly rows: number;
  readonly columns: number;
  /** Expressions of `at` and `column`; the second may use the first's mean, `first`. */
  readonly values: readonly [string, string];
}

export interface Programs {
  run(program: Program): Tensor;
  /** -> `[columns]`. In a fixed order: chunks of rows, then the chunks. */
  columnSums(sums: ColumnSums): Tensor;
  /** -> `[rows, 2]`: the means of both expressions. In a fixed order. */
  rowMeans(means: RowMeans): Tensor;
}

/** Invocations that work together; WebGPU promises 256 at least. */
const group = 64;

/** Runs programs of our own through tfjs's backend: on its tensors, in its queue. */
export function createPrograms(tf: Tf, backend: WebgpuBackend): Programs {
  const engine = tf.engine() as unknown as { makeTensorFromTensorInfo(info: object): Tensor };

  function dispatch(
    { name, inputs, shape, sizes = {}, numbers = {} }: Omit<Program, 'body'>,
    invocations: number,
    code: string,
  ): Tensor {
    const members = [...Object.keys(sizes).map((size) => `${size} : i32,`)];
    members.push(...Object.keys(numbers).map((number) => `${number} : f32,`));
    // All tensors are given flat: a program is compiled for every rank that it meets, and the code needs none.
    const program = {
      shaderKey: `ablate ${name}`,
      variableNames: Object.keys(inputs),
      outputShape: [count(shape)],
      uniforms: members.join(' '),
      workgroupSize: [group, 1, 1],
      dispatchLayout: { x: [0] },
      dispatch: [Math.ceil(invocations / group), 1, 1],
      size: true,
      getUserCode: () => code,
    };
    const uniforms = [
      ...Object.values(sizes).map((value) => ({ type: 'int32', data: [value] })),
      ...Object.values(numbers).map((value) => ({ type: 'float32', data: [value] })),
    ];
    const flat = Object.values(inputs).map(({ dataId, dtype, size }) => ({ dataId, dtype, shape: [size] }));
    const output = backend.runWebGPUProgram(program, flat, 'float32', uniforms);
    return engine.makeTensorFromTensorInfo({ ...output, shape: [...shape] });
  }

  const run = (program: Program): Tensor =>
    dispatch(
      program,
      count(program.shape),
      `${program.functions ?? ''}
      fn main(index : i32) {
        if (index >= uniforms.size) { return; }
        ${program.body}
      }`,
    );

  return {
    run,

    columnSums({ name, rows, columns, value, mean = false, sizes = {}, ...rest }) {
      // About as many additions in a chunk as there are chunks, which also keeps rounding small.
      const chunks = Math.max(1, Math.min(256, Math.ceil(Math.sqrt(rows))));
      const each = Math.ceil(rows / chunks);
      const partial = run({
        ...rest,
        name,
        shape: [chunks, columns],
        sizes: { ...sizes, rows, columns, each },
        body: `
          let column = index % uniforms.columns;
          let start = index / uniforms.columns * uniforms.each;
          let end = min(start + uniforms.each, uniforms.rows);
          var sum = 0.0;
          for (var row = start; row < end; row++) {
            let at = row * uniforms.columns + column;
            sum += ${value};
          }
          result[index] = sum;`,
      });
      return run({
        name: 'sum of chunks',
        inputs: { partial },
        shape: [columns],
        sizes: { chunks, columns, divisor: mean ? rows : 1 },
        body: `
          var sum = 0.0;
          for (var chunk = 0; chunk < uniforms.chunks; chunk++) { sum += partial[chunk * uniforms.columns + index]; }
          result[index] = sum / f32(uniforms.divisor);`,
      });
    },

    rowMeans({ name, rows, columns, values, sizes = {}, functions = '', ...rest }) {
      // A workgroup a row: neighbours read neighbours, then add up in a tree. Barriers must be met by all of them.
      const mean = (name: string, value: string) => `
          var ${name} = 0.0;
          for (var column = lane; column < uniforms.columns && row < uniforms.rows; column += ${group}) {
            let at = row * uniforms.columns + column;
            ${name} += ${value};
          }
          shared_[lane] = ${name};
          workgroupBarrier();
          for (var width = ${group / 2}; width > 0; width /= 2) {
            if (lane < width) { shared_[lane] += shared_[lane + width]; }
            workgroupBarrier();
          }
          ${name} = shared_[0] / f32(uniforms.columns);
          workgroupBarrier();`;
      return dispatch(
        { ...rest, name, shape: [rows, 2], sizes: { ...sizes, rows, columns } },
        rows * group,
        `var<workgroup> shared_ : array<f32, ${group}>;
        ${functions}
        fn main(index : i32) {
          let row = index / ${group};
          let lane = index % ${group};
          ${mean('first', values[0])}
          ${mean('second', values[1])}
          if (lane == 0 && row < uniforms.rows) {
            result[2 * row] = first;
            result[2 * row + 1] = second;
          }
        }`,
      );
    },
  };
}

const count = (shape: readonly number[]): number => shape.reduce((product, side) => product * side, 1);
