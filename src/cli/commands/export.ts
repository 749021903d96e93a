import { Command, Option } from 'commander';
import { type Naming, namings } from '../../weights/naming/index.js';
import { type ConvertOptions, convertWeights } from '../convert.js';
import { addWeightsOptions } from '../inference-options.js';
import { addNetworkOptions } from '../network-options.js';

export function exportCommand(): Command {
  const command = new Command('export')
    .description('write weights under the names and in the layouts of another tool, for its strict loading')
    .argument('<from>', 'safetensors, in any known naming')
    .argument('<to>', 'safetensors to write')
    .addOption(new Option('--naming <tool>', 'whose names').choices([...namings]).default('timm'))
    .option('--json', 'one JSON document on stdout');
  return addWeightsOptions(addNetworkOptions(command))
    .addHelpText(
      'after',
      '\nExample:\n  ablate export mine.safetensors timm.safetensors --model convnext-tiny --naming timm',
    )
    .action((from: string, to: string, options: ConvertOptions & { naming: Naming }) =>
      convertWeights(from, to, options.naming, options),
    );
}
