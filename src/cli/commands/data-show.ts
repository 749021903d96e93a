import { Command } from 'commander';
import type { Recipe } from '../../config/recipe.js';
import { openDatasets } from '../../data/open.js';
import { evaluationBatches, trainingBatches } from '../../data/pipeline.js';
import { networkOf } from '../../experiment/network.js';
import { countSteps } from '../../training/schedule.js';
import { UsageError } from '../errors.js';
import { whole } from '../network-options.js';
import { openSuiteHere } from '../open-suite.js';
import { noPluginsOption, type PluginsOption } from '../plugins-option.js';
import { note, printJson } from '../output.js';
import { pictureSheet, type SheetSection } from '../picture-sheet.js';
import { checkPictureFile, writePicture } from '../write-figure.js';
import { type SettingsOption, settingsOption } from '../settings-option.js';

interface ShowOptions extends SettingsOption, PluginsOption {
  readonly out: string;
  readonly pictures: number;
  readonly batch: number;
}

export function dataShowCommand(): Command {
  return new Command('show')
    .description('draw what the networks of a suite are fed: augmented batches with their targets, and the test set')
    .argument('<suite>', 'a suite file')
    .option('--out <file>', 'where the PNG goes', 'pictures.png')
    .option('--pictures <count>', 'pictures of each kind', whole, 16)
    .option('--batch <number>', 'which training batch, from 0', wholeOrZero, 0)
    .addOption(settingsOption())
    .addOption(noPluginsOption())
    .option('--json', 'one JSON document on stdout')
    .addHelpText('after', '\nExample:\n  ablate data show configs/suites/quickstart.yaml --out pictures.png')
    .action(async (file: string, options: ShowOptions, command: Command) => {
      const { json } = command.optsWithGlobals<{ json?: boolean }>();
      checkPictureFile(options.out, ['.png']);
      const { pictures: count, batch: from } = options;
      const { suite, variants, catalogue } = await openSuiteHere(file, options);
      const { train, test } = await openDatasets(suite.dataset);
      const [first] = variants;
      if (!first) throw new UsageError(`${file} has no networks`);
      const { resolution } = networkOf(first.spec, catalogue);
      const seed = suite.seeds[0] ?? 0;
      const recipes = new Map(variants.map(({ recipe }) => [JSON.stringify(recipe), recipe]));
      const sections: SheetSection[] = [];
      for (const recipe of recipes.values()) {
        const batches = trainingBatches({ dataset: train, resolution, seed, from, ...shapeOf(recipe, train.length) });
        const { value: batch } = await batches.next();
        await batches.return(undefined as never);
        const heading = `${recipe.name}: training batch ${from} of seed ${seed}`;
        sections.push({ heading, batch, count: Math.min(count, batch.size) });
      }
      const evaluation = [...recipes.values()].at(-1)?.evaluation;
      const batches = evaluationBatches({ dataset: test, resolution, batchSize: count, evaluation });
      const { value: batch } = await batches.next();
      await batches.return(undefined);
      if (batch) sections.push({ heading: 'test set, as it is evaluated', batch, count: batch.size });
      await writePicture(options.out, { '.png': () => pictureSheet(sections, train, resolution) });
      if (json)
        printJson({
          schema: 'ablate/data-show/1',
          file: options.out,
          recipes: [...recipes.values()].map(({ name }) => name),
        });
      else note(`wrote ${options.out}`);
    });
}

/** A recipe's batches as training makes them: BN's share of a batch at a time. */
function shapeOf(recipe: Recipe, pictures: number) {
  const batchSize = recipe.micro_batch_size ?? recipe.batch_size;
  return {
    batchSize,
    batchesPerEpoch: countSteps(pictures, recipe.batch_size, recipe.epochs).perEpoch * (recipe.batch_size / batchSize),
    augmentation: recipe.augmentation,
    evaluation: recipe.evaluation,
    labelSmoothing: recipe.label_smoothing,
  };
}

const wholeOrZero = (text: string): number => (text === '0' ? 0 : whole(text));
