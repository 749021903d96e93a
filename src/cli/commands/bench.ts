import { Command } from 'commander';
import { benchDataCommand } from './bench-data.js';
import { benchOpsCommand } from './bench-ops.js';
import { benchStepCommand } from './bench-step.js';
import { benchSuiteCommand } from './bench-suite.js';

export function benchCommand(): Command {
  return new Command('bench')
    .description('measure speed on this machine, beside PyTorch')
    .addHelpText('after', '\nExamples:\n  ablate bench step configs/suites/quickstart.yaml\n  ablate bench step --help')
    .addCommand(benchStepCommand())
    .addCommand(benchOpsCommand())
    .addCommand(benchDataCommand())
    .addCommand(benchSuiteCommand());
}
