import { Command, CommanderError } from 'commander';
import { type CommandName, commands } from './commands.js';
import { Exit, exitCodes, expectedError } from './errors.js';
import { note } from './output.js';

/** Runs one command line and returns the exit code. Only the command that is named is loaded. */
export async function main(args: readonly string[]): Promise<number> {
  // A reader that goes away, as `head` does, is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(exitCodes.done);
    throw error;
  });
  try {
    const program = await createProgram(args[0]);
    await program.parseAsync([...args], { from: 'user' });
    return exitCodes.done;
  } catch (error) {
    return report(error);
  }
}

async function createProgram(wanted: string | undefined): Promise<Command> {
  const program = new Command('ablate')
    .description(
      'architecture ablation studies: from one YAML file to trained networks, exact costs and honest statistics',
    )
    .exitOverride()
    .configureOutput({ writeErr: (text) => process.stderr.write(text) })
    .showHelpAfterError('(add --help for what it takes)')
    .showSuggestionAfterError(true);
  for (const name of Object.keys(commands) as CommandName[]) {
    const { about, load } = commands[name];
    const command = name === wanted ? await load() : new Command(name).description(about);
    program.addCommand(command.exitOverride());
  }
  return program;
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
  note(`ablate has met an error of its own: ${(error as Error).message}`);
  note((error as Error).stack ?? '');
  return exitCodes.someFailed;
}
