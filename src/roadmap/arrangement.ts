/** What a strategy's networks are to each other, where a report needs more than their parents to read them. */
export type Arrangement = OrdersArrangement | FactorialArrangement | GridArrangement;

/** Orders in which steps were added, drawn uniformly among those in which every step finds what it needs. */
export interface OrdersArrangement {
  readonly kind: 'random-orders';
  readonly steps: readonly string[];
  /** Each with the networks on its way, the start first: one more than steps. */
  readonly orders: readonly { readonly steps: readonly string[]; readonly networks: readonly string[] }[];
  /** How many orders there are to draw from, and how many sets of steps lie on them. */
  readonly lawfulOrders: number;
  readonly lawfulSets: number;
  /** Whether each order stands beside its reverse: then the two are one draw. */
  readonly paired: boolean;
}

/** Two levels of each step. */
export interface FactorialArrangement {
  readonly kind: 'factorial';
  readonly steps: readonly string[];
  readonly cells: readonly { readonly network: string; readonly on: readonly string[] }[];
  /** Of a fraction: the sets of steps whose joint effect is mixed up with the mean, the generators first; empty for all. */
  readonly words: readonly (readonly string[])[];
  /** How many of `words` generate the others. */
  readonly generators: number;
  /** Length of the shortest word; null where nothing is mixed up. */
  readonly resolution: number | null;
}

/** The values of two entries, crossed. */
export interface GridArrangement {
  readonly kind: 'grid';
  readonly across: GridAxis;
  readonly down: GridAxis;
  readonly cells: readonly { readonly network: string; readonly across: string; readonly down: string }[];
}

export interface GridAxis {
  readonly step: string;
  readonly title: string;
  /** Names of the values, with what stands for each in a picture. */
  readonly values: readonly { readonly name: string; readonly label: string }[];
}
