import type { Model } from '../architecture/model.js';
import { parametersAt, type Visit, visitsOf } from '../architecture/walk.js';
import { definedAt, type Operations } from '../layers/layer.js';
import { type Convention, flopsOf } from './conventions.js';

/** A layer's part of a network's cost. */
export interface LayerCost {
  /** Full name of the node: `stages.1.blocks.0.conv2`. */
  readonly name: string;
  readonly kind: string;
  readonly input: readonly number[];
  readonly output: readonly number[];
  readonly macs: number;
  /** By the convention asked for. */
  readonly flops: number;
  readonly params: number;
}

export interface Cost {
  readonly convention: Convention;
  readonly macs: number;
  readonly flops: number;
  /** Trainable parameters. */
  readonly params: number;
  readonly layers: readonly LayerCost[];
}

/** Counts a network for one picture: exact integers, folded over the tree. */
export function countCost(model: Model, convention: Convention = 'paper'): Cost {
  const layers: LayerCost[] = [];
  const visits = visitsOf(model);
  const operations = visits.map(operationsOf);
  const family = operations.some(({ attention }) => attention) ? 'transformer' : 'convnet';
  visits.forEach((visit, at) => {
    const counted = operations[at] as Partial<Operations>;
    layers.push(layerCost(visit, counted, flopsOf(counted, convention, family)));
  });
  const total = (of: (layer: LayerCost) => number) => layers.reduce((sum, layer) => sum + of(layer), 0);
  return {
    convention,
    macs: total(({ macs }) => macs),
    flops: total(({ flops }) => flops),
    params: total(({ params }) => params),
    layers,
  };
}

function layerCost(visit: Visit, operations: Partial<Operations>, flops: number): LayerCost {
  const { node, path, input, output } = visit;
  const trainable = parametersAt(visit).filter((spec) => spec.trainable);
  return {
    name: path,
    kind: node.kind === 'leaf' ? node.layer.kind : 'residual',
    input,
    output,
    macs: (operations.macs ?? 0) + (operations.attention ?? 0),
    flops,
    params: trainable.reduce((sum, { shape }) => sum + elements(shape), 0),
  };
}

function operationsOf({ node, path, input, output }: Visit): Partial<Operations> {
  if (node.kind === 'leaf') {
    const counted = node.layer.operations(node.options, input);
    checkOperations(counted, node.layer, path);
    return counted;
  }
  return {
    ...(node.layerScale === null ? {} : { layerScale: elements(output) }),
    ...(node.activation ? { [node.activation]: elements(output) } : {}),
  };
}

const operationNames = new Set<string>(
  Object.keys({
    macs: true,
    attention: true,
    bias: true,
    batchNorm: true,
    layerNorm: true,
    layerScale: true,
    relu: true,
    gelu: true,
    maxPool: true,
    globalPool: true,
    softmax: true,
  } satisfies Record<keyof Operations, true>),
);

/** Throws an `Error` where a layer, as a plug-in's may, counts what is no number of operations: the sum of all would be none. */
function checkOperations(counted: unknown, layer: { readonly kind: string }, path: string): void {
  const place = definedAt(layer);
  const where = `the layer ${layer.kind} at ${path}${place ? ` (${place})` : ''}`;
  if (counted === null || typeof counted !== 'object')
    throw new Error(`${where} must give its operations as { macs: 0 } or so, found ${counted}`);
  for (const [name, count] of Object.entries(counted)) {
    if (!operationNames.has(name))
      throw new Error(`${where} counts "${name}"; what can be counted is ${[...operationNames].join(', ')}`);
    if (!Number.isSafeInteger(count) || count < 0)
      throw new Error(`${where} counts ${name}: ${count}; expected a whole number of at least 0`);
  }
}

const elements = (shape: readonly number[]): number => shape.reduce((product, side) => product * side, 1);
