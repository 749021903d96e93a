import { Command } from 'commander';
import { type DoctorReport, type EngineReport, examine } from '../../engine/doctor.js';

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('Say which engines work here, what the others miss, and the next command')
    .option('--json', 'print the report as one JSON document')
    .addHelpText('after', '\nExit code 3 where no engine works at all.\n\nExample:\n  ablate doctor')
    .action(async ({ json }: { json?: boolean }) => {
      const report = await examine();
      process.stdout.write(json ? `${JSON.stringify({ schema: 'ablate/doctor/1', ...report })}\n` : render(report));
      if (!report.engines.some(({ ready }) => ready)) process.exitCode = 3;
    });
}

function render({ machine, cache, engines }: DoctorReport): string {
  const lines = [
    `${machine.platform}, Node ${machine.node}, ${machine.cores} cores (${machine.cpu}, ${machine.instructionSet ?? 'unknown instruction set'}), ${machine.memoryGb} GB`,
    `cache ${cache}`,
    '',
    ...engines.flatMap(renderEngine),
  ];
  return `${lines.join('\n')}\n`;
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
