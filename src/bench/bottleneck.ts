import { counted } from '../words/counted.js';

/** How fast the two sides of training are, each by itself, in pictures a second. */
export interface Rates {
  /** The training step with its pictures at hand. */
  readonly step: number;
  /** The data with this many threads. */
  readonly data: number;
  readonly threads: number;
  /** What the one thread that normalises, erases and mixes can do. */
  readonly finish: number;
  readonly cores: number;
  /** Whether the step runs on the cores that also make the pictures. */
  readonly shared: boolean;
}

/** Which side decides how long training takes. */
export interface Bottleneck {
  readonly limit: 'data' | 'compute';
  /** The faster side over the slower one. */
  readonly factor: number;
  /** Pictures a second that training gets. */
  readonly together: number;
  /** Threads with which the data is as fast as the step; null where the finishing thread would still be slower. */
  readonly threadsNeeded: number | null;
}

/** Beside each other on a device of its own; after one another where both share the cores. */
export function findBottleneck({ step, data, threads, finish, cores, shared }: Rates): Bottleneck {
  // Where nothing needs a thread of its own, the finishing one does all.
  const each = data / Math.max(1, threads);
  const onAllCores = Math.max(data, each * cores);
  return {
    limit: data < step ? 'data' : 'compute',
    factor: Math.max(data, step) / Math.min(data, step),
    together: shared ? 1 / (1 / step + 1 / onAllCores) : Math.min(step, data),
    threadsNeeded: step > finish ? null : Math.ceil(step / each - 1e-9),
  };
}

/** The same in one sentence. */
export function describeBottleneck(network: string, rates: Rates, found: Bottleneck): string {
  const { step, data, threads, cores, shared } = rates;
  const { limit, factor, together } = found;
  const makers = threads === 0 ? "training's own thread" : counted(threads, 'thread');
  const share = `${factor.toFixed(1)} times ${limit === 'data' ? 'too few' : 'as many'}`;
  const cost = shared
    ? `; both share ${counted(cores, 'core')}, so that training gets about ${rate(together)}, ${Math.round(100 * (1 - together / step))} % less than with its pictures at hand`
    : '';
  const sides = `its step takes ${rate(step)}, the data makes ${rate(data)} with ${makers}, ${share}`;
  return `${limit === 'data' ? 'Data' : 'Compute'} limits ${network}: ${sides}; ${remedy(rates, found)}${cost}.`;
}

function remedy({ threads, finish, cores }: Rates, { limit, threadsNeeded }: Bottleneck): string {
  if (threadsNeeded === null) {
    return `no number of threads would do, since one of them normalises, erases and mixes ${rate(finish)} at most`;
  }
  if (threads === 0 && limit === 'compute') return 'it needs no thread of its own';
  return `${counted(threadsNeeded, 'thread')} would do${threadsNeeded > cores ? `, more than the ${counted(cores, 'core')} here` : ''}`;
}

const rate = (value: number): string =>
  `${value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en-US')} pictures/s`;
