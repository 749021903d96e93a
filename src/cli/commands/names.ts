import { Command } from 'commander';
import { foreignShape } from '../../weights/layout.js';
import { foreignName, namingsOf } from '../../weights/naming/index.js';
import { addNetworkOptions, type NetworkOptions, networkFrom } from '../network-options.js';
import { printJson, printText } from '../output.js';
import { textTable } from '../table.js';

export function namesCommand(): Command {
  const command = new Command('names')
    .description("list a network's parameters: their stable names here and, where it has them, in other tools")
    .option('--json', 'one JSON document on stdout');
  return addNetworkOptions(command)
    .addHelpText(
      'after',
      '\nExamples:\n  ablate names --model convnext-tiny\n  ablate names --base resnet-50 --with patchify-stem,depthwise-conv',
    )
    .action(async (options: NetworkOptions & { json?: boolean }) => {
      const { network, model } = await networkFrom(options);
      const namings = namingsOf(network);
      const parameters = model.parameters.map((spec) => {
        const names = Object.fromEntries(namings.map((naming) => [naming, foreignName(spec, network, naming).name]));
        const { layout } = foreignName(spec, network, 'ablate');
        return { names, shape: foreignShape(spec.shape, layout), trainable: spec.trainable, decay: spec.decay };
      });
      if (options.json) return printJson({ schema: 'ablate/names/1', network: network.name, namings, parameters });
      const columns = [...namings.map((heading) => ({ heading })), { heading: 'shape (PyTorch)' }];
      printText(
        textTable(
          columns,
          parameters.map(({ names, shape }) => [
            ...namings.map((naming) => names[naming] as string),
            shape.join(' x '),
          ]),
        ),
      );
    });
}
