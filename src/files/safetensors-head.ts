/** A tensor as a safetensors header names it. */
export interface HeadEntry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: number;
}

/** What a safetensors file begins with: the header's length in 8 bytes, and the header; the tensors follow in their order. */
export function safetensorsHead(
  entries: readonly HeadEntry[],
  metadata: Readonly<Record<string, string>>,
): readonly [Buffer, Buffer] {
  const header: Record<string, unknown> = Object.keys(metadata).length > 0 ? { __metadata__: metadata } : {};
  let begin = 0;
  for (const { name, dtype, shape, bytes } of entries) {
    header[name] = { dtype, shape, data_offsets: [begin, begin + bytes] };
    begin += bytes;
  }
  const text = JSON.stringify(header);
  // The format asks for a header padded with spaces to a multiple of 8 bytes.
  const json = Buffer.from(text + ' '.repeat((8 - (Buffer.byteLength(text) % 8)) % 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return [length, json];
}
