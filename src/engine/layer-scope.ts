import { pluginLine } from './source-line.js';

/** A layer of a plug-in where it stands in the network. */
export interface LayerPlace {
  /** Its kind, as its author named it. */
  readonly kind: string;
  /** Its path in the network, such as `stages.0.blocks.1.grn`. */
  readonly path: string;
  /** Where it is defined: file:line:column. */
  readonly definedAt: string;
}

/** What a plug-in's layer did that cannot be trained on; the message names the layer, its place and its file. */
export class LayerFault extends Error {
  override readonly name = 'LayerFault';
  constructor(
    readonly place: LayerPlace,
    readonly problem: string,
    line: string | null = null,
    options?: ErrorOptions,
  ) {
    super(`${place.path} (layer ${place.kind}, ${line ?? place.definedAt}): ${problem}`, options);
  }
}

/** An op of tfjs that this engine cannot give, its name, and what to use instead. */
export class OpRefusal extends Error {
  override readonly name = 'OpRefusal';
  constructor(
    readonly op: string,
    readonly engine: string,
    problem: string,
    readonly instead: string,
  ) {
    super(`${op} on ${engine}: ${problem}; ${instead} (docs/ops.md)`);
  }
}

let current: LayerPlace | null = null;

/** The layer whose forward pass runs now, if it is a plug-in's. */
export const currentLayer = (): LayerPlace | null => current;

/** Runs a part of a layer's computation; whatever it throws comes out as a fault of that layer. */
export function inLayer<T>(place: LayerPlace | null, work: () => T): T {
  const before = current;
  current = place;
  try {
    return work();
  } catch (error) {
    throw place ? faultOf(place, error) : error;
  } finally {
    current = before;
  }
}

/** @param line where it happened, if the error's own stack does not say it. */
export function faultOf(place: LayerPlace, error: unknown, line: string | null = null): LayerFault {
  if (error instanceof LayerFault) return error;
  const { message } = error as Error;
  const problem = typeof message === 'string' ? message : String(error);
  return new LayerFault(place, problem, line ?? pluginLine(error), { cause: error });
}
