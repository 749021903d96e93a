import { Command } from 'commander';
import { createCatalogue } from '../../roadmap/catalogue.js';
import { printJson, printText } from '../output.js';
import { textTable } from '../table.js';

export function stepsCommand(): Command {
  return new Command('steps')
    .description("list the steps that a road can name, in the paper's order")
    .option('--json', 'one JSON document on stdout')
    .addHelpText('after', '\nExample:\n  ablate steps')
    .action(({ json }: { json?: boolean }) => {
      const steps = [...createCatalogue().values()];
      if (json) {
        const described = steps.map(({ id, title, section, group, claim, requires, main, measured }) => ({
          id,
          title,
          section,
          group,
          claim,
          requires: Object.keys(requires),
          main,
          measured,
        }));
        return printJson({ schema: 'ablate/steps/1', steps: described });
      }
      const columns = [
        { heading: 'step' },
        { heading: 'section' },
        { heading: 'paper, top-1', right: true },
        { heading: 'what changes' },
      ];
      const rows = steps.map(({ id, section, requires, measured, claim }) => [
        id,
        section ?? '',
        measured ? `${measured.from.toFixed(1)} -> ${measured.to.toFixed(1)}` : '',
        [claim, ...Object.keys(requires).map((needed) => `Needs ${needed}.`)].join(' '),
      ]);
      printText(textTable(columns, rows));
    });
}
