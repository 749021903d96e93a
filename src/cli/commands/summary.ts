import { Command } from 'commander';
import { countCost } from '../../cost/count.js';
import { receptiveFields } from '../../cost/receptive-field.js';
import { blockDiagram, blockDiagramPng, typicalBlock } from '../../report/block-diagram.js';
import { UsageError } from '../errors.js';
import { addNetworkOptions, type NetworkOptions, networkFrom } from '../network-options.js';
import { note, printJson, printText } from '../output.js';
import { textTable } from '../table.js';
import { checkPictureFile, writePicture } from '../write-figure.js';
import { grouped } from '../../words/counted.js';

interface SummaryOptions extends NetworkOptions {
  readonly against?: string;
  readonly draw?: string;
  readonly json?: boolean;
}

export function summaryCommand(): Command {
  const command = new Command('summary')
    .description("a network's layers with shapes, parameters, MACs and receptive field")
    .option('--against <name>', 'another network by name, drawn beside it (default: resnet-50); takes --draw')
    .option(
      '--draw <file>',
      "a block of both networks side by side as .svg or .png, as in the paper's Figures 3 and 4, with what differs marked",
    )
    .option('--json', 'one JSON document on stdout');
  return addNetworkOptions(command)
    .addHelpText(
      'after',
      '\nExamples:\n  ablate summary --model convnext-tiny\n  ablate summary --model convnext-tiny --against swin-tiny --draw blocks.svg',
    )
    .action(async (options: SummaryOptions) => {
      if (options.draw !== undefined) checkPictureFile(options.draw);
      else if (options.against !== undefined)
        throw new UsageError('--against says what --draw draws beside the network; add --draw blocks.svg');
      const { model } = await networkFrom(options);
      const fields = receptiveFields(model);
      const cost = countCost(model);
      if (options.draw !== undefined) {
        const other = (await networkFrom({ model: options.against ?? 'resnet-50', width: 1 })).model;
        const sides = [typicalBlock(other), typicalBlock(model)] as const;
        await writePicture(options.draw, {
          '.svg': () => blockDiagram(...sides),
          '.png': () => blockDiagramPng(...sides),
        });
        note(`wrote ${options.draw}`);
      }
      const layers = cost.layers.map(({ name, kind, output, macs, params }) => ({
        name,
        kind,
        output,
        macs,
        params,
        receptiveField: fields.get(name)?.size ?? null,
      }));
      if (options.json)
        return printJson({
          schema: 'ablate/summary/1',
          network: model.name,
          macs: cost.macs,
          params: cost.params,
          layers,
        });
      const columns = [
        { heading: model.name },
        { heading: 'kind' },
        { heading: 'output' },
        { heading: 'MACs', right: true },
        { heading: 'parameters', right: true },
        { heading: 'sees', right: true },
      ];
      const rows = layers.map(({ name, kind, output, macs, params, receptiveField }) => [
        name,
        kind,
        output.join('x'),
        grouped(macs),
        grouped(params),
        receptiveField === null ? '' : String(receptiveField),
      ]);
      printText(textTable(columns, [...rows, ['total', '', '', grouped(cost.macs), grouped(cost.params), '']]));
    });
}
