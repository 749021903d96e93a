import { Command } from 'commander';
import { type ConvertOptions, convertWeights } from '../convert.js';
import { addWeightsOptions } from '../inference-options.js';
import { addNetworkOptions } from '../network-options.js';

export function importCommand(): Command {
  const command = new Command('import')
    .description(
      "take weights in another tool's names (timm, torchvision, transformers, mmpretrain, the papers' releases) over into this program's own; a file that does not fit is refused with the list",
    )
    .argument('<from>', 'safetensors, an index of shards, or a folder with either')
    .argument('<to>', 'safetensors to write')
    .option('--json', 'one JSON document on stdout');
  return addWeightsOptions(addNetworkOptions(command))
    .addHelpText('after', '\nExample:\n  ablate import timm.safetensors mine.safetensors --model resnet-50')
    .action((from: string, to: string, options: ConvertOptions) => convertWeights(from, to, 'ablate', options));
}
