import type { Tensor } from '@tensorflow/tfjs-core';
import { EnvironmentError } from '../engine.js';
import { isWasmMemory, openKernels, type Simd } from './simd.js';
import { installCommand } from '../../shell/program.js';

type Tf = typeof import('@tensorflow/tfjs-core');

/** What native/wasm/kernels.ts exports: functions on addresses and numbers. */
type KernelName =
  | 'convolution'
  | 'convolutionInputGradient'
  | 'convolutionFilterGradient'
  | 'depthwise'
  | 'depthwiseFilterGradient'
  | 'columnSums'
  | 'geluColumnGradient'
  | 'gelu'
  | 'geluGradient'
  | 'reluGradient'
  | 'layerNorm'
  | 'layerNormGradient'
  | 'adamW'
  | 'sgd'
  | 'batchNorm'
  | 'batchNormGradient'
  | 'normalise'
  | 'residual'
  | 'residualGradient'
  | 'copy'
  | 'maxPool'
  | 'maxPoolGradient'
  | 'windowAttention'
  | 'windowAttentionGradient';

/** Those that say how many floats of scratch memory another one needs. */
type CountName =
  | 'convolutionScratch'
  | 'convolutionInputGradientScratch'
  | 'convolutionFilterGradientScratch'
  | 'depthwiseScratch'
  | 'windowAttentionScratch';

type Value = Tensor | number | null;

/** A word of a table in memory, a float or a whole number. */
export type Word = { readonly float: number } | { readonly whole: number };

/** The part of tfjs's wasm backend that kernels of our own stand on. */
interface WasmBackend {
  readonly wasm: {
    readonly asm: { readonly memory?: unknown };
    _malloc(bytes: number): number;
    _free(address: number): void;
  };
  readonly dataIdMap: { get(dataId: object): { readonly memoryOffset: number; readonly refCount: number } };
  makeOutput(shape: number[], dtype: 'float32'): { dataId: object; shape: number[]; dtype: 'float32' };
}

/** Our own kernels in the memory of tfjs's wasm backend, so that they work on its tensors in place. */
export interface WasmKernels {
  readonly tf: Tf;
  readonly simd: Simd;
  /** A float32 tensor whose values a kernel is still to write. */
  output(shape: readonly number[]): Tensor;
  /** Runs a kernel; a tensor stands for its address, null for address 0. */
  run(name: KernelName, ...values: readonly Value[]): void;
  count(name: CountName, ...values: readonly Value[]): number;
  /** The address of `floats` of scratch memory, whose content is anyone's after the next call of this. */
  scratch(floats: number): number;
  /** Writes numbers to addresses: kinds of words in turn, as a kernel's table has them. */
  writeTable(at: number, rows: readonly (readonly (Tensor | Word | null)[])[]): void;
  /** Whether other tensors share a tensor's memory. */
  isShared(tensor: Tensor): boolean;
}

/**
 * Compiles the kernels and gives them the memory of the active wasm backend.
 * @param asked the SIMD to use; by default the best that is here.
 * @throws EnvironmentError if this version of the backend does not hand its memory out, or that SIMD is not here.
 */
export function loadWasmKernels(tf: Tf, asked?: Simd): WasmKernels {
  const backend = tf.backend() as unknown as WasmBackend;
  const { memory } = backend.wasm.asm;
  if (!isWasmMemory(memory)) {
    throw new EnvironmentError(
      `The wasm backend does not hand out its memory, as version 4.22 does.\nNext: ${installCommand()}, which installs that version`,
    );
  }
  const { kernels: exports, simd } = openKernels(memory, asked);
  const kernels = exports as Record<KernelName | CountName, (...values: number[]) => number>;
  const address = (value: Value): number => {
    if (value === null) return 0;
    return typeof value === 'number' ? value : backend.dataIdMap.get(value.dataId).memoryOffset;
  };
  const engine = tf.engine() as unknown as { makeTensorFromTensorInfo(info: object): Tensor };
  let scratch = { address: 0, floats: 0 };
  const output = (shape: readonly number[]): Tensor =>
    engine.makeTensorFromTensorInfo(backend.makeOutput([...shape], 'float32'));
  return {
    tf,
    simd,
    output,
    run(name, ...values) {
      kernels[name](...values.map(address));
    },
    count: (name, ...values) => kernels[name](...values.map(address)),
    scratch(floats) {
      if (floats > scratch.floats) {
        if (scratch.floats > 0) backend.wasm._free(scratch.address);
        const room = Math.ceil(floats * 1.25);
        scratch = { address: backend.wasm._malloc(4 * room), floats: room };
      }
      return scratch.address;
    },
    writeTable(at, rows) {
      const words = new DataView((memory as { readonly buffer: ArrayBuffer }).buffer, at);
      rows.flat().forEach((word, i) => {
        if (word !== null && 'float' in word) words.setFloat32(4 * i, word.float, true);
        else words.setUint32(4 * i, word !== null && 'whole' in word ? word.whole : address(word), true);
      });
    },
    isShared: ({ dataId }) => backend.dataIdMap.get(dataId).refCount > 1,
  };
}
