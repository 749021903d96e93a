import { resolve } from 'node:path';
import { Command } from 'commander';
import { parse } from 'yaml';
import { type CheckEngines, checkFile, type CheckRow, type NamedEngine } from '../../authoring/check-step.js';
import { EnvironmentError } from '../../engine/engine.js';
import { openEngine } from '../../engine/open.js';
import { counted } from '../../words/counted.js';
import { Exit, exitCodes, UsageError } from '../errors.js';
import { note, printJson, printText } from '../output.js';
import { textTable } from '../table.js';

export function checkStepCommand(): Command {
  return new Command('check-step')
    .description(
      "check the steps of plug-ins before they are trained: shapes, parameters, cost, gradients against float64, engines' values, bfloat16, chance",
    )
    .argument('<files...>', 'plug-ins')
    .option('--options <yaml>', "the steps' options, as on a road: '{ kernel: 9 }'; default: left out")
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'after',
      '\nExit code 1 where a check fails.\n\nExample:\n  ablate check-step examples/plugins/global-response-norm.ts',
    )
    .action(async (files: string[], { json, options }: { json?: boolean; options?: string }) => {
      const given = options === undefined ? {} : optionsIn(options);
      const engines = await openEngines();
      const rows: CheckRow[] = [];
      for (const file of files) {
        const found = await checkFile(resolve(file), engines, given);
        rows.push(...found.map((row) => ({ ...row, file })));
      }
      const wrong = rows.filter(({ verdict }) => verdict === 'wrong');
      if (json) {
        const names = engines.all.map(({ name }) => name);
        printJson({ schema: 'ablate/check-step/1', engines: names, checks: rows });
      } else {
        printText(
          textTable(
            [{ heading: 'step' }, { heading: 'layer' }, { heading: 'check' }, { heading: 'verdict' }, { heading: '' }],
            rows.map(({ file, step, layer, check, verdict, detail }) => [
              ...[step || file, layer ?? '', check, verdict === 'wrong' ? 'WRONG' : verdict, detail],
            ]),
          ),
        );
        note(wrong.length === 0 ? 'every check is right' : `${counted(wrong.length, 'check is', 'checks are')} wrong`);
      }
      if (wrong.length > 0) throw new Exit(exitCodes.someFailed);
    });
}

function optionsIn(text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw new UsageError(`--options ${text}: ${(error as Error).message.split('\n')[0]}`);
  }
}

/** wasm is always here; the tensorflow engine comes first where it is set up. */
async function openEngines(): Promise<CheckEngines> {
  const wasm: NamedEngine = { name: 'wasm', backend: 'wasm', engine: await openEngine({ device: 'wasm' }) };
  try {
    const named = async (eager: boolean, precision: 'float32' | 'bfloat16' = 'float32'): Promise<NamedEngine> => ({
      name: 'tensorflow',
      backend: 'tensorflow',
      engine: await openEngine({ device: 'cpu', eager, precision }),
    });
    return {
      all: [await named(true), wasm],
      compiled: await named(false),
      bfloat16: await named(true, 'bfloat16'),
    };
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    note(`${error.message}\nUntil then the checks run on wasm only.`);
    return { all: [wasm], compiled: null, bfloat16: null };
  }
}
