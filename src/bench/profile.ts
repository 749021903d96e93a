import type { OpTime } from '../engine/profile.js';
import type { Table } from '../report/tables/table.js';

/** What a step's time is spent on, in the order of its table. */
export const profileKinds = [
  'products',
  'packing',
  'norms',
  'activations',
  'residual',
  'pools, loss',
  'optimizer',
  'TensorFlow',
  'JavaScript',
] as const;
export type ProfileKind = (typeof profileKinds)[number];

/** What the machine reaches on all of a step's threads. */
export interface MachineRates {
  /** Multiply-adds a second of one large product, in float32 and of bfloat16 factors. */
  readonly float32: number;
  readonly bfloat16: number;
  /** Bytes a second of maps that fit no cache, read and written. */
  readonly bytes: number;
}

/** Seconds of one step; `ops` are those of all `steps`. */
export interface ProfiledSteps {
  readonly ops: readonly OpTime[];
  readonly steps: number;
  readonly threads: number;
  /** Of the native calls, and from the beginning to the end of the steps. */
  readonly native: number;
  readonly whole: number;
}

export interface ProfileLine {
  readonly seconds: number;
  /** No less would do: each op's products at the machine's rate, or what it reads and writes, whichever takes longer. */
  readonly floor: number;
}

export interface Profile {
  readonly kinds: ReadonlyMap<ProfileKind, ProfileLine>;
  /** By layer's path, in the order of their first calls; null holds what is no layer's. */
  readonly layers: ReadonlyMap<string | null, ProfileLine>;
  readonly whole: ProfileLine;
}

const KINDS: readonly (readonly [RegExp, ProfileKind])[] = [
  [/^(Dense|Grouped|Depthwise|WindowAttention)/, 'products'],
  [/Norm/, 'norms'],
  [/^(Residual|Add$)/, 'residual'],
  [/^(Relu|Gelu|Bias)/, 'activations'],
  [/^(AdamW|Sgd)$/, 'optimizer'],
];

/** The kind of a kernel by its name. */
export const kindOf = (op: string): ProfileKind => KINDS.find(([pattern]) => pattern.test(op))?.[1] ?? 'pools, loss';

const floorOf = ({ products, rounded, bytes }: OpTime, rates: MachineRates): number =>
  Math.max(products / (rounded ? rates.bfloat16 : rates.float32), bytes / rates.bytes);

/** Where a step's time went; what the lines of a kind say adds up to the whole, and so do those of the layers and of no layer. */
export function profileOf({ ops, steps, threads, native, whole }: ProfiledSteps, rates: MachineRates): Profile {
  const kinds = new Map<ProfileKind, ProfileLine>(profileKinds.map((kind) => [kind, { seconds: 0, floor: 0 }]));
  const layers = new Map<string | null, ProfileLine>();
  const add = <Key>(lines: Map<Key, ProfileLine>, key: Key, seconds: number, floor: number): void => {
    const { seconds: before, floor: least } = lines.get(key) ?? { seconds: 0, floor: 0 };
    lines.set(key, { seconds: before + seconds / steps, floor: least + floor / steps });
  };
  for (const op of ops) {
    const kind = kindOf(op.op);
    const packing = kind === 'products' ? Math.min(op.seconds, op.packing / threads) : 0;
    const floor = floorOf(op, rates);
    add(kinds, kind, op.seconds - packing, floor);
    add(kinds, 'packing', packing, 0);
    add(layers, op.layer, op.seconds, floor);
  }
  const kernels = ops.reduce((sum, { seconds }) => sum + seconds, 0);
  add(kinds, 'TensorFlow', native - kernels, 0);
  add(kinds, 'JavaScript', whole - native, 0);
  add(layers, null, whole - kernels, 0);
  const floor = [...kinds.values()].reduce((sum, line) => sum + line.floor, 0);
  return { kinds, layers, whole: { seconds: whole / steps, floor } };
}

const milliseconds = (seconds: number): string => (1000 * seconds).toFixed(1);

/** Kinds, then the parts of the network: `depth` names of a layer's path. */
export function profileTable({ kinds, layers, whole }: Profile, depth = 4): Table {
  const parts = new Map<string, ProfileLine>();
  for (const [layer, { seconds, floor }] of layers) {
    const part = layer === null ? 'no layer' : layer.split('.').slice(0, depth).join('.');
    const before = parts.get(part) ?? { seconds: 0, floor: 0 };
    parts.set(part, { seconds: before.seconds + seconds, floor: before.floor + floor });
  }
  const row = (name: string, { seconds, floor }: ProfileLine): string[] => [
    name,
    milliseconds(seconds),
    `${((100 * seconds) / whole.seconds).toFixed(1)} %`,
    floor > 0 ? milliseconds(floor) : '',
    floor > 0 ? (seconds / floor).toFixed(1) : '',
  ];
  const right = true;
  return {
    columns: [
      { heading: 'what' },
      ...['ms a step', 'share', 'floor, ms', 'times the floor'].map((heading) => ({ heading, right })),
    ],
    rows: [
      ...[...kinds].map(([kind, line]) => row(kind, line)),
      ...[...parts].map(([part, line]) => row(part, line)),
      row('all', whole),
    ],
  };
}
