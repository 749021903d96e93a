import type { ConvNetwork, Network } from '../../architecture/network.js';
import type { ParameterSpec } from '../../layers/layer.js';
import { torchLayout } from '../layout.js';
import { convNeXtOriginal, convNeXtTimm, convNeXtTorchvision, isotropicOriginal } from './convnext.js';
import { resNet } from './resnet.js';
import { type ForeignName, type Rule, rename } from './rule.js';
import { swinTimm, swinTorchvision } from './swin.js';

/** Whose names a file has: this project's own (in PyTorch's layouts), timm's, torchvision's, or the paper's release. */
export type Naming = 'ablate' | 'timm' | 'torchvision' | 'convnext';
export const namings = ['ablate', 'timm', 'torchvision', 'convnext'] as const satisfies readonly Naming[];

/**
 * The namings that a network has, by what it is rather than what it is called: ResNets and ResNeXts, ConvNeXts, isotropic
 * ConvNeXts, Swins. Networks between the road's ends have this project's own names only.
 */
export function namingsOf(network: Network): readonly Naming[] {
  return Object.keys(rulesOf(network)) as Naming[];
}

/** The name and layout of a parameter in another tool's file. */
export function foreignName(spec: ParameterSpec, network: Network, naming: Naming): ForeignName {
  const rules = rulesOf(network)[naming];
  if (!rules)
    throw new Error(`${network.name} has no names in ${naming}; it has those of ${namingsOf(network).join(', ')}`);
  return rename(spec.name, torchLayout(spec), rules);
}

type RuleSets = Partial<Record<Naming, readonly Rule[]>>;

function rulesOf(network: Network): RuleSets {
  if (network.family === 'swin') return { ablate: [], timm: swinTimm, torchvision: swinTorchvision };
  if (isResNet(network)) return { ablate: [], timm: resNet, torchvision: resNet };
  if (!isConvNeXt(network)) return { ablate: [] };
  if (network.depths.length === 1) return { ablate: [], convnext: isotropicOriginal };
  return { ablate: [], timm: convNeXtTimm, torchvision: convNeXtTorchvision, convnext: convNeXtOriginal };
}

const plain = ({ block, rewrites }: ConvNetwork): boolean =>
  rewrites.length === 0 && !block.startNorm && Object.values(block.slots).every((slot) => slot.length === 0);

function isResNet(network: ConvNetwork): boolean {
  const { block, stem, norm, stemNorm, downsampling, finalNorm } = network;
  const ends =
    stem === 'resnet' && norm === 'batch-norm' && !stemNorm && downsampling.kind === 'in-block' && !finalNorm;
  return (
    plain(network) &&
    ends &&
    block.order === 'bottleneck' &&
    block.norms === 'all' &&
    !block.bias &&
    block.layerScale === null
  );
}

function isConvNeXt(network: ConvNetwork): boolean {
  const { block, stem, norm, stemNorm, downsampling, finalNorm, depths } = network;
  const isotropic = depths.length === 1;
  const downsamples = downsampling.kind === 'separate' && downsampling.norm === 'before';
  const ends = stem === 'patchify' && norm === 'layer-norm' && stemNorm !== isotropic && downsamples && finalNorm;
  return plain(network) && ends && block.order === 'spatial-first' && block.norms === 'one' && block.bias;
}
