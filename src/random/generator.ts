/**
 * Seeded random numbers, the only source of chance in a run.
 *
 * Each use has a stream of its own, named (`'initialisation'`, `'order'`, `'augmentation'`, `'masks'`), so that adding
 * a use never changes the numbers that another one sees. The generator is xoshiro128** (Blackman & Vigna, 2018) on four
 * 32-bit words, seeded through SplitMix32 over a hash of seed and name.
 */
export interface Generator {
  /** A 32-bit unsigned integer. */
  uint32(): number;
  /** Uniform in [0, 1), 32 bits of resolution. */
  uniform(): number;
  /** Standard normal (Box-Muller, both values used). */
  normal(): number;
  /** Uniform integer in [0, bound), without modulo bias. */
  below(bound: number): number;
  /** Everything needed to go on from here: five words and the spare normal, if any. */
  state(): GeneratorState;
}

export interface GeneratorState {
  readonly words: readonly [number, number, number, number];
  readonly spareNormal: number | null;
}

/** A generator for one use of one seed; equal arguments give equal numbers on every machine. */
export function createGenerator(seed: number, stream: string): Generator {
  return fromState({ words: seedWords(seed, stream), spareNormal: null });
}

/** Goes on from a stored state. */
export function fromState(stored: GeneratorState): Generator {
  let [a, b, c, d] = stored.words;
  // In an array of its own: a variable that is a number at times and null at others is a new object each time.
  const spare = Float64Array.of(stored.spareNormal ?? 0);
  let spared = stored.spareNormal !== null;

  const uint32 = (): number => {
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotateLeft(d, 11);
    return result;
  };
  const uniform = (): number => uint32() / 4294967296;
  const normal = (): number => {
    if (spared) {
      spared = false;
      return spare[0] as number;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    spare[0] = radius * Math.sin(angle);
    spared = true;
    return radius * Math.cos(angle);
  };
  const below = (bound: number): number => {
    const limit = 4294967296 - (4294967296 % bound);
    for (;;) {
      const value = uint32();
      if (value < limit) return value % bound;
    }
  };
  const state = (): GeneratorState => ({
    words: [a >>> 0, b >>> 0, c >>> 0, d >>> 0],
    spareNormal: spared ? (spare[0] as number) : null,
  });
  return { uint32, uniform, normal, below, state };
}

/** A permutation of 0..length-1 (Fisher-Yates). */
export function permutation(length: number, generator: Generator): Uint32Array {
  const order = Uint32Array.from({ length }, (_, index) => index);
  for (let last = length - 1; last > 0; last--) {
    const other = generator.below(last + 1);
    const kept = order[last] as number;
    order[last] = order[other] as number;
    order[other] = kept;
  }
  return order;
}

/** FNV-1a over the stream's name, mixed with the seed, then SplitMix32 for each word. */
function seedWords(seed: number, stream: string): [number, number, number, number] {
  let hash = 2166136261;
  for (const byte of Buffer.from(`${seed}/${stream}`, 'utf8')) hash = Math.imul(hash ^ byte, 16777619);
  const next = (): number => {
    hash = (hash + 0x9e3779b9) | 0;
    let mixed = hash ^ (hash >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
  return [next(), next(), next(), next()];
}

const rotateLeft = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits));
