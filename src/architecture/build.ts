import type { ParameterSpec, Shape } from '../layers/layer.js';
import { buildConvTree } from './build-convnet.js';
import { buildSwinTree } from './build-swin.js';
import type { Model } from './model.js';
import type { Network } from './network.js';
import { parametersAt, walk } from './walk.js';

/**
 * Builds a network: its tree of layers, with every shape checked and every parameter named. Loads no tensor library.
 * Throws a `LayerError` naming the layer where the network cannot exist (a map too small, widths that groups do not divide).
 */
export function buildModel(network: Network): Model {
  const tree = network.family === 'swin' ? buildSwinTree(network) : buildConvTree(network);
  const input: Shape = [network.resolution, network.resolution, network.channels];
  const parameters: ParameterSpec[] = [];
  const dropPathScale: number[] = [];
  walk(tree, input, (visit) => {
    parameters.push(...parametersAt(visit));
    if (visit.node.kind === 'residual') dropPathScale.push(visit.node.depth);
  });
  return {
    name: network.name,
    tree,
    input,
    classes: network.classes,
    parameters,
    blocks: dropPathScale.length,
    dropPathScale,
  };
}
