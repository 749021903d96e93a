import { Command } from 'commander';
import { budgetWords } from '../../experiment/budget-words.js';
import { choiceWords } from '../../experiment/choice-words.js';
import { holderOf } from '../../experiment/lock.js';
import type { PlannedRun } from '../../experiment/plan.js';
import type { QueuedTask } from '../../experiment/slurm-client.js';
import { type SlurmView, slurmView } from '../../experiment/slurm-jobs.js';
import type { Standing } from '../../experiment/standing.js';
import { readMetrics } from '../../records/read.js';
import { note, printJson, printText } from '../output.js';
import { leftOutOf } from '../open-suite.js';
import { noPluginsOption, type PluginsOption } from '../plugins-option.js';
import { openPlan } from '../planned.js';
import { staleWords } from '../progress-state.js';
import { type SettingsOption, settingsOption } from '../settings-option.js';
import { textTable } from '../table.js';

interface StatusOptions extends SettingsOption, PluginsOption {
  readonly out: string;
  readonly json?: boolean;
}

export function statusCommand(): Command {
  return new Command('status')
    .description("say where a suite's runs stand: done, failed and why, running, begun, waiting; reads only")
    .argument('<suite>', 'a suite file')
    .option('--out <dir>', 'where records are', 'experiments')
    .addOption(settingsOption())
    .addOption(noPluginsOption())
    .option('--json', 'one JSON document on stdout')
    .addHelpText('after', '\nExample:\n  ablate status configs/suites/quickstart.yaml')
    .action(async (file: string, { out, set = [], plugins, json }: StatusOptions) => {
      const { opened, plan, runs, part, suiteFolder, standings } = await openPlan(file, { out, set, plugins }, false);
      const slurm = slurmView(suiteFolder);
      const states: RunState[] = [];
      for (const run of runs) {
        const state: RunState =
          run.awaits !== null
            ? { variant: run.spec.variant, seed: run.spec.seed, state: 'waiting', reason: `for ${run.awaits}` }
            : await describe(run, standings.get(run) as Standing);
        states.push({ ...state, ...inSlurm(run, slurm) });
      }
      if (json) {
        const suite = opened.suite.name;
        return printJson({
          ...{ schema: 'ablate/status/1', suite, ...leftOutOf(opened), folder: suiteFolder, runs: states },
          ...(plan.record.choices && { choices: plan.record.choices }),
        });
      }
      const rows = states.map((one) => [
        one.variant,
        String(one.seed),
        one.state,
        [words(one), slurmWords(one)].filter(Boolean).join('; '),
      ]);
      printText(
        textTable(
          [{ heading: 'variant' }, { heading: 'seed', right: true }, { heading: 'state' }, { heading: 'more' }],
          rows,
        ),
      );
      for (const words of [...choiceWords(plan.record), ...budgetWords(plan.record, part)]) note(words);
      const count = (state: RunState['state']) => states.filter((one) => one.state === state).length;
      const parts = stateNames.map((state) => [count(state), state] as const).filter(([number]) => number > 0);
      note(`${parts.map(([number, state]) => `${number} ${state}`).join(', ')}; records in ${suiteFolder}`);
    });
}

const stateNames = ['done', 'elsewhere', 'failed', 'running', 'begun', 'stale', 'damaged', 'waiting'] as const;

interface RunState {
  readonly variant: string;
  readonly seed: number;
  readonly state: (typeof stateNames)[number];
  readonly top1?: number;
  readonly reason?: string;
  readonly epoch?: number;
  readonly epochs?: number;
  /** The process that trains it, where that was stopped from outside. */
  readonly stopped?: number;
  /** Where the same run is done. */
  readonly folder?: string;
  /** The task that Slurm has for it; null where it has none, absent where none was submitted or Slurm cannot be asked. */
  readonly slurm?: QueuedTask | null;
}

const inSlurm = ({ spec }: PlannedRun, slurm: SlurmView | null): Pick<RunState, 'slurm'> =>
  slurm ? { slurm: slurm.taskOf(spec) } : {};

async function describe({ spec }: PlannedRun, standing: Standing): Promise<RunState> {
  const { variant, seed, recipe } = spec;
  if (standing.state === 'done') return { variant, seed, state: 'done', top1: standing.result.top1 };
  if (standing.state === 'elsewhere')
    return { variant, seed, state: 'elsewhere', top1: standing.result.top1, folder: standing.folder };
  if (standing.state === 'failed' || standing.state === 'damaged')
    return { variant, seed, state: standing.state, reason: standing.reason };
  if (standing.state !== 'begun') return { variant, seed, state: standing.state };
  const { lines } = readMetrics(standing.folder);
  const holder = await holderOf(standing.folder);
  const state = holder ? 'running' : 'begun';
  const stopped = holder?.stopped ? { stopped: holder.pid } : {};
  return { variant, seed, state, epoch: lines.at(-1)?.epoch ?? 0, epochs: recipe.epochs, ...stopped };
}

function slurmWords({ slurm, state }: RunState): string {
  if (slurm === undefined || state === 'done' || state === 'elsewhere') return '';
  if (slurm === null) return state === 'running' ? '' : 'not in Slurm: submit again';
  const why = slurm.reason === 'None' ? '' : ` (${slurm.reason})`;
  return `Slurm: ${slurm.id} ${slurm.state.toLowerCase()}${why}`;
}

function words({ top1, reason, epoch, epochs, state, stopped, folder }: RunState): string {
  if (folder !== undefined) return `the same run is done in ${folder}; \`ablate run\` takes it from there`;
  if (top1 !== undefined) return `top-1 ${(100 * top1).toFixed(2)} %`;
  if (epoch !== undefined) {
    const halted = stopped === undefined ? '' : `; its process was stopped, kill -CONT ${stopped} lets it go on`;
    return `epoch ${epoch.toFixed(2)} of ${epochs}${halted}`;
  }
  if (state === 'stale') return `${staleWords}; \`ablate run\` sets them aside`;
  if (state === 'damaged') return `${reason}; \`ablate run\` sets its records aside and trains it anew`;
  return reason?.replace(/\s*\n\s*/g, ' ') ?? '';
}
