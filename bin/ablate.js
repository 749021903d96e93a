#!/usr/bin/env node
import { endBeforeRuns } from '../dist/cli/signals.js';
import { rememberStart } from '../dist/shell/program.js';

rememberStart();
if (['run', 'data'].includes(process.argv[2])) endBeforeRuns();
const { main } = await import('../dist/cli/main.js');
// Not process.exit: output that is still on its way to a pipe would be lost.
process.exitCode = await main(process.argv.slice(2));
