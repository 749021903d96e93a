import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { Tensor } from '@tensorflow/tfjs-core';
import { calls } from './calls.js';

export type Tf = typeof import('@tensorflow/tfjs-core');

interface Place {
  readonly shape: readonly number[];
  readonly offset: number;
}

/** One call of tfjs with what PyTorch in float64 gives: see test/fixtures/tfjs-ops/make.py. */
export interface Case {
  readonly group: string;
  readonly name: string;
  readonly inputs: readonly (Place & { readonly dtype: 'float32' | 'int32' })[];
  readonly dy: Place;
  readonly value: Place;
  /** Null for inputs that are indices. */
  readonly gradients: readonly (Place | null)[];
}

const folder = new URL('../../fixtures/tfjs-ops/', import.meta.url);
const bytes = gunzipSync(readFileSync(fileURLToPath(new URL('cases.bin.gz', folder))));
const floats = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);

export const cases = JSON.parse(readFileSync(fileURLToPath(new URL('cases.json', folder)), 'utf8')) as Case[];

/** A copy, for tensors may share the memory of what they are made from. */
export const valuesAt = ({ shape, offset }: Place): Float32Array =>
  floats.slice(offset, offset + shape.reduce((product, side) => product * side, 1));

export function callOf({ name }: Case): (tf: Tf, ...inputs: never[]) => Tensor {
  const call = calls[name];
  if (!call) throw new Error(`calls.ts has no call for the case "${name}"`);
  return call as never;
}
