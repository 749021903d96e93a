import { importWeights } from '../weights/import.js';
import { exportWeights } from '../weights/export.js';
import type { Naming } from '../weights/naming/index.js';
import { checkTarget } from '../weights/safetensors.js';
import type { WeightsOptions } from './inference-options.js';
import { type NetworkOptions, networkFrom } from './network-options.js';
import { note, printJson } from './output.js';
import { counted } from '../words/counted.js';

export interface ConvertOptions extends NetworkOptions, WeightsOptions {
  readonly json?: boolean;
}

/**
 * Rewrites weights from one naming to another; they are checked whole before anything is written. What a file was allowed
 * to lack is not made up: the new one lacks it too.
 */
export async function convertWeights(from: string, to: string, naming: Naming, options: ConvertOptions): Promise<void> {
  const { network, model } = await networkFrom(options);
  await checkTarget(to);
  const { allow, prefix, resizePositionBias } = options;
  const weights = await importWeights(from, network, model, { allow, prefix, resizePositionBias });
  const written = { ...model, parameters: model.parameters.filter(({ name }) => !weights.fresh.has(name)) };
  try {
    const values = new Map<string, Float32Array>();
    for (const { name } of written.parameters) values.set(name, await weights.read(name));
    await exportWeights(to, { network, model: written, naming, values: (name) => values.get(name) as Float32Array });
  } finally {
    await weights.close();
  }
  if (weights.partial) for (const line of weights.lines) note(line);
  if (options.json) {
    const left = [...weights.fresh];
    printJson({ schema: 'ablate/weights/1', network: network.name, from: weights.naming, to: naming, file: to, left });
  } else
    note(`wrote ${to}: ${counted(written.parameters.length, 'parameter')}, ${weights.naming}'s names to ${naming}'s`);
}
