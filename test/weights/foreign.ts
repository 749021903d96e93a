import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { namedNetwork } from '../../src/architecture/models.js';
import type { Network } from '../../src/architecture/network.js';
import type { NamedTensor } from '../../src/weights/safetensors.js';
import { first } from '../inference/timm.js';

/** A module of a tool as foreign.py found it: names and shapes, and what it makes of the pictures. */
export interface ForeignCase {
  readonly network: 'convnext-tiny' | 'resnet-50' | 'resnet-50/8' | 'swin-tiny';
  readonly side: number;
  readonly weights: Readonly<Record<string, number[]>>;
  readonly integers: readonly string[];
  /** `[3, 7]`. */
  readonly logits?: readonly number[];
  /** `[3, F]`, of a module without a classifier. */
  readonly features?: readonly number[];
  /** Parameters of the classifier and its norm that it has not; two where it does not say. */
  readonly missing?: number;
  readonly shards?: { readonly metadata: object; readonly weight_map: Readonly<Record<string, string>> };
}

interface Stored {
  readonly cases: Readonly<Record<string, ForeignCase>>;
  readonly tables: readonly { from: number; to: number; heads: number; values: readonly number[] }[];
}

export const foreign: Stored = JSON.parse(
  gunzipSync(readFileSync(new URL('../fixtures/weights/foreign.json.gz', import.meta.url))).toString(),
);

/** The networks of foreign.py. */
export function foreignNetwork({ network, side }: ForeignCase, classes = 7): Network {
  const size = { resolution: side, classes };
  if (network === 'swin-tiny') {
    const swin = namedNetwork('swin-tiny', { ...size, widthScale: 1 / 8 }) as Network;
    return { ...swin, depths: [2, 2, 1, 1], window: 4 } as Network;
  }
  if (network === 'convnext-tiny')
    return { ...(namedNetwork(network, { ...size, widthScale: 1 / 16 }) as Network), depths: [2, 1, 2, 1] };
  const widthScale = network === 'resnet-50' ? 1 : 1 / 8;
  return { ...(namedNetwork('resnet-50', { ...size, widthScale }) as Network), depths: [1, 1, 1, 1] };
}

/** A module's tensors as foreign.py fills them. */
export function foreignFile({ weights, integers }: ForeignCase, names = Object.keys(weights)): NamedTensor[] {
  return names.map((name): NamedTensor => {
    const shape = weights[name] as number[];
    const length = shape.reduce((product, side) => product * side, 1);
    return integers.includes(name)
      ? { name, shape, dtype: 'I64', values: () => new BigInt64Array(length) }
      : { name, shape, dtype: 'F32', values: () => first(name, shape) };
  });
}
