import { Command } from 'commander';
import { parseRecipe } from '../../config/parse.js';
import { ConfigError } from '../../config/problem.js';
import type { Recipe } from '../../config/recipe.js';
import { recipeFile, recipeNames, unknownRecipe } from '../../config/recipes.js';
import { recipeFigure } from '../../report/figures/recipe.js';
import { light } from '../../report/figures/theme.js';
import { type Course, courseOf } from '../../training/course.js';
import { UsageError } from '../errors.js';
import { whole } from '../network-options.js';
import { note, printJson, printText } from '../output.js';
import { textTable } from '../table.js';
import { checkPictureFile, writeDrawing } from '../write-figure.js';
import { counted, grouped } from '../../words/counted.js';

interface ShowOptions {
  readonly pictures: number;
  readonly draw?: string;
  readonly json?: boolean;
}

export function recipeCommand(): Command {
  const show = new Command('show')
    .description('what a recipe sets over a run: learning rate, weight decay, drop path; as a table, or drawn')
    .argument('<recipe>', 'a recipe by name, or its file')
    .option('--pictures <count>', 'size of the training set, which decides how many steps an epoch has', whole, 1281167)
    .option('--draw <file>', 'the curves as .svg or .png')
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'after',
      '\nExamples:\n  ablate recipe show paper-300-epochs --draw recipe.svg\n  ablate recipe show compact --pictures 60000',
    )
    .action(showRecipe);
  const list = new Command('list')
    .description('the recipes that ship')
    .option('--json', 'one JSON document on stdout')
    .addHelpText('after', '\nExample:\n  ablate recipe list')
    .action(listRecipes);
  return new Command('recipe')
    .description('how networks are trained')
    .addHelpText('after', '\nExamples:\n  ablate recipe list\n  ablate recipe show paper-300-epochs')
    .addCommand(show)
    .addCommand(list);
}

async function listRecipes({ json }: { json?: boolean }): Promise<void> {
  const names = (await recipeNames()).sort();
  const recipes = await Promise.all(names.map(async (name) => ({ ...(await readRecipe(name)), name })));
  if (json) return printJson({ schema: 'ablate/recipes/1', recipes });
  const columns = [
    { heading: 'recipe' },
    { heading: 'epochs', right: true },
    { heading: 'batch', right: true },
    { heading: 'optimizer' },
    { heading: 'replaces' },
  ];
  const rows = recipes.map(({ name, epochs, batch_size, optimizer, replaces }) => [
    name,
    String(epochs),
    String(batch_size),
    optimizer.name,
    replaces ?? '',
  ]);
  printText(textTable(columns, rows));
}

/** Rows of the table; what is drawn is finer. */
const tableRows = 13;
const drawnPoints = 600;

async function showRecipe(name: string, { pictures, draw, json }: ShowOptions): Promise<void> {
  if (draw !== undefined) checkPictureFile(draw);
  const recipe = await readRecipe(name);
  if (draw !== undefined) {
    await drawRecipe(recipe, pictures, draw);
    note(`wrote ${draw}`);
  }
  const course = courseOf(recipe, pictures, json ? drawnPoints : tableRows);
  if (json) return printJson({ schema: 'ablate/recipe/1', recipe, pictures, ...course });
  printText(`${recipe.name}: ${conditions(recipe, pictures, course)}\n`);
  const columns = ['epoch', 'step', 'learning rate', 'rate x decay', 'drop path'].map((heading) => ({
    heading,
    right: true,
  }));
  const rows = course.points.map(({ epoch, step, learningRate, decay }) => [
    epoch.toFixed(2),
    grouped(step),
    learningRate.toPrecision(4),
    decay.toPrecision(4),
    `0 to ${recipe.drop_path}`,
  ]);
  printText(textTable(columns, rows));
}

async function drawRecipe(recipe: Recipe, pictures: number, file: string): Promise<void> {
  const course = courseOf(recipe, pictures, drawnPoints);
  const figure = recipeFigure({
    recipe: recipe.name,
    about: conditions(recipe, pictures, course),
    points: course.points,
    dropPath: recipe.drop_path,
  });
  await writeDrawing(file, figure.draw(light, 'wide'));
}

const conditions = ({ epochs, batch_size, optimizer }: Recipe, pictures: number, { steps, peak }: Course): string =>
  `${optimizer.name}, ${counted(epochs, 'epoch')} of ${counted(pictures, 'picture')}, batch ${batch_size}: ${counted(steps.total, 'step')}, peak rate ${Number(peak.toPrecision(4))}, weight decay ${optimizer.weight_decay}`;

async function readRecipe(name: string): Promise<Recipe> {
  const file = await recipeFile(name, '.');
  if (!file) throw new UsageError(await unknownRecipe(name));
  const { recipe, problems } = await parseRecipe(file);
  if (!recipe) throw new ConfigError(problems);
  return recipe;
}
