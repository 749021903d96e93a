import type { Model } from '../architecture/model.js';
import type { Network } from '../architecture/network.js';
import { extrasOf } from './extras.js';
import { foreignName, type Naming, ruleSet } from './naming/index.js';
import { placeOf, toTensors } from './place.js';
import { type NamedTensor, writeSafetensors } from './safetensors.js';

/** A model's tensors under another tool's names and in its layouts, parameters in the model's order. */
export function foreignTensors(
  network: Network,
  model: Model,
  naming: Naming,
  values: (name: string) => Float32Array,
): NamedTensor[] {
  const extras = new Map(extrasOf(model, naming).map(({ name, tensor }) => [name, tensor]));
  const rules = ruleSet(network, naming);
  const parameters = model.parameters.flatMap((spec): NamedTensor[] => {
    const place = placeOf(spec, rules);
    return place.tensors.map(({ name, shape }, at) => ({
      name,
      shape,
      dtype: 'F32',
      values: () => toTensors(place, values(spec.name))[at] as Float32Array,
    }));
  });
  const others = [...extras].map(([name, tensor]): NamedTensor => {
    const spec = {
      name,
      shape: tensor.shape,
      init: { kind: 'constant', value: 0 },
      decay: false,
      trainable: false,
    } as const;
    return { ...tensor, name: foreignName(spec, network, naming).name };
  });
  // Eight-byte values first, as safetensors has them: older readers map a tensor only where its own size divides its place.
  return [...others, ...parameters];
}

/** Writes weights as a safetensors file that the named tool loads strictly. */
export async function exportWeights(
  path: string,
  {
    network,
    model,
    naming,
    values,
  }: { network: Network; model: Model; naming: Naming; values: (name: string) => Float32Array },
): Promise<void> {
  // `format: pt` is what PyTorch's loaders expect to find.
  await writeSafetensors(path, foreignTensors(network, model, naming, values), {
    format: 'pt',
    naming,
    network: network.name,
  });
}
