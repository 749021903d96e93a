import { Command } from 'commander';
import { benchDataCommand } from './bench-data.js';
import { benchStepCommand } from './bench-step.js';

export function benchCommand(): Command {
  return new Command('bench')
    .description('measure speed on this machine')
    .addCommand(benchStepCommand())
    .addCommand(benchDataCommand());
}
