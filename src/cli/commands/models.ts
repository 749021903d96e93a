import { Command } from 'commander';
import { buildModel } from '../../architecture/build.js';
import { modelNames, namedNetwork } from '../../architecture/models.js';
import type { Network } from '../../architecture/network.js';
import { countCost } from '../../cost/count.js';
import { namingsOf } from '../../weights/naming/index.js';
import { printJson, printText } from '../output.js';
import { textTable } from '../table.js';
import { grouped } from '../../words/counted.js';

export function modelsCommand(): Command {
  return new Command('models')
    .description('list the networks that go by a name, with their exact cost at 1000 classes')
    .option('--json', 'one JSON document on stdout')
    .addHelpText('after', '\nExample:\n  ablate models')
    .action(({ json }: { json?: boolean }) => {
      const models = modelNames.map((name) => {
        const network = namedNetwork(name) as Network;
        const { macs, params } = countCost(buildModel(network));
        return { name, resolution: network.resolution, macs, params, namings: namingsOf(network) };
      });
      if (json) return printJson({ schema: 'ablate/models/1', models });
      const columns = [
        { heading: 'network' },
        { heading: 'pixels', right: true },
        { heading: 'MACs', right: true },
        { heading: 'parameters', right: true },
        { heading: 'weights of' },
      ];
      const rows = models.map(({ name, resolution, macs, params, namings }) => [
        name,
        String(resolution),
        grouped(macs),
        grouped(params),
        namings.filter((naming) => naming !== 'ablate').join(', '),
      ]);
      printText(textTable(columns, rows));
    });
}
