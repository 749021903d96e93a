import type { Tensor } from '@tensorflow/tfjs-core';
import { EnvironmentError } from '../../engine.js';
import type { OpTime } from '../../profile.js';
import type { OpAttribute } from '../binding.js';
import type { LoadedTensorflow } from '../load.js';
import { createRaw } from '../raw.js';
import { requirePrivate } from '../setup/cache.js';
import { kernelLibrary } from '../setup/kernels.js';
import { command } from '../../../shell/program.js';

/** What native/kernels/module.cc exports. */
interface KernelModule {
  readonly version: number;
  readonly vectorWidth: number;
  /** Whether it is compiled for a CPU that multiplies bfloat16. */
  readonly bfloat16: boolean;
  setThreads(count: number): void;
  threads(): number;
  tuneMalloc(): boolean;
  /** Begins to note every kernel's call, or ends it. */
  profile(on: boolean): void;
  /** Calls since the last time, in their order. */
  takeProfile(): readonly NodeTime[];
}

/** A kernel's call by the name of its node in the graph; the rest as in OpTime. */
export type NodeTime = Omit<OpTime, 'op' | 'layer'> & { readonly node: string };

/** The fused CPU kernels, loaded into this process. */
export interface KernelLoad {
  readonly engine: LoadedTensorflow;
  readonly tf: LoadedTensorflow['tf'];
  readonly module: KernelModule;
  /** Such as x86-64-v4. */
  readonly instructionSet: string;
  /** Whether a step is being recorded, so that ops compute nothing now. */
  tracing(): boolean;
  /** Our ops by name, without their prefix and version. */
  one(op: string, attributes: readonly OpAttribute[], inputs: readonly Tensor[]): Tensor;
  many(op: string, attributes: readonly OpAttribute[], inputs: readonly Tensor[], outputs: number): Tensor[];
}

/**
 * Registers the fused kernels with the TensorFlow in this process, on its threads' count.
 * @returns null where `ablate setup` has not compiled them or a GPU computes: they are CPU kernels, and TensorFlow
 *   would silently copy every tensor to and fro.
 * @throws EnvironmentError if what was compiled does not load.
 */
export function loadKernelLibrary(engine: LoadedTensorflow): KernelLoad | null {
  if (engine.backend.isUsingGpuDevice) return null;
  const library = kernelLibrary(engine.flavour);
  return library && loadKernelFile(engine, library.file, library.instructionSet);
}

/** The same from a given file: for tests of another instruction set than the CPU's best. */
export function loadKernelFile(engine: LoadedTensorflow, file: string, instructionSet: string): KernelLoad {
  // `require` would take a file of this ending for JavaScript.
  const loaded = { exports: {} };
  requirePrivate(file);
  try {
    process.dlopen(loaded, file);
  } catch (error) {
    throw new EnvironmentError(
      `The fused kernels at ${file} do not load: ${(error as Error).message}\nNext: ${command('setup --force')}`,
    );
  }
  const module = loaded.exports as KernelModule;
  module.setThreads(engine.threads);
  const raw = createRaw(engine.backend);
  const { binding } = engine.backend;
  const name = (op: string) => `Ablate${op}V${module.version}`;
  return {
    engine,
    tf: engine.tf,
    module,
    instructionSet,
    tracing: () => engine.backend.binding !== binding,
    one: (op, attributes, inputs) => raw.one(name(op), attributes, inputs),
    many: (op, attributes, inputs, outputs) => raw.many(name(op), attributes, inputs, outputs),
  };
}
