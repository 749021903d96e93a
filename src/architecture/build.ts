import { type DrawSpec, LayerError, type ParameterSpec, type Shape } from '../layers/layer.js';
import { buildConvTree } from './build-convnet.js';
import { buildSwinTree } from './build-swin.js';
import type { Model } from './model.js';
import { networkProblems } from './check-network.js';
import type { Network } from './network.js';
import { checkTree } from './tree.js';
import { drawsAt, parametersAt, rememberVisits, type Visit, walk } from './walk.js';

/**
 * Builds a network: its tree of layers, with every shape checked and every parameter named. Loads no tensor library.
 * Throws a `LayerError` naming the layer where the network cannot exist (a field that no network
 * can have, a map too small, widths that groups do not divide).
 */
export function buildModel(network: Network): Model {
  const problems = networkProblems(network);
  if (problems.length > 0) throw new LayerError(`no network can be ${problems.join('; ')}`);
  const tree = network.family === 'swin' ? buildSwinTree(network) : buildConvTree(network);
  checkTree(tree);
  const input: Shape = [network.resolution, network.resolution, network.channels];
  const parameters: ParameterSpec[] = [];
  const draws: DrawSpec[] = [];
  const dropPathScale: number[] = [];
  const names = new Set<string>();
  const visits: Visit[] = [];
  const output = walk(tree, input, (visit) => {
    visits.push(visit);
    for (const spec of parametersAt(visit)) {
      checkParameter(spec, names);
      parameters.push(spec);
    }
    draws.push(...drawsAt(visit));
    if (visit.node.kind === 'residual') dropPathScale.push(visit.node.depth);
  });
  if (output.join() !== String(network.classes))
    throw new LayerError(
      `the network gives [${output.join(', ')}] for a picture, expected [${network.classes}], one a class`,
    );
  const model = {
    name: network.name,
    tree,
    input,
    classes: network.classes,
    parameters,
    draws,
    blocks: dropPathScale.length,
    dropPathScale,
  };
  return rememberVisits(model, visits);
}

/** Throws where a layer's parameter is none, or has the name of another. */
function checkParameter({ name, shape }: ParameterSpec, names: Set<string>): void {
  if (names.has(name)) throw new LayerError(`${name}: two parameters have this name; give one of the layers another`);
  names.add(name);
  if (!shape.every((side) => Number.isSafeInteger(side) && side > 0))
    throw new LayerError(`${name}: its shape must be whole numbers above 0, found [${shape.join(', ')}]`);
}
