import { join } from 'node:path';
import { Command } from 'commander';
import { planSuite } from '../../experiment/plan.js';
import { standingOf } from '../../experiment/standing.js';
import { openSuite } from '../../experiment/suite.js';
import { note, printJson, printText } from '../output.js';
import { textTable } from '../table.js';

export function statusCommand(): Command {
  return new Command('status')
    .description("say where a suite's runs stand: done, failed and why, begun, waiting; reads only")
    .argument('<suite>', 'a suite file')
    .option('--out <dir>', 'where records are', 'experiments')
    .option('--json', 'one JSON document on stdout')
    .addHelpText('after', '\nExample:\n  ablate status configs/suites/quickstart.yaml')
    .action(async (file: string, options: { out: string; json?: boolean }) => {
      const opened = await openSuite(file);
      const { runs } = planSuite(opened);
      const folder = join(options.out, opened.suite.name);
      const standings = await Promise.all(runs.map(async (run) => ({ run, standing: await standingOf(run, folder) })));
      if (options.json) {
        const listed = standings.map(({ run, standing }) => ({
          variant: run.spec.variant,
          seed: run.spec.seed,
          state: standing.state,
          ...(standing.state === 'done' ? { top1: standing.result.top1 } : {}),
          ...(standing.state === 'failed' ? { reason: standing.reason } : {}),
        }));
        return printJson({ schema: 'ablate/status/1', suite: opened.suite.name, runs: listed });
      }
      const rows = standings.map(({ run, standing }) => [
        run.spec.variant,
        String(run.spec.seed),
        standing.state,
        standing.state === 'done'
          ? `top-1 ${(100 * standing.result.top1).toFixed(2)} %`
          : standing.state === 'failed'
            ? standing.reason
            : '',
      ]);
      printText(
        textTable(
          [{ heading: 'variant' }, { heading: 'seed', right: true }, { heading: 'state' }, { heading: '' }],
          rows,
        ),
      );
      const done = standings.filter(({ standing }) => standing.state === 'done').length;
      note(`${done} of ${runs.length} done`);
    });
}
