import type { Cost, LayerCost } from './count.js';

/** A layer of either of two networks, with what it costs in each; 0 where a network lacks it. */
export interface LayerDifference {
  readonly name: string;
  readonly before: LayerCost | null;
  readonly after: LayerCost | null;
  readonly macs: number;
  readonly params: number;
}

/**
 * Which layers moved the cost between two networks: layers are matched by name, in the order of the second network with
 * those that only the first one has at the end. Layers that cost the same in both are left out.
 */
export function costDifference(before: Cost, after: Cost): LayerDifference[] {
  const old = new Map(before.layers.map((layer) => [layer.name, layer]));
  const kept = after.layers.map((layer) => difference(layer.name, old.get(layer.name) ?? null, layer));
  const present = new Set(after.layers.map(({ name }) => name));
  const gone = before.layers
    .filter(({ name }) => !present.has(name))
    .map((layer) => difference(layer.name, layer, null));
  return [...kept, ...gone].filter(({ macs, params }) => macs !== 0 || params !== 0);
}

function difference(name: string, before: LayerCost | null, after: LayerCost | null): LayerDifference {
  return {
    name,
    before,
    after,
    macs: (after?.macs ?? 0) - (before?.macs ?? 0),
    params: (after?.params ?? 0) - (before?.params ?? 0),
  };
}
