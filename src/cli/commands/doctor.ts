import { availableParallelism } from 'node:os';
import { Command, Option } from 'commander';
import { type DoctorReport, type EngineReport, examine } from '../../engine/doctor.js';
import { openEngine } from '../../engine/open.js';
import { type CompilerTrial, fasterCompiler, tryCompilers } from '../../bench/try-compilers.js';
import { checkOps } from '../../engine/self-check.js';
import { command } from '../../shell/program.js';
import { Exit, exitCodes, UsageError } from '../errors.js';
import { note, printJson, printText } from '../output.js';
import { textTable } from '../table.js';
import { counted } from '../../words/counted.js';

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('say which engines work here, what the others miss, and the next command')
    .addOption(
      new Option('--ops', "every operation of the CPU's engine against wasm's values, gradients included").conflicts([
        'gpu',
        'webgpu',
      ]),
    )
    .addOption(
      new Option(
        '--gpu',
        'the same for a GPU, and the faster compiler there: what to run first on a machine that has one',
      ).conflicts('webgpu'),
    )
    .option('--webgpu', "the same for WebGPU's device")
    .option('--compilers', 'with --ops: the faster compiler too, on small pictures, as --gpu says it of a GPU')
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'after',
      '\nExit code 3 where no engine works at all, or where an operation is wrong.\n\nExamples:\n  ablate doctor\n  ablate doctor --gpu',
    )
    .action(async ({ json = false, ops, gpu, webgpu, compilers = false }: DoctorOptions) => {
      const device = webgpu ? 'webgpu' : gpu ? 'gpu' : ops ? 'cpu' : null;
      if (compilers && device !== 'cpu')
        throw new UsageError('--compilers goes with --ops; --gpu times both compilers by itself');
      if (device) return checkEngine(device, { json, compilers: compilers || device === 'gpu' });
      const report = await examine();
      if (json) printJson({ schema: 'ablate/doctor/1', ...report });
      else printText(render(report));
      if (!report.engines.some(({ ready }) => ready)) throw new Exit(exitCodes.environment);
    });
}

interface DoctorOptions {
  readonly json?: boolean;
  readonly ops?: boolean;
  readonly gpu?: boolean;
  readonly webgpu?: boolean;
  readonly compilers?: boolean;
}

/** Beyond this an operation is not the reference's in float32. */
const tolerance = 1e-4;

async function checkEngine(
  device: 'cpu' | 'gpu' | 'webgpu',
  { json, compilers }: { json: boolean; compilers: boolean },
): Promise<void> {
  const candidate = await openEngine({ device, eager: true, onWarning: note });
  const reference = await openEngine({ device: 'wasm' });
  const names = { candidate: device === 'webgpu' ? 'webgpu' : 'tensorflow', reference: 'wasm' };
  const found = await checkOps(candidate, reference, names);
  const wrong = found.filter(({ distance }) => !(distance < tolerance));
  const trials = compilers && wrong.length === 0 ? await bothCompilers(device === 'gpu' ? 'gpu' : 'cpu') : null;
  if (json) {
    const tried = trials && { trials, ...fasterCompiler(trials) };
    printJson({
      schema: 'ablate/doctor-ops/1',
      engine: candidate.description,
      tolerance,
      operations: found,
      ...(tried && { compilers: tried }),
    });
  } else {
    const rows = found.map(({ op, distance }) => [
      op,
      distance.toExponential(1),
      distance < tolerance ? 'right' : 'WRONG',
    ]);
    printText(
      textTable([{ heading: 'operation' }, { heading: 'distance', right: true }, { heading: 'verdict' }], rows),
    );
    const { engine, version, kernels, device: name } = candidate.description;
    note(
      `${engine} ${version} on ${name} (${kernels}): ${wrong.length === 0 ? 'every operation is right' : counted(wrong.length, 'is wrong', 'are wrong')}`,
    );
    const compiler = trials && fasterCompiler(trials).compiler;
    if (compiler) note(`the faster compiler here is ${compiler}; in a suite: runner: { compiler: ${compiler} }`);
    const words = `run SUITE --device ${device}${compiler === 'xla' ? ' --compiler xla' : ''}`;
    if (device !== 'cpu' && wrong.length === 0) note(`next, its speed: ${command(words)}`);
  }
  if (wrong.length > 0) throw new Exit(exitCodes.environment);
}

/** Steps as the paper's networks have them, by both compilers, told as they are timed. */
function bothCompilers(device: 'cpu' | 'gpu'): Promise<CompilerTrial[]> {
  note('timing training steps by both compilers');
  const size = device === 'gpu' ? { resolution: 224, batch: 32 } : { resolution: 32, batch: 8 };
  return tryCompilers({ device, ...size, threads: availableParallelism() }, (trial) => {
    const { network, compiler, picturesPerSecond, reason } = trial;
    note(
      `${network} by ${compiler}: ${picturesPerSecond === null ? reason : `${picturesPerSecond.toFixed(0)} pictures/s`}`,
    );
  });
}

function render({ machine, cache, engines }: DoctorReport): string {
  const lines = [
    `${machine.platform}, Node ${machine.node}, ${counted(machine.cores, 'core')} (${machine.cpu}, ${machine.instructionSet ?? 'unknown instruction set'}), ${machine.memoryGb} GB`,
    `cache ${cache}`,
    '',
    ...engines.flatMap(renderEngine),
  ];
  return lines.join('\n');
}

function renderEngine({ engine, ready, checks }: EngineReport): string[] {
  const width = Math.max(...checks.map(({ what }) => what.length));
  const next = [...new Set(checks.flatMap((check) => check.next ?? []))];
  return [
    `${engine}: ${ready ? 'ready' : 'not ready'}`,
    ...checks.map(({ what, found, optional }) => {
      const missing = optional ? 'missing (slower without)' : 'missing';
      return `  ${found === null ? '-' : '+'} ${what.padEnd(width)}  ${found ?? missing}`;
    }),
    ...next.map((command) => `  next: ${command}`),
    '',
  ];
}
