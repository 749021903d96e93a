import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { buildModel } from '../architecture/build.js';
import type { Network } from '../architecture/network.js';
import type { NetworkConfig } from '../config/network.js';
import { type ImportedWeights, importWeights } from '../weights/import.js';
import { weightsFiles } from '../weights/open.js';
import { WeightsError } from '../weights/safetensors.js';
import type { NetworkSpec } from '../records/run.js';

type Weights = NonNullable<NetworkSpec['weights']>;

/**
 * A suite's weights by absolute path and content, with what they may differ in. Throws a `WeightsError` where they cannot
 * be read.
 */
export async function weightsFile(given: NonNullable<NetworkConfig['weights']>, suite: string): Promise<Weights> {
  const asked =
    typeof given === 'string' ? { file: given, allow: [], prefix: null, resize_position_bias: false } : given;
  const file = resolve(dirname(suite), asked.file);
  const allow = [...new Set(asked.allow)].sort();
  return {
    file,
    sha256: await contentOf(await weightsFiles(file)),
    ...(allow.length > 0 && { allow }),
    ...(asked.prefix !== null && { prefix: asked.prefix }),
    ...(asked.resize_position_bias && { resizePositionBias: true }),
  };
}

/** The content of one file; of shards, that of each under its name. */
async function contentOf(files: readonly string[]): Promise<string> {
  const [only, ...others] = files;
  if (only !== undefined && others.length === 0) return sha256Of(only);
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${basename(file)} ${await sha256Of(file)}\n`);
  return hash.digest('hex');
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(file), hash);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new WeightsError(`${file}: ${code === 'ENOENT' ? 'there is no such file' : message}`);
  }
  return hash.digest('hex');
}

/**
 * Opens the weights that a network starts from; a classifier that is absent or of another size is left to the seed. What
 * is allowed to differ may, in each network of a road its own way: `lines` says what.
 */
export const openWeights = (
  { file, allow, prefix, resizePositionBias }: Weights,
  network: Network,
): Promise<ImportedWeights> =>
  importWeights(file, network, buildModel(network), { allow, prefix, resizePositionBias, freshClassifier: true });
