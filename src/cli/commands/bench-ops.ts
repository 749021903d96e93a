import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { type ContenderProcess, startContender, withContenders } from '../../bench/contender-process.js';
import { callText } from '../../bench/op-calls.js';
import { median, type OpRow, type OpSide, opFindings, opRows, opTable } from '../../bench/op-rows.js';
import type { Collected, OpsTask, OpTimes } from '../../bench/ops-worker.js';
import { provenance, provenanceText } from '../../bench/provenance.js';
import { writeSection } from '../../bench/results-file.js';
import { keptMemory } from '../../engine/kept-memory.js';
import { networkOf } from '../../experiment/network.js';
import { counted } from '../../words/counted.js';
import { whole } from '../network-options.js';
import { makeFolder } from '../make-folder.js';
import { openSuiteHere } from '../open-suite.js';
import { printJson, printText } from '../output.js';
import { fits, fitsNone } from '../select.js';
import { textTable } from '../table.js';
import { createTicker, type Ticker } from '../ticker.js';
import { defaultBatch } from './bench-step.js';
import { type SettingsOption, settingsOption } from '../settings-option.js';

interface BenchOpsOptions extends SettingsOption {
  readonly torch?: string;
  readonly only?: string;
  readonly batch?: number;
  readonly threads: number;
  readonly rounds: number;
  readonly steps: number;
  readonly top: number;
  readonly json?: boolean;
  readonly markdown?: string;
}

export function benchOpsCommand(): Command {
  return new Command('ops')
    .description(
      "time every operation on the shapes that a suite's networks have, forward and with gradients: ours, TensorFlow's plain ones, and PyTorch's where a Python with torch is given",
    )
    .argument('<suite>', 'a suite file; its data is not needed')
    .option('--torch <python>', 'a Python with torch')
    .option('--only <glob>', 'only variants whose name fits')
    .option('--batch <pictures>', 'pictures a step (default: 64; 8 from 128 pixels on)', whole)
    .option('--threads <count>', 'threads of each side', whole, 2)
    .option('--rounds <count>', 'turns of every side', whole, 7)
    .option('--steps <count>', 'calls a turn', whole, 3)
    .option('--top <count>', 'how many lines the table has; --json has all', whole, 40)
    .addOption(settingsOption())
    .option('--json', 'one JSON document on stdout')
    .option('--markdown <file>', 'put it into this file, in place of its former self')
    .addHelpText('after', '\nExample:\n  ablate bench ops configs/suites/quickstart.yaml --torch python3')
    .action(benchOps);
}

async function benchOps(file: string, options: BenchOpsOptions): Promise<void> {
  if (options.markdown !== undefined) await makeFolder(dirname(options.markdown));
  const { suite, variants, plugins, catalogue } = await openSuiteHere(file, options);
  const chosen = variants.filter(({ variant }) => fits(options.only)(variant.name));
  const [first] = chosen;
  if (!first) {
    throw fitsNone(
      options.only,
      variants.map(({ variant }) => variant.name),
    );
  }
  const { resolution } = networkOf(first.spec, catalogue);
  const batch = options.batch ?? defaultBatch(resolution);
  const networks = chosen.map(({ variant, spec }) => ({ name: variant.name, spec }));
  const task: OpsTask = { networks, plugins, batch, threads: options.threads };
  const ticker = createTicker();
  try {
    const { rows, versions } = await measure(task, options, ticker);
    const source = provenance(process.argv.slice(2), versions);
    const facts = { resolution, batch, threads: options.threads, rounds: options.rounds, steps: options.steps };
    const title = `Operations: ${suite.name}, ${resolution}×${resolution} pixels, batch ${batch}, ${counted(options.threads, 'thread')}`;
    const method = `Every call that the networks make in a training step, compiled, in turn, ${counted(options.rounds * options.steps, 'timing')} each; medians, ours and TensorFlow's less the cost of an empty step. Calls are those of one step of ${networks.length === 1 ? 'the network' : `all ${networks.length} networks together`}; the share is of the time that these take. The ${Math.min(options.top, rows.length)} largest of ${rows.length}.`;
    const table = opTable(rows, options.top);
    const findings = opFindings(rows);
    if (options.markdown) {
      const id = `ops-${suite.name}-${resolution}-${batch}-${options.threads}`;
      await writeSection(options.markdown, { id, title, provenance: source, method, table, findings });
      ticker.say(`wrote ${options.markdown}`);
    }
    if (options.json) return printJson({ schema: 'ablate/bench-ops/1', suite: suite.name, ...facts, ...source, rows });
    printText(
      [textTable(table.columns, table.rows), '', ...findings, '', title, provenanceText(source), method].join('\n'),
    );
  } finally {
    ticker.close();
  }
}

async function measure(
  task: OpsTask,
  { torch, rounds, steps }: BenchOpsOptions,
  ticker: Ticker,
): Promise<{ rows: OpRow[]; versions: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'ablate-bench-'));
  try {
    const taskFile = join(folder, 'task.json');
    await writeFile(taskFile, JSON.stringify(task));
    const worker = fileURLToPath(new URL('../../bench/ops-worker.js', import.meta.url));
    const ours = startContender([process.execPath, worker, taskFile], keptMemory());
    return await withContenders([ours], async () => {
      ticker.show('collecting the calls of every network');
      const { calls, about } = await ours.ask<Collected>({ collect: true });
      const callsFile = join(folder, 'calls.json');
      await writeFile(callsFile, JSON.stringify({ calls, threads: task.threads }));
      const script = fileURLToPath(new URL('../../../bench/ops_torch.py', import.meta.url));
      const theirs = torch === undefined ? null : startContender([torch, script, callsFile]);
      return await withContenders(theirs ? [theirs] : [], async () => {
        const said = theirs ? await theirs.ask<{ about: string }>({ about: true }) : null;
        const measured = [];
        for (const [at, call] of calls.entries()) {
          ticker.show(`${at + 1}/${calls.length} ${callText(call)}`);
          measured.push({ call, sides: await timeCall(at, ours, theirs, rounds, steps) });
        }
        return { rows: opRows(measured), versions: [about, ...(said ? [said.about] : [])] };
      });
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function timeCall(
  call: number,
  ours: ContenderProcess,
  theirs: ContenderProcess | null,
  rounds: number,
  steps: number,
): Promise<OpRow['sides']> {
  const asks: [OpSide, () => Promise<OpTimes>][] = [
    ['fused', () => ours.ask<OpTimes>({ call, side: 'fused', steps })],
    ['plain', () => ours.ask<OpTimes>({ call, side: 'plain', steps })],
    ...(theirs ? [['torch', () => theirs.ask<OpTimes>({ call, steps })] as [OpSide, () => Promise<OpTimes>]] : []),
  ];
  const answers = new Map<OpSide, OpTimes[]>(asks.map(([side]) => [side, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [side, ask] of asks) (answers.get(side) as OpTimes[]).push(await ask());
  }
  return Object.fromEntries([...answers].map(([side, times]) => [side, median(times)]));
}
