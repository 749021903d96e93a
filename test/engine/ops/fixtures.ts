import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

/** Where a tensor lies in the fixtures' floats. */
interface Place {
  readonly shape: readonly number[];
  readonly offset: number;
}

export type OpName =
  | 'conv2d'
  | 'linear'
  | 'batchNorm'
  | 'layerNorm'
  | 'activation'
  | 'maxPool'
  | 'globalAveragePool'
  | 'residual'
  | 'windowAttention'
  | 'softmaxCrossEntropy';

/** One call of an operation as PyTorch has it: see test/fixtures/ops/make.py. */
export interface OpCase {
  readonly op: OpName;
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly inputs: Readonly<Record<string, Place>>;
  readonly value: Place;
  readonly further: Readonly<Record<string, Place>>;
  readonly dy: Place;
  readonly gradients: Readonly<Record<string, Place>>;
}

export interface OptimizerCase {
  readonly name: string;
  readonly parameters: readonly Place[];
  readonly weightDecay: readonly number[];
  readonly learningRateScale: readonly number[];
  /** Null for AdamW. */
  readonly nesterov: boolean | null;
  readonly steps: readonly {
    readonly gradients: readonly Place[];
    readonly hyper: readonly number[];
    readonly parameters: readonly Place[];
    readonly averages: readonly Place[];
    readonly moments: readonly (readonly Place[])[];
  }[];
}

const folder = new URL('../../fixtures/ops/', import.meta.url);
const bytes = gunzipSync(readFileSync(fileURLToPath(new URL('ops.bin.gz', folder))));
const floats = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);

export const { cases, optimizers } = JSON.parse(readFileSync(fileURLToPath(new URL('ops.json', folder)), 'utf8')) as {
  cases: OpCase[];
  optimizers: OptimizerCase[];
};

/** A copy, for tensors may share the memory of what they are made from. */
export const valuesAt = ({ shape, offset }: Place): Float32Array =>
  floats.slice(offset, offset + shape.reduce((product, side) => product * side, 1));
