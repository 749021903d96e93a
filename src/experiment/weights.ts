import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { buildModel } from '../architecture/build.js';
import type { Network } from '../architecture/network.js';
import { type ImportedWeights, importWeights } from '../weights/import.js';
import { WeightsError } from '../weights/safetensors.js';
import type { NetworkSpec } from '../records/run.js';

type Weights = NonNullable<NetworkSpec['weights']>;

/** A suite's file of weights by absolute path and content. Throws a `WeightsError` where it cannot be read. */
export async function weightsFile(file: string, suite: string): Promise<Weights> {
  const path = resolve(dirname(suite), file);
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new WeightsError(`${path}: ${code === 'ENOENT' ? 'there is no such file' : message}`);
  }
  return { file: path, sha256: hash.digest('hex') };
}

/** Opens the weights that a network starts from; a classifier of another size is left to the seed. */
export const openWeights = ({ file }: Weights, network: Network): Promise<ImportedWeights> =>
  importWeights(file, network, buildModel(network), undefined, { freshClassifier: true });
