import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Command, Option } from 'commander';
import { provenance, provenanceText } from '../../bench/provenance.js';
import { writeSection } from '../../bench/results-file.js';
import { createSuiteClock, suiteTime } from '../../bench/suite-clock.js';
import { suiteFindings, suiteTable } from '../../bench/suite-table.js';
import { checkDevice } from '../../engine/available.js';
import type { Device, EngineDescription } from '../../engine/engine.js';
import { localProcesses } from '../../experiment/executor.js';
import { codeVersion, describeMachine, devicesFor } from '../../experiment/machine.js';
import { runSchedule } from '../../experiment/schedule.js';
import { shareMachine } from '../../experiment/share.js';
import { writePlan } from '../../records/write.js';
import { counted } from '../../words/counted.js';
import { Exit, exitCodes } from '../errors.js';
import { whole } from '../network-options.js';
import { makeFolder } from '../make-folder.js';
import { note, printJson, printText } from '../output.js';
import { openPlan } from '../planned.js';
import { createProgress } from '../progress.js';
import { type SettingsOption, settingsOption } from '../settings-option.js';
import { textTable } from '../table.js';
import { benchSuiteTorch } from './bench-suite-torch.js';

interface BenchSuiteOptions extends SettingsOption {
  readonly only?: string;
  readonly seeds?: string;
  readonly device?: Device;
  readonly parallel?: number;
  readonly json?: boolean;
  readonly markdown?: string;
  readonly torch?: string;
  readonly tcmalloc?: string;
  readonly rounds: number;
}

export function benchSuiteCommand(): Command {
  return new Command('suite')
    .description('run a suite from start to end, keep none of its records, and say where the time went')
    .argument('<suite>', 'a suite file')
    .option('--only <glob>', 'only variants whose name fits')
    .option('--seeds <list>', "other seeds than the suite's, such as 0-4 or 0,2")
    .addOption(new Option('--device <device>', "instead of the suite's").choices(['auto', 'gpu', 'cpu', 'wasm']))
    .addOption(settingsOption())
    .option('--parallel <runs>', 'runs at a time (default: as many as cores and memory allow)', whole)
    .option('--torch <python>', 'the same suite also by a plain PyTorch program, in turn; a Python with torch and timm')
    .option('--tcmalloc <library>', 'PyTorch with this allocator preloaded, such as libtcmalloc_minimal.so.4')
    .option('--rounds <count>', 'turns of either side beside PyTorch', whole, 1)
    .option('--json', 'one JSON document on stdout')
    .option('--markdown <file>', 'put it into this file, in place of its former self')
    .addHelpText(
      'after',
      `
Examples:
  ablate bench suite configs/suites/quickstart.yaml
  ablate bench suite configs/suites/quickstart.yaml --torch python3 --set recipe.precision=float32`,
    )
    .action(benchSuite);
}

async function benchSuite(file: string, options: BenchSuiteOptions): Promise<void> {
  if (options.markdown !== undefined) await makeFolder(dirname(options.markdown));
  const out = await mkdtemp(join(tmpdir(), 'ablate-bench-'));
  try {
    const planned = await openPlan(file, { ...options, out }, true);
    const { opened, plan, runs, suiteFolder } = planned;
    const { suite } = opened;
    const available = checkDevice(options.device ?? suite.runner.device);
    if (available.warning) note(available.warning);
    const machine = { ...describeMachine(), ...devicesFor(available) };
    const share = shareMachine(runs, options.parallel ?? suite.runner.parallel, machine);
    if (options.torch !== undefined) {
      const { torch } = options;
      return await benchSuiteTorch(file, planned, share, out, {
        ...options,
        torch,
        selection: selectionWords(options),
      });
    }
    await writePlan(suiteFolder, plan.record);
    const clock = createSuiteClock();
    const progress = createProgress(process.stderr, runs);
    const engines = new Map<string, EngineDescription>();
    const never = new AbortController().signal;
    const before = performance.now();
    await runSchedule({
      ...{ runs, suiteFolder, share, eager: false, codeVersion: codeVersion(), stop: never, kill: never },
      executor: localProcesses(),
      onEvent: (event) => {
        clock.take(event);
        progress.onEvent(event);
        if (event.kind === 'message' && event.message.kind === 'started') {
          const { engine } = event.message;
          engines.set(JSON.stringify(engine), engine);
        }
      },
    });
    const wall = (performance.now() - before) / 1000;
    progress.close();
    for (const failure of clock.failures()) note(`failed: ${failure}`);
    if (clock.times().length === 0) throw new Exit(exitCodes.someFailed);
    // The process counts from its own start, so that loading the program is in it.
    const time = suiteTime(clock.times(), wall, performance.now() / 1000, share.parallel);
    const versions = [...engines.values()].map(
      ({ engine, version, device, compiler, precision, threads, kernels }) =>
        `${engine} ${version}${compiler ? ' by XLA' : ''}, ${device}, ${precision}, ${counted(threads, 'thread')} a run, kernels ${kernels}`,
    );
    const source = provenance(process.argv.slice(2), versions);
    const table = suiteTable(time);
    const findings = suiteFindings(time);
    const title = `A whole suite: ${suite.name}`;
    const method = 'Timed from outside by what the runs tell as they go; steps are timed by the runs themselves.';
    if (options.markdown) {
      const id = `suite-${suite.name}`;
      await writeSection(options.markdown, { id, title, provenance: source, method, table, findings });
      note(`wrote ${options.markdown}`);
    }
    if (options.json) printJson({ schema: 'ablate/bench-suite/1', suite: suite.name, ...source, ...time });
    else
      printText([textTable(table.columns, table.rows), '', ...findings, '', title, provenanceText(source)].join('\n'));
    if (clock.failures().length > 0) throw new Exit(exitCodes.someFailed);
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

/** What chooses and changes the runs, in `ablate run`'s words. */
function selectionWords({ only, seeds, device, parallel, set = [] }: BenchSuiteOptions): string[] {
  const given = (name: string, value: string | number | undefined) =>
    value === undefined ? [] : [name, String(value)];
  return [
    ...given('--only', only),
    ...given('--seeds', seeds),
    ...given('--device', device),
    ...given('--parallel', parallel),
    ...set.flatMap(({ text }) => ['--set', text]),
  ];
}
