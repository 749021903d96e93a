import type { Model } from '../architecture/model.js';
import { joinPath, walk } from '../architecture/walk.js';
import { type WindowAttentionOptions, relativePositionIndex, windowAttention } from '../layers/window-attention.js';
import type { NamedTensor } from './safetensors.js';
import type { Naming } from './naming/index.js';

/** Names that PyTorch files may have and this project has no use for: counters, index tables, masks. */
export const ignorable = /(^|\.)(num_batches_tracked|n_averaged|relative_position_index|attn_mask)$/;

/** An entry that another tool wants in a file and that is no parameter, under this project's name. */
export interface Extra {
  readonly name: string;
  readonly tensor: Omit<NamedTensor, 'name'>;
}

/** BN's batch counters (0: nothing reads them), and the index tables of Swin that torchvision and mmpretrain keep. */
export function extrasOf(model: Model, naming: Naming): Extra[] {
  const extras: Extra[] = [];
  for (const { name } of model.parameters) {
    if (!name.endsWith('.running_mean')) continue;
    const counter = { shape: [], dtype: 'I64', values: () => new BigInt64Array(1) } as const;
    extras.push({ name: name.replace('running_mean', 'num_batches_tracked'), tensor: counter });
  }
  if (naming !== 'torchvision' && naming !== 'mmpretrain') return extras;
  walk(model.tree, model.input, ({ node, path }) => {
    if (node.kind !== 'leaf' || node.layer !== windowAttention) return;
    const { window } = node.options as WindowAttentionOptions;
    const values = () => BigInt64Array.from(relativePositionIndex(window), BigInt);
    extras.push({
      name: joinPath(path, 'relative_position_index'),
      tensor: { shape: naming === 'torchvision' ? [window ** 4] : [window ** 2, window ** 2], dtype: 'I64', values },
    });
  });
  return extras;
}
