import { Command } from 'commander';
import { tryLayers } from '../../authoring/try-suite.js';
import { isRecipeFile, parseRecipe } from '../../config/parse.js';
import { ConfigError, type PlacedProblem, renderProblem } from '../../config/problem.js';
import type { LeftOut } from '../../experiment/suite-plugins.js';
import type { Setting } from '../../config/settings.js';
import { type SettingsOption, settingsOption } from '../settings-option.js';
import { Exit, exitCodes } from '../errors.js';
import { leftOutOf, openSuiteHere } from '../open-suite.js';
import { noPluginsOption, type PluginsOption } from '../plugins-option.js';
import { note, printJson, printText } from '../output.js';
import { counted } from '../../words/counted.js';

export function validateCommand(): Command {
  return new Command('validate')
    .description(
      'check suites: every field, every recipe and plug-in, every network built, layers of plug-ins run once; nothing is trained or written',
    )
    .argument('<files...>', 'suite or recipe files')
    .addOption(settingsOption())
    .addOption(noPluginsOption())
    .option('--json', 'one JSON document on stdout')
    .addHelpText('after', '\nExample:\n  ablate validate configs/suites/*.yaml')
    .action(async (files: string[], options: ValidateOptions) => {
      const { json, set = [] } = options;
      const answers: ({ file: string } & Answer)[] = [];
      for (const file of files) {
        const answer = (await isRecipeFile(file)) ? await checkRecipe(file, set) : await checkSuite(file, options);
        answers.push({ file, ...answer });
        if (json) continue;
        for (const warning of answer.warnings.slice(0, mostShown))
          note(renderProblem({ ...warning, message: `warning: ${warning.message}` }));
        if (answer.problems.length > 0) note(new ConfigError(answer.problems).render());
        else {
          const said = answer.warnings.length > 0 ? [counted(answer.warnings.length, 'warning')] : [];
          const far = answer.leftOut ? 'right as far as it goes without its plug-ins' : 'right';
          printText(`${file}: ${far}; ${[answer.about, ...said].join('; ')}`);
        }
      }
      if (json) printJson({ schema: 'ablate/validate/1', files: answers });
      if (answers.some(({ problems }) => problems.length > 0)) throw new Exit(exitCodes.badInput);
    });
}

/** Of a file's warnings; `--json` has all. */
const mostShown = 20;

interface ValidateOptions extends SettingsOption, PluginsOption {
  readonly json?: boolean;
}

interface Answer {
  readonly about: string;
  readonly problems: readonly PlacedProblem[];
  readonly warnings: readonly PlacedProblem[];
  readonly leftOut?: LeftOut;
}

async function checkRecipe(file: string, settings: readonly Setting[]): Promise<Answer> {
  const { recipe, problems, warnings } = await parseRecipe(file, settings);
  return { about: recipe ? `a recipe of ${counted(recipe.epochs, 'epoch')}` : '', problems, warnings };
}

async function checkSuite(file: string, options: ValidateOptions): Promise<Answer> {
  try {
    const opened = await openSuiteHere(file, options);
    const { suite, variants, warnings } = opened;
    const problems = await tryLayers(opened);
    const trained = variants.filter(({ sameAs }) => sameAs === null).length;
    const trials = suite.tune ? trained * suite.tune.learning_rate.length * suite.tune.seeds.length : 0;
    const before = trials > 0 ? `, ${counted(trials, 'trial')} of learning rates` : '';
    const runs = trained * suite.seeds.length + suite.repeat.length;
    const about = `${counted(trained, 'network')}, ${counted(runs, 'run')}${before}`;
    return { about, problems, warnings, ...leftOutOf(opened) };
  } catch (error) {
    if (error instanceof ConfigError) return { about: '', problems: error.problems, warnings: [] };
    throw error;
  }
}
