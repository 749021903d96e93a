import { readFileSync } from 'node:fs';
import { EnvironmentError } from '../engine.js';

/** What a recipe may ask for. */
export type Precision = 'float32' | 'bfloat16' | 'auto';

/** CPU flags of the instructions that multiply bfloat16 in pairs; without them TensorFlow leaves a graph as it is. */
const bfloat16Flags = ['amx_bf16', 'avx512_bf16', 'avx_ne_convert'];

/** What decides whether bfloat16 can be had. */
export interface PrecisionFacts {
  readonly gpu: boolean;
  readonly compiled: boolean;
  /** Whether the fused kernels are there. */
  readonly fused: boolean;
}

/**
 * What a precision comes to on this device. `auto` is bfloat16 where the CPU multiplies it, else float32. Throws an
 * `EnvironmentError` where bfloat16 was asked for by name and cannot be had.
 */
export function resolvePrecision(wish: Precision, { gpu, compiled, fused }: PrecisionFacts): 'float32' | 'bfloat16' {
  if (wish === 'float32') return wish;
  const reason = obstacle({ gpu, compiled, fused });
  if (reason === null) return 'bfloat16';
  if (wish === 'auto') return 'float32';
  throw new EnvironmentError(
    `precision bfloat16 cannot be had: ${reason}.\nNext: set precision: float32 or auto in the recipe`,
  );
}

function obstacle({ gpu, compiled, fused }: PrecisionFacts): string | null {
  if (!compiled) return 'steps run op by op (--eager), and the rewriting is that of compiled steps';
  if (gpu) return 'on GPUs it has not been tried';
  // Norms composed of single ops would be rewritten too, and overflow.
  if (!fused) return 'the fused kernels, which keep norms in float32, are not compiled';
  return bfloat16Flags.some((flag) => cpuFlags().has(flag)) ? null : `this CPU has none of ${bfloat16Flags.join(', ')}`;
}

function cpuFlags(): Set<string> {
  try {
    const line = /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? '';
    return new Set(line.trim().split(/\s+/));
  } catch {
    // Not Linux: no flags to go by.
    return new Set();
  }
}

/**
 * A serialized ConfigProto that turns TensorFlow's own rewriter on: matrix products and convolutions in bfloat16, weights,
 * statistics and losses in float32. Null for float32: TensorFlow's defaults.
 */
export function precisionConfig(precision: 'float32' | 'bfloat16'): Uint8Array | null {
  if (precision === 'float32') return null;
  // ConfigProto.graph_options (10) . rewrite_options (10) . { auto_mixed_precision_onednn_bfloat16 (31): ON,
  // min_graph_nodes (17): -1, so that small graphs are rewritten too }
  const rewriter = [...field(31, 1n), ...field(17, -1n)];
  return Uint8Array.from(message(10, message(10, rewriter)));
}

const field = (number: number, value: bigint): number[] => [...varint(BigInt(number << 3)), ...varint(value)];
const message = (number: number, bytes: number[]): number[] => [
  ...varint(BigInt((number << 3) | 2)),
  ...varint(BigInt(bytes.length)),
  ...bytes,
];

function varint(value: bigint): number[] {
  const bytes: number[] = [];
  for (let rest = BigInt.asUintN(64, value); ; rest >>= 7n) {
    const low = Number(rest & 127n);
    if (rest < 128n) return [...bytes, low];
    bytes.push(low | 128);
  }
}
