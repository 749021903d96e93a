import { join } from 'node:path';
import { Command } from 'commander';
import { describeMachine } from '../../experiment/machine.js';
import { planSuite } from '../../experiment/plan.js';
import { shareMachine } from '../../experiment/share.js';
import { estimateTime, standingOf } from '../../experiment/standing.js';
import { openSuite } from '../../experiment/suite.js';
import { trainingPictures } from '../../data/catalogue.js';
import { note, printJson, printText } from '../output.js';
import { duration } from '../progress.js';
import { parseSeeds, selectRuns } from '../select.js';
import { grouped, textTable } from '../table.js';

interface PlanOptions {
  readonly only?: string;
  readonly seeds?: string;
  readonly out: string;
  readonly json?: boolean;
}

export function planCommand(): Command {
  return new Command('plan')
    .description(
      'list every run of a suite with its cost, what is done, and how long the rest will take; nothing is trained or written',
    )
    .argument('<suite>', 'a suite file')
    .option('--only <glob>', 'only variants whose name fits')
    .option('--seeds <list>', "other seeds than the suite's, such as 0-4")
    .option('--out <dir>', 'where records are', 'experiments')
    .option('--json', 'one JSON document on stdout')
    .addHelpText('after', '\nExample:\n  ablate plan configs/suites/quickstart.yaml')
    .action(async (file: string, options: PlanOptions) => {
      const seeds = options.seeds === undefined ? undefined : parseSeeds(options.seeds);
      const opened = await openSuite(file);
      const plan = planSuite(opened, { seeds: seeds && [...seeds] });
      const runs = selectRuns(plan.runs, options.only, seeds);
      const folder = join(options.out, opened.suite.name);
      const standings = await Promise.all(runs.map(async (run) => [run, await standingOf(run, folder)] as const));
      const left = standings.filter(([, { state }]) => state !== 'done').map(([run]) => run);
      const share = shareMachine(left, opened.suite.runner.parallel, { ...describeMachine(), gpu: false });
      const pictures = trainingPictures(opened.suite.dataset);
      const estimate = estimateTime(standings, left, pictures, share.parallel);
      if (options.json) {
        return printJson({
          schema: 'ablate/plan/1',
          suite: opened.suite.name,
          runs: standings.map(([{ spec, hash, macs, params, bytes }, { state }]) => ({
            variant: spec.variant,
            seed: spec.seed,
            state,
            macs,
            params,
            epochs: spec.recipe.epochs,
            bytes,
            hash,
          })),
          left: left.length,
          estimate,
        });
      }
      const columns = [
        { heading: 'variant' },
        { heading: 'seed', right: true },
        { heading: 'state' },
        { heading: 'MACs', right: true },
        { heading: 'parameters', right: true },
        { heading: 'epochs', right: true },
        { heading: 'memory, MiB', right: true },
      ];
      const rows = standings.map(([{ spec, macs, params, bytes }, standing]) => [
        spec.variant,
        String(spec.seed),
        standing.state,
        grouped(macs),
        grouped(params),
        String(spec.recipe.epochs),
        grouped(Math.round(bytes / 2 ** 20)),
      ]);
      printText(textTable(columns, rows));
      note(
        `${left.length} of ${runs.length} runs left${estimate ? `, about ${duration(estimate.milliseconds)} by ${estimate.basis}` : '; no finished run yet to judge the time by'}`,
      );
    });
}
