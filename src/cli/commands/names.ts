import { Command, Option } from 'commander';
import { foreignShape } from '../../weights/layout.js';
import { foreignName, type Naming, namings, namingsOf } from '../../weights/naming/index.js';
import { addNetworkOptions, type NetworkOptions, networkFrom } from '../network-options.js';
import { UsageError } from '../errors.js';
import { printJson, printText } from '../output.js';
import { textTable } from '../table.js';

export function namesCommand(): Command {
  const command = new Command('names')
    .description("list a network's parameters: their stable names here and, where it has them, in other tools")
    .addOption(
      new Option('--naming <names...>', 'whose names stand beside ours (default: the first two that it has)').choices([
        ...namings,
      ]),
    )
    .option('--json', 'one JSON document on stdout: all namings');
  return addNetworkOptions(command)
    .addHelpText(
      'after',
      '\nExamples:\n  ablate names --model convnext-tiny\n  ablate names --model swin-t --naming transformers\n  ablate names --base resnet-50 --with patchify-stem,depthwise-conv',
    )
    .action(async (options: NetworkOptions & { json?: boolean; naming?: readonly Naming[] }) => {
      const { network, model } = await networkFrom(options);
      const known = namingsOf(network);
      const parameters = model.parameters.map((spec) => {
        const names = Object.fromEntries(known.map((naming) => [naming, foreignName(spec, network, naming).name]));
        const { layout } = foreignName(spec, network, 'ablate');
        return { names, shape: foreignShape(spec.shape, layout), trainable: spec.trainable, decay: spec.decay };
      });
      if (options.json)
        return printJson({ schema: 'ablate/names/1', network: network.name, namings: known, parameters });
      const shown = shownOf(known, options.naming);
      const columns = [...shown.map((heading) => ({ heading })), { heading: 'shape (PyTorch)' }];
      printText(
        textTable(
          columns,
          parameters.map(({ names, shape }) => [...shown.map((naming) => names[naming] as string), shape.join(' x ')]),
        ),
      );
    });
}

/** As many as a terminal has room for, ours first; or those that were asked for. */
function shownOf(known: readonly Naming[], asked: readonly Naming[] = []): readonly Naming[] {
  const missing = asked.find((naming) => !known.includes(naming));
  if (missing) throw new UsageError(`the network has no names of ${missing}; it has those of ${known.join(', ')}`);
  return asked.length > 0 ? [...new Set<Naming>(['ablate', ...asked])] : known.slice(0, 3);
}
