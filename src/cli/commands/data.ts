import { Command } from 'commander';
import { datasetNames, datasets } from '../../data/catalogue.js';
import { warningsOf } from '../../data/remarks.js';
import { datasetEntry } from '../dataset-option.js';
import { note, printJson, printText } from '../output.js';
import { textTable } from '../table.js';
import { grouped } from '../../words/counted.js';
import { dataCheckCommand } from './data-check.js';
import { dataShowCommand } from './data-show.js';

export function dataCommand(): Command {
  return (
    new Command('data')
      .description('fetch a dataset into the cache, check it, say what is in it')
      .argument('[name]', `${datasetNames.join(', ')}; left out, all are listed`)
      // Options of `check` and `show` stand behind them and in their own help.
      .enablePositionalOptions()
      .option('--root <dir>', 'a folder that has the files already')
      .option('--json', 'one JSON document on stdout')
      .addHelpText(
        'after',
        `
Examples:
  ablate data fashion-mnist
  ablate data fashion-mnist --root ~/Downloads/fashion
  ablate data check folder --root ~/pictures
  ablate data show configs/suites/quickstart.yaml`,
      )
      .addCommand(dataCheckCommand())
      .addCommand(dataShowCommand())
      .action(async (name: string | undefined, options: { root?: string; json?: boolean }) => {
        if (name === undefined) return list(options.json === true);
        const entry = datasetEntry(name, options.root);
        const folder = await entry.fetch(options.root ?? null, note);
        const { train, test, layout } = await entry.open(folder);
        for (const text of warningsOf(train, test)) note(text);
        const splits = [train, test].map(({ split, length, fingerprint, classes }) => ({
          split,
          pictures: length,
          classes: classes.length,
          fingerprint,
        }));
        if (options.json) return printJson({ schema: 'ablate/data/1', name, folder, layout, splits });
        const rows = splits.map(({ split, pictures, classes }) => [split, grouped(pictures), String(classes)]);
        printText(
          textTable(
            [{ heading: name }, { heading: 'pictures', right: true }, { heading: 'classes', right: true }],
            rows,
          ),
        );
        note(`in ${folder}, read as ${layout.format}`);
      })
  );
}

function list(json: boolean): void {
  const entries = Object.entries(datasets).map(([name, { about, classes }]) => ({ name, classes, about }));
  if (json) printJson({ schema: 'ablate/datasets/1', datasets: entries });
  else
    printText(
      textTable(
        [{ heading: 'dataset' }, { heading: 'what it is' }],
        entries.map(({ name, about }) => [name, about]),
      ),
    );
}
