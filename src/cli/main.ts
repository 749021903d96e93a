import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { type CommandName, commands } from './commands.js';
import { Exit, exitCodes, expectedError } from './errors.js';
import { checkHelp, withoutHelp } from './help.js';
import { note } from './output.js';

/** Runs one command line and returns the exit code. Only the command that is named is loaded. */
export async function main(args: readonly string[]): Promise<number> {
  // A reader that goes away, as `head` does, is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(exitCodes.done);
    throw error;
  });
  try {
    const words = withoutHelp(args);
    const program = await createProgram(words);
    await program.parseAsync([...words], { from: 'user' });
    return exitCodes.done;
  } catch (error) {
    return report(error);
  }
}

async function createProgram(words: readonly string[]): Promise<Command> {
  const program = new Command('ablate')
    .description(
      'architecture ablation studies: from one YAML file to trained networks, exact costs and honest statistics',
    )
    .helpCommand('help [command...]', 'say what a command does and takes')
    // Options of a command of `data` are its own, also where `data` has one of that name.
    .enablePositionalOptions()
    .version(packageVersion(), '-V, --version', 'print the version')
    .addHelpText(
      'after',
      `
Examples:
  ablate run configs/suites/quickstart.yaml
  ablate report configs/suites/quickstart.yaml

Exit codes: 0 done, 1 some runs failed, 2 bad input, 3 engine, device or data missing, 75 stopped with its state saved.`,
    );
  const [wanted] = words;
  throwing(program);
  for (const name of Object.keys(commands) as CommandName[]) {
    const { about, load } = commands[name];
    const command = name === wanted ? await load() : new Command(name).description(about);
    for (const each of [command, ...command.commands]) throwing(each);
    if (name === wanted) checkHelp(command, words);
    program.addCommand(command);
  }
  return program;
}

/** Errors of usage are thrown, so that one place gives them their exit code. */
function throwing(command: Command): void {
  command.exitOverride().showHelpAfterError('(add --help for what it takes)');
}

function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return version;
}

function report(error: unknown): number {
  if (error instanceof Exit) return error.code;
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.badInput;
  const expected = expectedError(error);
  if (expected) {
    note(expected.text);
    if (process.env.ABLATE_DEBUG) note((error as Error).stack ?? '');
    return expected.code;
  }
  note(`ablate has met an error of its own; please report it with what follows.`);
  note((error as Error).stack ?? String(error));
  return exitCodes.someFailed;
}
