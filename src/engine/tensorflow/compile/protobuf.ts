/** The fields of a serialized protocol buffer in order: number, and an integer or the bytes. Enough to read an OpDef. */
export function* readFields(bytes: Uint8Array): Generator<[field: number, value: number | Uint8Array]> {
  let position = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[position++]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (position < bytes.length) {
    const tag = varint();
    const kind = tag & 7;
    if (kind === 0) {
      yield [tag >>> 3, varint()];
    } else {
      const length = kind === 2 ? varint() : kind === 1 ? 8 : 4;
      yield [tag >>> 3, bytes.subarray(position, position + length)];
      position += length;
    }
  }
}

const decoder = new TextDecoder();

export const readText = (value: number | Uint8Array): string => decoder.decode(value as Uint8Array);
