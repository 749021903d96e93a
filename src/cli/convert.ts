import { importWeights } from '../weights/import.js';
import { exportWeights } from '../weights/export.js';
import type { Naming } from '../weights/naming/index.js';
import { type NetworkOptions, networkFrom } from './network-options.js';
import { note, printJson } from './output.js';
import { counted } from '../words/counted.js';

export interface ConvertOptions extends NetworkOptions {
  readonly json?: boolean;
}

/** Rewrites a safetensors file from one naming to another; the file is checked whole before anything is written. */
export async function convertWeights(from: string, to: string, naming: Naming, options: ConvertOptions): Promise<void> {
  const { network, model } = await networkFrom(options);
  const weights = await importWeights(from, network, model);
  try {
    const values = new Map<string, Float32Array>();
    for (const { name } of model.parameters) values.set(name, await weights.read(name));
    await exportWeights(to, { network, model, naming, values: (name) => values.get(name) as Float32Array });
  } finally {
    await weights.close();
  }
  if (options.json)
    printJson({ schema: 'ablate/weights/1', network: network.name, from: weights.naming, to: naming, file: to });
  else note(`wrote ${to}: ${counted(model.parameters.length, 'tensor')}, ${weights.naming}'s names to ${naming}'s`);
}
