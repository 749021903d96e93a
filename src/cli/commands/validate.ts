import { Command } from 'commander';
import { ConfigError, type PlacedProblem } from '../../config/problem.js';
import { openSuite } from '../../experiment/suite.js';
import { Exit, exitCodes } from '../errors.js';
import { note, printJson, printText } from '../output.js';

export function validateCommand(): Command {
  return new Command('validate')
    .description(
      'check suites: every field, every recipe and plug-in, every network built; nothing is trained or written',
    )
    .argument('<files...>', 'suite files')
    .option('--json', 'one JSON document on stdout')
    .addHelpText('after', '\nExample:\n  ablate validate configs/suites/*.yaml')
    .action(async (files: string[], { json }: { json?: boolean }) => {
      const answers: { file: string; variants: number; problems: readonly PlacedProblem[] }[] = [];
      for (const file of files) {
        try {
          const { suite, variants } = await openSuite(file);
          answers.push({ file, variants: variants.length, problems: [] });
          if (!json)
            printText(`${file}: right; ${variants.length} networks, ${variants.length * suite.seeds.length} runs`);
        } catch (error) {
          if (!(error instanceof ConfigError)) throw error;
          answers.push({ file, variants: 0, problems: error.problems });
          if (!json) note(error.render());
        }
      }
      if (json) printJson({ schema: 'ablate/validate/1', files: answers });
      if (answers.some(({ problems }) => problems.length > 0)) throw new Exit(exitCodes.badInput);
    });
}
