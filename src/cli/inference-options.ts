import { type Command, Option } from 'commander';
import type { Evaluation } from '../config/recipe.js';
import type { Device } from '../engine/engine.js';
import { type Naming, namings } from '../weights/naming/index.js';
import { addNetworkOptions, type NetworkOptions, whole } from './network-options.js';

/** What predict and evaluate have in common. */
export interface InferenceOptions extends NetworkOptions {
  readonly weights: string;
  readonly naming?: Naming;
  readonly data?: string;
  readonly root?: string;
  readonly classNames?: string;
  readonly resize?: number;
  readonly interpolation: Evaluation['interpolation'];
  readonly batch: number;
  readonly device: Device;
  readonly threads?: number;
  readonly json?: boolean;
}

export function addInferenceOptions(command: Command): Command {
  return addNetworkOptions(command)
    .requiredOption('--weights <file>', 'safetensors with names of timm, torchvision, the paper or this program')
    .addOption(
      new Option('--naming <tool>', 'whose names the weights have; found out if left out').choices([...namings]),
    )
    .option('--root <dir>', "the dataset's files; default: the cache")
    .option('--class-names <file>', "a line a class; default: the dataset's, or ImageNet's for 1000 classes")
    .option('--resize <pixels>', 'shorter side before the centre crop; default: 256 for 224, all from 384 on', whole)
    .addOption(
      new Option('--interpolation <filter>', 'of the resizing').choices(['bilinear', 'bicubic']).default('bicubic'),
    )
    .option('--batch <pictures>', 'pictures at a time', whole, 32)
    .addOption(new Option('--device <device>').choices(['auto', 'gpu', 'cpu', 'wasm', 'webgpu']).default('auto'))
    .option('--threads <count>', 'default: all cores', whole)
    .option('--json', 'one JSON document on stdout');
}
