import { Command } from 'commander';
import { type ConvertOptions, convertWeights } from '../convert.js';
import { addNetworkOptions } from '../network-options.js';

export function importCommand(): Command {
  const command = new Command('import')
    .description(
      "take weights in timm's, torchvision's or the paper's names over into this program's own; a file that does not fit is refused with the list",
    )
    .argument('<from>', 'safetensors')
    .argument('<to>', 'safetensors to write')
    .option('--json', 'one JSON document on stdout');
  return addNetworkOptions(command)
    .addHelpText('after', '\nExample:\n  ablate import timm.safetensors mine.safetensors --model resnet-50')
    .action((from: string, to: string, options: ConvertOptions) => convertWeights(from, to, 'ablate', options));
}
