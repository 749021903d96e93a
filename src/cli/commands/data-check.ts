import { Command } from 'commander';
import { availableParallelism } from 'node:os';
import { datasetNames } from '../../data/catalogue.js';
import { checkPictures } from '../../data/check.js';
import { remarkText } from '../../data/remarks.js';
import { datasetEntry } from '../dataset-option.js';
import { Exit, exitCodes } from '../errors.js';
import { note, printJson, printText } from '../output.js';
import { textTable } from '../table.js';
import { grouped } from '../../words/counted.js';

/** Pictures between two lines of progress. */
const often = 10_000;

export function dataCheckCommand(): Command {
  return new Command('check')
    .description(
      'read every picture of a dataset once; say what was left out and list what is wrong; exit 3 where something is',
    )
    .argument('<name>', `a dataset: ${datasetNames.join(', ')}`)
    .option('--root <dir>', "the dataset's files; default: the cache")
    .option('--json', 'one JSON document on stdout')
    .addHelpText('after', '\nExample:\n  ablate data check folder --root ~/pictures')
    .action(async (name: string, _: unknown, command: Command) => {
      const { root, json } = command.optsWithGlobals<{ root?: string; json?: boolean }>();
      const { train, test, layout } = await datasetEntry(name, root).open(root ?? null);
      const splits = [];
      for (const dataset of [train, test]) {
        const tell = (done: number) => {
          if (done % often === 0) note(`${dataset.split}: ${grouped(done)} of ${grouped(dataset.length)}`);
        };
        splits.push(await checkPictures(dataset, availableParallelism(), tell));
      }
      if (json) printJson({ schema: 'ablate/data-check/1', name, layout, splits });
      else {
        printText(`${name}: read as ${layout.format}: ${layout.why}`);
        for (const { split, remarks } of splits) for (const remark of remarks) printText(remarkText(split, remark));
        for (const { problems } of splits) for (const problem of problems) printText(problem);
        const rows = splits.map(({ split, pictures, classes, problems, smallest, largest }) => [
          split,
          grouped(pictures),
          grouped(classes),
          grouped(problems.length),
          largest > 0 ? `${smallest} to ${largest}` : '-',
        ]);
        const right = true;
        printText(
          textTable(
            [
              { heading: name },
              { heading: 'pictures', right },
              { heading: 'classes', right },
              { heading: 'damaged', right },
              { heading: 'sides', right },
            ],
            rows,
          ),
        );
      }
      if (splits.some(({ problems }) => problems.length > 0)) throw new Exit(exitCodes.environment);
    });
}
