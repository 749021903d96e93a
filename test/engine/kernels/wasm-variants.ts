import { setFlagsFromString } from 'node:v8';
import { withContract } from '../../../src/engine/contract.js';
import type { Ops } from '../../../src/engine/ops.js';
import { openWasm } from '../../../src/engine/wasm/engine.js';
import { loadWasmKernels } from '../../../src/engine/wasm/kernels.js';
import { createWasmOps } from '../../../src/engine/wasm/ops.js';
import type { Simd } from '../../../src/engine/wasm/simd.js';

export interface Variant {
  readonly simd: Simd;
  readonly ops: Ops;
  /** Without the contract that layers get. */
  readonly bare: Ops;
}

/** The wasm engine's operations by either build of its kernels; Node 20 has relaxed SIMD as an experiment. */
export async function wasmVariants(): Promise<readonly Variant[]> {
  if (process.version.startsWith('v20.')) setFlagsFromString('--experimental-wasm-relaxed-simd');
  const { tf } = (await openWasm('plain')).ops;
  return (['plain', 'relaxed'] as const).map((simd) => {
    const bare = createWasmOps(loadWasmKernels(tf, simd));
    return { simd, bare, ops: withContract(bare) };
  });
}
