import { resizeModule } from './resize-module.js';

/** The weights of one pass, as resize.ts makes them. */
export interface Weights {
  /** For each target pixel: its first source pixel and how many. */
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  /** Fixed-point weights, `most` apart. */
  readonly values: Int32Array;
  readonly most: number;
}

type Pass = (...numbers: number[]) => void;
interface Exports {
  readonly resizeColumns: Pass;
  readonly resizeRows: Pass;
}

const page = 65536;
/** Bytes that vectors may read or write past the end of what they are given. */
const slack = 16;

/** The part of Node's WebAssembly that is used here; its types come with those of browsers only. */
interface WebAssemblyApi {
  validate(bytes: Uint8Array): boolean;
  Memory: new (size: { initial: number }) => WasmMemory;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: { env: { memory: WasmMemory } }) => { exports: unknown };
}
interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}
const { WebAssembly } = globalThis as unknown as { WebAssembly: WebAssemblyApi };

let passes: Exports | null | undefined;
let memory: WasmMemory;

function load(): Exports | null {
  const bytes = Buffer.from(resizeModule, 'base64');
  // A processor without 128-bit vectors does with the loops in JavaScript.
  if (!WebAssembly.validate(bytes)) return null;
  memory = new WebAssembly.Memory({ initial: 16 });
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } }).exports as Exports;
}

/**
 * Both passes over `height` lines of `stride` bytes each, in WebAssembly; null where it cannot run. `firstRow` is what
 * the lines begin at in terms of the rows' starts.
 */
export function resizeInWasm(
  lines: readonly Uint8Array[],
  columns: Weights,
  rows: Weights,
  firstRow: number,
): Uint8Array<ArrayBuffer> | null {
  if (passes === undefined) passes = load();
  if (!passes) return null;
  const stride = lines[0]?.length ?? 0;
  const width = columns.starts.length;
  const height = rows.starts.length;
  let end = 0;
  const room = (bytes: number): number => {
    const at = end;
    end = (end + bytes + slack + 15) & ~15;
    return at;
  };
  const source = room(lines.length * stride);
  const narrowed = room(lines.length * width * 3);
  const result = room(height * width * 3);
  const tables = [columns, rows].map(({ starts, counts, values }) => ({
    starts: room(starts.byteLength),
    counts: room(counts.byteLength),
    values: room(values.byteLength),
  }));
  const missing = Math.ceil((end - memory.buffer.byteLength) / page);
  if (missing > 0) memory.grow(missing);

  const bytes = new Uint8Array(memory.buffer);
  const words = new Int32Array(memory.buffer);
  for (const [row, line] of lines.entries()) bytes.set(line, source + row * stride);
  for (const [which, { starts, counts, values }] of tables.entries()) {
    const weights = which === 0 ? columns : rows;
    const from = which === 0 ? 0 : firstRow;
    for (let at = 0; at < weights.starts.length; at++) words[starts / 4 + at] = (weights.starts[at] as number) - from;
    words.set(weights.counts, counts / 4);
    words.set(weights.values, values / 4);
  }
  const [across, down] = tables as [(typeof tables)[0], (typeof tables)[0]];
  const { resizeColumns, resizeRows } = passes;
  resizeColumns(
    source,
    stride,
    lines.length,
    narrowed,
    width,
    across.starts,
    across.counts,
    across.values,
    columns.most,
  );
  resizeRows(narrowed, width * 3, result, height, down.starts, down.counts, down.values, rows.most);
  return bytes.slice(result, result + height * width * 3);
}
