import type { ConvNetwork, Network } from '../../architecture/network.js';
import type { ParameterSpec } from '../../layers/layer.js';
import { WeightsError } from '../error.js';
import { torchLayout } from '../layout.js';
import {
  convNeXtMmpretrain,
  convNeXtOriginal,
  convNeXtTimm,
  convNeXtTorchvision,
  convNeXtTransformers,
  isotropicOriginal,
} from './convnext.js';
import { resNet, resNetMmpretrain, resNetTransformers } from './resnet.js';
import { type ForeignName, type RuleSet, rename } from './rule.js';
import { swinMmpretrain, swinOriginal, swinTimm, swinTorchvision, swinTransformers } from './swin.js';

/**
 * Whose names a file has: this project's own (in PyTorch's layouts), timm's, torchvision's, the papers' releases
 * (`convnext`, `swin`), transformers', mmpretrain's.
 */
export const namings = ['ablate', 'timm', 'torchvision', 'convnext', 'swin', 'transformers', 'mmpretrain'] as const;
export type Naming = (typeof namings)[number];

/**
 * The namings that a network has, by what it is rather than what it is called: ResNets and ResNeXts, ConvNeXts, isotropic
 * ConvNeXts, Swins. Networks between the road's ends have this project's own names only.
 */
export function namingsOf(network: Network): readonly Naming[] {
  return Object.keys(rulesOf(network)) as Naming[];
}

/** The name and layout of a parameter in another tool's file; braces stand for several tensors. */
export function foreignName(spec: ParameterSpec, network: Network, naming: Naming): ForeignName {
  return rename(spec.name, torchLayout(spec), ruleSet(network, naming).rules);
}

/** A tool's rules for a network. Throws where it has none. */
export function ruleSet(network: Network, naming: Naming): RuleSet {
  const set = rulesOf(network)[naming];
  if (!set)
    throw new WeightsError(
      `${network.name} has no names in ${naming}; it has those of ${namingsOf(network).join(', ')}`,
    );
  return set;
}

/**
 * The rules by which a file may be read for a network, best known first: its own, and for a network on the road those of
 * both ends too, since it keeps the names of what it keeps.
 */
export function readingRules(network: Network): readonly (readonly [Naming, RuleSet])[] {
  const sets = network.family === 'swin' ? [swins] : [rulesOf(network), resNets, convNeXts];
  return sets.flatMap((set) => Object.entries(set) as [Naming, RuleSet][]);
}

type RuleSets = Partial<Record<Naming, RuleSet>>;

const ours: RuleSet = { rules: [] };
const swins: RuleSets = {
  ablate: ours,
  timm: swinTimm,
  torchvision: swinTorchvision,
  swin: swinOriginal,
  transformers: swinTransformers,
  mmpretrain: swinMmpretrain,
};
const resNets: RuleSets = {
  ablate: ours,
  timm: resNet,
  torchvision: resNet,
  transformers: resNetTransformers,
  mmpretrain: resNetMmpretrain,
};
const convNeXts: RuleSets = {
  ablate: ours,
  timm: convNeXtTimm,
  torchvision: convNeXtTorchvision,
  convnext: convNeXtOriginal,
  transformers: convNeXtTransformers,
  mmpretrain: convNeXtMmpretrain,
};

function rulesOf(network: Network): RuleSets {
  if (network.family === 'swin') return swins;
  if (isResNet(network)) return resNets;
  if (!isConvNeXt(network)) return { ablate: ours };
  return network.depths.length === 1 ? { ablate: ours, convnext: isotropicOriginal } : convNeXts;
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
