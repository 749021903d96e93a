import { Command } from 'commander';
import { isRecipeFile, parseRecipe } from '../../config/parse.js';
import { ConfigError, type PlacedProblem } from '../../config/problem.js';
import { openSuite } from '../../experiment/suite.js';
import { Exit, exitCodes } from '../errors.js';
import { note, printJson, printText } from '../output.js';
import { counted } from '../../words/counted.js';

export function validateCommand(): Command {
  return new Command('validate')
    .description(
      'check suites: every field, every recipe and plug-in, every network built; nothing is trained or written',
    )
    .argument('<files...>', 'suite or recipe files')
    .option('--json', 'one JSON document on stdout')
    .addHelpText('after', '\nExample:\n  ablate validate configs/suites/*.yaml')
    .action(async (files: string[], { json }: { json?: boolean }) => {
      const answers: ({ file: string } & Answer)[] = [];
      for (const file of files) {
        const answer = (await isRecipeFile(file)) ? await checkRecipe(file) : await checkSuite(file);
        answers.push({ file, ...answer });
        if (json) continue;
        if (answer.problems.length > 0) note(new ConfigError(answer.problems).render());
        else printText(`${file}: right; ${answer.about}`);
      }
      if (json) printJson({ schema: 'ablate/validate/1', files: answers });
      if (answers.some(({ problems }) => problems.length > 0)) throw new Exit(exitCodes.badInput);
    });
}

interface Answer {
  readonly about: string;
  readonly problems: readonly PlacedProblem[];
}

async function checkRecipe(file: string): Promise<Answer> {
  const { recipe, problems } = await parseRecipe(file);
  return { about: `a recipe of ${counted(recipe?.epochs ?? 0, 'epoch')}`, problems };
}

async function checkSuite(file: string): Promise<Answer> {
  try {
    const { suite, variants } = await openSuite(file);
    return {
      about: `${counted(variants.length, 'network')}, ${counted(variants.length * suite.seeds.length, 'run')}`,
      problems: [],
    };
  } catch (error) {
    if (error instanceof ConfigError) return { about: '', problems: error.problems };
    throw error;
  }
}
