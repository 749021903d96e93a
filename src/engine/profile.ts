/** A call of a kernel in a step. */
export interface OpTime {
  /** The kernel's name, such as DenseReluGradient. */
  readonly op: string;
  /** Path of the layer whose parameters it reads, or whose result, such as `stages.0.blocks.1.conv2`; null of what is nobody's. */
  readonly layer: string | null;
  readonly seconds: number;
  /** Seconds of all threads together in which factors were laid out for products. */
  readonly packing: number;
  /** Multiply-adds by its definition. */
  readonly products: number;
  /** Whether their factors are bfloat16. */
  readonly rounded: boolean;
  /** Of what it reads and writes, each once. */
  readonly bytes: number;
}

/** Where a step's time went. */
export interface StepProfile {
  readonly ops: readonly OpTime[];
  /** Of the native call, kernels and all else. */
  readonly seconds: number;
}

/** Tells where the time of compiled steps goes; while it does not, it costs them nothing. */
export interface Profiler {
  /** @param names of parameters, by those of their variables: what layers are told by. */
  start(names?: ReadonlyMap<string, string>): void;
  /** What ran since `start` or the last call. */
  take(): StepProfile;
}
