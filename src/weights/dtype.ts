/** The element types of safetensors 0.8: bits each, and how their values become numbers. */
const bits = {
  F64: 64,
  F32: 32,
  F16: 16,
  BF16: 16,
  I64: 64,
  I32: 32,
  I16: 16,
  I8: 8,
  U64: 64,
  U32: 32,
  U16: 16,
  U8: 8,
  BOOL: 8,
  C64: 64,
  F8_E4M3: 8,
  F8_E5M2: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  F6_E2M3: 6,
  F6_E3M2: 6,
  F4: 4,
} as const;

export type Dtype = keyof typeof bits;

export const isDtype = (name: unknown): name is Dtype => typeof name === 'string' && Object.hasOwn(bits, name);

/** Bytes of a tensor; a fraction where its elements do not fill the last one. */
export const bytesOf = (dtype: Dtype, shape: readonly number[]): number =>
  shape.reduce((product, side) => product * side, bits[dtype]) / 8;

/** Why a type's values cannot be taken over, and what to do; null where they can. */
export function unreadable(dtype: Dtype): string | null {
  if (dtype === 'C64') return 'complex numbers, which no network here has';
  if (dtype.startsWith('F8_')) {
    return 'eight-bit floats, which mean something only with the scales that their maker keeps beside them; turn them into float32 where they were made (`tensor.float() * scale` in PyTorch)';
  }
  if (dtype.startsWith('F6_') || dtype === 'F4') {
    return 'packed floats of fewer than eight bits; take the float32 or bfloat16 file that they were made from';
  }
  return null;
}

/** Values as float32. */
export function toFloat32(dtype: Dtype, buffer: ArrayBuffer): Float32Array {
  if (dtype === 'F32') return new Float32Array(buffer);
  if (dtype === 'BF16') {
    // bfloat16 is the upper half of a float32.
    const words = Uint32Array.from(new Uint16Array(buffer), (half) => half << 16);
    return new Float32Array(words.buffer);
  }
  return Float32Array.from(toNumbers(dtype, buffer));
}

/** Values as numbers, exact up to 2^53. Throws for a type that `unreadable` names. */
export function toNumbers(dtype: Dtype, buffer: ArrayBuffer): Float64Array {
  switch (dtype) {
    case 'F64':
      return new Float64Array(buffer);
    case 'F32':
    case 'BF16':
      return Float64Array.from(toFloat32(dtype, buffer));
    case 'F16':
      return Float64Array.from(new Uint16Array(buffer), halfToNumber);
    case 'I64':
      return Float64Array.from(new BigInt64Array(buffer), Number);
    case 'U64':
      return Float64Array.from(new BigUint64Array(buffer), Number);
    case 'I32':
      return Float64Array.from(new Int32Array(buffer));
    case 'U32':
      return Float64Array.from(new Uint32Array(buffer));
    case 'I16':
      return Float64Array.from(new Int16Array(buffer));
    case 'U16':
      return Float64Array.from(new Uint16Array(buffer));
    case 'I8':
      return Float64Array.from(new Int8Array(buffer));
    case 'U8':
    case 'BOOL':
      return Float64Array.from(new Uint8Array(buffer));
    default:
      throw new Error(`${dtype}: ${unreadable(dtype)}`);
  }
}

/** IEEE 754 half precision: 1 sign, 5 exponent, 10 fraction bits. */
function halfToNumber(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
