import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { type Contender, interleave, type Measured } from '../../bench/interleave.js';
import { type StepTask, stepTask } from '../../bench/task.js';
import { buildModel } from '../../architecture/build.js';
import { describeMachine } from '../../experiment/machine.js';
import { networkOf } from '../../experiment/network.js';
import { openSuite } from '../../experiment/suite.js';
import { note, printJson, printText } from '../output.js';
import { textTable } from '../table.js';
import { benchDataCommand } from './bench-data.js';
import { fits } from '../select.js';

interface BenchOptions {
  readonly torch?: string;
  readonly tcmalloc?: string;
  readonly compile?: boolean;
  readonly wasm?: boolean;
  readonly only?: string;
  readonly batch: string;
  readonly threads: string;
  readonly rounds: string;
  readonly steps: string;
  readonly precision: 'float32' | 'bfloat16';
  readonly json?: boolean;
}

export function benchCommand(): Command {
  const step = new Command('step')
    .description(
      'time the training step of every network of a suite, beside PyTorch where a Python with torch is given; in turn, medians',
    )
    .argument('<suite>', 'a suite file; its data is not needed')
    .option('--torch <python>', 'a Python with torch and timm')
    .option('--tcmalloc <library>', 'also PyTorch with this allocator preloaded')
    .option('--compile', 'also torch.compile')
    .option('--wasm', 'also the wasm engine')
    .option('--only <glob>', 'only variants whose name fits')
    .option('--batch <pictures>', 'pictures a step', '64')
    .option('--threads <count>', 'threads of each contender', '2')
    .option('--rounds <count>', 'turns of every contender', '7')
    .option('--steps <count>', 'steps a turn', '3')
    .addOption(new Option('--precision <type>').choices(['float32', 'bfloat16']).default('float32'))
    .option('--json', 'one JSON document on stdout')
    .addHelpText('after', '\nExample:\n  ablate bench step configs/suites/quickstart.yaml --torch python3')
    .action(benchStep);
  return new Command('bench')
    .description('measure speed on this machine')
    .addCommand(step)
    .addCommand(benchDataCommand());
}

interface BenchRow {
  readonly variant: string;
  readonly measured: readonly Measured[];
}

async function benchStep(file: string, options: BenchOptions): Promise<void> {
  const { variants, catalogue } = await openSuite(file);
  const size = { batch: Number(options.batch), threads: Number(options.threads), precision: options.precision };
  const chosen = variants.filter(({ variant }) => fits(options.only)(variant.name));
  const folder = await mkdtemp(join(tmpdir(), 'ablate-bench-'));
  const rows: BenchRow[] = [];
  const seen = new Set<string>();
  try {
    for (const { variant, spec } of chosen) {
      const network = networkOf(spec, catalogue);
      const task = stepTask(variant.name, spec, network, buildModel(network), size);
      // The same network under another recipe takes the same time.
      const identity = JSON.stringify([task.tree, task.swin]);
      if (seen.has(identity)) continue;
      seen.add(identity);
      const path = join(folder, 'task.json');
      await writeFile(path, JSON.stringify(task));
      const counts = { rounds: Number(options.rounds), steps: Number(options.steps) };
      const { measured, dropped } = await interleave(contenders(task, path, options), counts);
      for (const { name, reason } of dropped) note(`${variant.name}: ${name} did not run: ${reason}`);
      rows.push({ variant: variant.name, measured });
      note(rowText(rows.at(-1) as BenchRow).join('  '));
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  const machine = describeMachine();
  if (options.json) return printJson({ schema: 'ablate/bench-step/1', suite: file, machine, ...size, rows });
  const names = [...new Set(rows.flatMap(({ measured }) => measured.map(({ name }) => name)))];
  const columns = [
    { heading: 'variant' },
    ...names.map((name) => ({ heading: `${name}, ms`, right: true })),
    { heading: 'PyTorch / ours', right: true },
  ];
  printText(
    textTable(
      columns,
      rows.map((row) => [row.variant, ...names.map((name) => cell(row, name)), ratioText(row)]),
    ),
  );
  const ratios = rows
    .map(ratio)
    .filter((value) => value !== null)
    .sort((a, b) => a - b);
  if (ratios.length > 0) {
    printText(
      `\nPyTorch's best over ours: median ${(ratios[ratios.length >> 1] as number).toFixed(2)}, worst ${(ratios[0] as number).toFixed(2)}`,
    );
  }
  printText(
    `${machine.cpu}, ${size.threads} threads, batch ${size.batch}, ${size.precision}; median of ${Number(options.rounds) * Number(options.steps)} steps, in turn`,
  );
}

function contenders({ swin }: StepTask, path: string, { torch, tcmalloc, compile, wasm }: BenchOptions): Contender[] {
  const worker = fileURLToPath(new URL('../../bench/step-worker.js', import.meta.url));
  const list: Contender[] = [{ name: 'ablate', command: [process.execPath, worker, path, 'compiled', 'cpu'] }];
  if (wasm) list.push({ name: 'ablate wasm', command: [process.execPath, worker, path, 'compiled', 'wasm'] });
  if (!torch) return list;
  const script = fileURLToPath(new URL('../../../bench/step_torch.py', import.meta.url));
  const formats = swin ? ['contiguous'] : ['channels_last', 'contiguous'];
  for (const format of formats) {
    list.push({ name: `torch ${format}`, command: [torch, script, path, format, 'eager'] });
  }
  if (tcmalloc && existsSync(tcmalloc)) {
    const format = formats[0] as string;
    list.push({
      name: `torch ${format} tcmalloc`,
      command: [torch, script, path, format, 'eager'],
      env: { LD_PRELOAD: tcmalloc },
    });
  }
  if (compile) list.push({ name: 'torch compile', command: [torch, script, path, formats[0] as string, 'compile'] });
  return list;
}

/** PyTorch's best eager time over ours; null without PyTorch. */
function ratio({ measured }: BenchRow): number | null {
  const ours = measured.find(({ name }) => name === 'ablate');
  const theirs = measured
    .filter(({ name }) => name.startsWith('torch') && name !== 'torch compile')
    .map(({ median }) => median);
  return ours && theirs.length > 0 ? Math.min(...theirs) / ours.median : null;
}

const ratioText = (row: BenchRow): string => ratio(row)?.toFixed(2) ?? '';

function cell({ measured }: BenchRow, name: string): string {
  const found = measured.find((one) => one.name === name);
  return found
    ? `${found.median.toFixed(1)} +-${found.spread.toFixed(1)} (${Math.round(found.peakBytes / 2 ** 20)} MiB)`
    : '';
}

const rowText = (row: BenchRow): string[] => [
  row.variant,
  ...row.measured.map(({ name }) => `${name} ${cell(row, name)}`),
  ratioText(row),
];
