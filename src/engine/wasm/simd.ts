import { setFlagsFromString } from 'node:v8';
import { EnvironmentError } from '../engine.js';
import { kernelsModule } from './kernels-module.js';
import { relaxedKernelsModule } from './relaxed-kernels-module.js';

/** `relaxed`: a product is added to a sum by one instruction that rounds once; `plain`: by two. Last digits differ. */
export type Simd = 'relaxed' | 'plain';

/** What native/wasm/kernels.ts exports: functions on addresses and numbers. */
export type KernelExports = Readonly<Record<string, (...values: number[]) => number>>;

/** The part of Node's WebAssembly that is used here; its types come with those of browsers only. */
interface WebAssemblyApi {
  readonly Memory: new () => object;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
  validate(bytes: Uint8Array): boolean;
}
const { WebAssembly } = globalThis as unknown as { WebAssembly: WebAssemblyApi };

export const isWasmMemory = (value: unknown): value is object => value instanceof WebAssembly.Memory;

const bytesOf = (simd: Simd): Buffer =>
  Buffer.from(simd === 'relaxed' ? relaxedKernelsModule : kernelsModule, 'base64');

function instantiate(simd: Simd, memory: object): KernelExports {
  const module = new WebAssembly.Module(bytesOf(simd));
  return new WebAssembly.Instance(module, { env: { memory } }).exports as KernelExports;
}

/**
 * The kernels in a memory: by relaxed SIMD where this runtime has it and the CPU adds products in one rounding, else by plain
 * SIMD.
 *
 * @param asked asserted; $ABLATE_WASM_SIMD if it is not given. V8 of Node 20 has relaxed SIMD as an experiment, which is
 *   switched on where it is asked for by name.
 * @throws EnvironmentError if what is asked for is not to be had.
 */
export function openKernels(memory: object, asked?: Simd): { kernels: KernelExports; simd: Simd } {
  const wanted = asked ?? fromEnvironment();
  if (wanted === 'plain') return { kernels: instantiate('plain', memory), simd: 'plain' };
  if (wanted === 'relaxed' && !WebAssembly.validate(bytesOf('relaxed')))
    setFlagsFromString('--experimental-wasm-relaxed-simd');
  if (WebAssembly.validate(bytesOf('relaxed'))) {
    const kernels = instantiate('relaxed', memory);
    if (kernels['roundsOnce']?.()) return { kernels, simd: 'relaxed' };
  }
  if (wanted === 'relaxed') {
    throw new EnvironmentError(
      `ABLATE_WASM_SIMD: relaxed SIMD, whose multiply-add rounds once, is not in Node ${process.version} on this CPU\nNext: use Node 22 or later, or unset ABLATE_WASM_SIMD`,
    );
  }
  return { kernels: instantiate('plain', memory), simd: 'plain' };
}

function fromEnvironment(): Simd | undefined {
  const value = process.env['ABLATE_WASM_SIMD'];
  if (!value || value === 'relaxed' || value === 'plain') return (value || undefined) as Simd | undefined;
  throw new EnvironmentError(
    `ABLATE_WASM_SIMD: expected relaxed or plain, found ${value}\nNext: set it to one of these, or unset it`,
  );
}
