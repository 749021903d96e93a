import type { Block, ConvNetwork, Network, SwinNetwork, WindowRule } from './network.js';

/** What a named network may be asked for in another size. */
export interface NetworkOptions {
  readonly resolution?: number | null;
  readonly classes?: number;
  readonly widthScale?: number;
  readonly stemStride?: number | null;
  /** Of Swin; the others have none. */
  readonly windows?: WindowRule;
}

const input = { channels: 3, classes: 1000, widthScale: 1 } as const;

const resNetBlock: Block = {
  order: 'bottleneck',
  kernel: 3,
  groups: 1,
  bottleneckRatio: 1,
  activation: 'relu',
  activations: 'all',
  norms: 'all',
  startNorm: false,
  bias: false,
  layerScale: null,
  slots: { afterSpatial: [], afterActivation: [], branchEnd: [] },
};

const convNeXtBlock: Block = {
  ...resNetBlock,
  order: 'spatial-first',
  kernel: 7,
  groups: 'depthwise',
  activation: 'gelu',
  activations: 'one',
  norms: 'one',
  bias: true,
  layerScale: 1e-6,
};

/** d, 2d, 4d, 8d. */
export const doubling = (width: number, stages = 4): number[] =>
  Array.from({ length: stages }, (_, at) => width * 2 ** at);

/** He et al. 2015, with the stride on the 3x3 as torchvision has it. */
function resNet(name: string, depths: readonly number[], block: Partial<Block> = {}): ConvNetwork {
  return {
    family: 'convnet',
    name,
    regime: name === 'resnet-200' ? 'resnet-200' : 'resnet-50',
    resolution: 224,
    ...input,
    stem: 'resnet',
    stemStride: 4,
    stemNorm: false,
    depths,
    widths: doubling(64),
    block: { ...resNetBlock, ...block },
    norm: 'batch-norm',
    downsampling: { kind: 'in-block' },
    finalNorm: false,
    rewrites: [],
  };
}

/** The road's end with layer scale. */
function convNeXt(name: string, depths: readonly number[], width: number): ConvNetwork {
  return {
    ...resNet(name, depths),
    stem: 'patchify',
    stemNorm: true,
    widths: doubling(width),
    block: convNeXtBlock,
    norm: 'layer-norm',
    downsampling: { kind: 'separate', norm: 'before' },
    finalNorm: true,
  };
}

/** The paper's section 3.3: one stage at 1/16 of the resolution, no layer scale, no norm after the stem. */
function isotropic(name: string, depth: number, width: number): ConvNetwork {
  const network = convNeXt(name, [depth], width);
  return {
    ...network,
    stemStride: 16,
    stemNorm: false,
    widths: [width],
    block: { ...convNeXtBlock, layerScale: null },
  };
}

function swin(
  name: string,
  depths: readonly number[],
  width: number,
  heads: readonly number[],
  size = 224,
): SwinNetwork {
  const window = size === 384 ? 12 : 7;
  return {
    family: 'swin',
    name,
    resolution: size,
    ...input,
    stemStride: 4,
    depths,
    width,
    heads,
    window,
    windows: 'padded',
  };
}

const networks = [
  resNet('resnet-50', [3, 4, 6, 3]),
  resNet('resnet-101', [3, 4, 23, 3]),
  resNet('resnet-152', [3, 8, 36, 3]),
  resNet('resnet-200', [3, 24, 36, 3]),
  resNet('resnext-50-32x4d', [3, 4, 6, 3], { groups: 32, bottleneckRatio: 2 }),
  resNet('resnext-101-32x8d', [3, 4, 23, 3], { groups: 32, bottleneckRatio: 4 }),
  convNeXt('convnext-tiny', [3, 3, 9, 3], 96),
  convNeXt('convnext-small', [3, 3, 27, 3], 96),
  convNeXt('convnext-base', [3, 3, 27, 3], 128),
  convNeXt('convnext-large', [3, 3, 27, 3], 192),
  convNeXt('convnext-xlarge', [3, 3, 27, 3], 256),
  isotropic('convnext-isotropic-small', 18, 384),
  isotropic('convnext-isotropic-base', 18, 768),
  isotropic('convnext-isotropic-large', 36, 1024),
  swin('swin-tiny', [2, 2, 6, 2], 96, [3, 6, 12, 24]),
  swin('swin-small', [2, 2, 18, 2], 96, [3, 6, 12, 24]),
  swin('swin-base', [2, 2, 18, 2], 128, [4, 8, 16, 32]),
  swin('swin-large', [2, 2, 18, 2], 192, [6, 12, 24, 48]),
  swin('swin-base-384', [2, 2, 18, 2], 128, [4, 8, 16, 32], 384),
  swin('swin-large-384', [2, 2, 18, 2], 192, [6, 12, 24, 48], 384),
] as const satisfies readonly Network[];

/** Other names that people use for them. */
const aliases: Readonly<Record<string, string>> = {
  'convnext-t': 'convnext-tiny',
  'convnext-s': 'convnext-small',
  'convnext-b': 'convnext-base',
  'convnext-l': 'convnext-large',
  'convnext-xl': 'convnext-xlarge',
  'swin-t': 'swin-tiny',
  'swin-s': 'swin-small',
  'swin-b': 'swin-base',
  'swin-l': 'swin-large',
};

/** Names of all networks, smallest of a family first. */
export const modelNames: readonly string[] = networks.map(({ name }) => name);
export const modelAliases: readonly string[] = Object.keys(aliases);

/** A named network in the size asked for, or null where there is none of that name. */
export function namedNetwork(name: string, options: NetworkOptions = {}): Network | null {
  const network = networks.find((candidate) => candidate.name === (aliases[name] ?? name));
  if (!network) return null;
  const size = {
    name,
    resolution: options.resolution ?? network.resolution,
    classes: options.classes ?? network.classes,
    widthScale: options.widthScale ?? network.widthScale,
    stemStride: options.stemStride ?? network.stemStride,
  };
  if (network.family === 'convnet') return { ...network, ...size };
  return { ...network, ...size, windows: options.windows ?? network.windows };
}
