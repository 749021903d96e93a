import { type Command, Option } from 'commander';
import type { Evaluation } from '../config/recipe.js';
import type { Device } from '../engine/engine.js';
import { type Allowance, allowances } from '../weights/fit.js';
import { type Naming, namings } from '../weights/naming/index.js';
import { UsageError } from './errors.js';
import { addNetworkOptions, type NetworkOptions, whole } from './network-options.js';

/** How a file of weights is read, and what it may differ in. */
export interface WeightsOptions {
  readonly prefix?: string;
  readonly allow?: readonly Allowance[];
  readonly resizePositionBias?: boolean;
}

export function addWeightsOptions(command: Command): Command {
  return command
    .option('--prefix <text>', "what stands before the file's names, such as model_ema.; common ones are found out")
    .option(
      '--allow <kinds>',
      'what the file may differ in, each listed: missing, extra, size (several with commas)',
      readAllowances,
    )
    .option('--resize-position-bias', "interpolate Swin's tables of position biases to other windows, as timm does");
}

function readAllowances(text: string): Allowance[] {
  return text.split(',').map((part) => {
    const kind = allowances.find((each) => each === part.trim());
    if (kind === undefined)
      throw new UsageError(`--allow ${part.trim()}: expected one or more of ${allowances.join(', ')}, with commas`);
    return kind;
  });
}

/** What predict and evaluate have in common. */
export interface InferenceOptions extends NetworkOptions, WeightsOptions {
  readonly weights?: string;
  readonly naming?: Naming;
  readonly data?: string;
  readonly root?: string;
  readonly classNames?: string;
  readonly resize?: number;
  readonly interpolation?: Evaluation['interpolation'];
  readonly batch?: number;
  readonly device?: Device;
  readonly threads?: number;
  readonly json?: boolean;
}

export function addInferenceOptions(command: Command): Command {
  return addWeightsOptions(addNetworkOptions(command))
    .option(
      '--weights <file>',
      "safetensors, an index of shards or a folder with either, in any known naming; default: the run's own",
    )
    .addOption(
      new Option('--naming <tool>', 'whose names the weights have; found out if left out').choices([...namings]),
    )
    .option('--root <dir>', "the dataset's files; default: the cache")
    .option(
      '--class-names <file>',
      "a line a class; default: the run's or the dataset's, or ImageNet's for 1000 classes",
    )
    .option(
      '--resize <pixels>',
      "shorter side before the centre crop; default: the run's, or 256 for 224, all from 384 on",
      whole,
    )
    .addOption(
      new Option('--interpolation <filter>', "of the resizing; default: the run's, or bicubic").choices([
        'bilinear',
        'bicubic',
      ]),
    )
    .option('--batch <pictures>', "pictures at a time; default: the run's in evaluate, or 32", whole)
    .addOption(new Option('--device <device>', 'default: auto').choices(['auto', 'gpu', 'cpu', 'wasm', 'webgpu']))
    .option('--threads <count>', 'default: all cores', whole)
    .option('--json', 'one JSON document on stdout');
}
