import { buildModel } from '../architecture/build.js';
import type { Model } from '../architecture/model.js';
import { modelNames, type NetworkOptions, namedNetwork } from '../architecture/models.js';
import type { Network } from '../architecture/network.js';
import { nearest } from '../config/problem.js';
import { applySteps, type Catalogue, RoadError } from '../roadmap/catalogue.js';
import type { NetworkSpec } from '../records/run.js';

/** The size that a specification asks of its base. */
export function networkOptions({ resolution, classes, width, stemStride, windows }: NetworkSpec): NetworkOptions {
  return { resolution, classes, widthScale: width, stemStride, ...(windows && { windows }) };
}

/** The network that a specification describes. Throws a `RoadError` for an unknown base or steps that do not fit. */
export function networkOf(spec: NetworkSpec, catalogue: Catalogue): Network {
  const base = namedNetwork(spec.base, networkOptions(spec));
  if (!base) {
    const guess = nearest(spec.base, modelNames);
    throw new RoadError(
      `there is no network "${spec.base}"${guess ? `; did you mean "${guess}"?` : '; `ablate models` lists them'}`,
    );
  }
  if (spec.steps.length === 0) return base;
  if (base.family !== 'convnet')
    throw new RoadError(`the road's steps change convolutional networks; ${spec.base} is not one`);
  return applySteps(base, spec.steps, catalogue);
}

/** The network built: its tree, shapes and parameters. Throws a `LayerError` where it cannot exist at this size. */
export function modelOf(spec: NetworkSpec, catalogue: Catalogue): Model {
  return buildModel(networkOf(spec, catalogue));
}
