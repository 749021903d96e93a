import type { Command } from 'commander';
import { nearest } from '../config/problem.js';
import { commands } from './commands.js';
import { UsageError } from './errors.js';

/**
 * `help run` and `data help check` as the command lines that they stand for, `run --help` and `data check --help`; any
 * other is given back as it is. Throws a `UsageError` for a command that there is not.
 */
export function withoutHelp(args: readonly string[]): readonly string[] {
  const at = args.indexOf('help');
  const isGroup = args[0] !== undefined && groups.includes(args[0]);
  if (at !== 0 && !(at === 1 && isGroup)) return args;
  const names = args.filter((word) => word !== 'help' && !word.startsWith('-'));
  const [first] = names;
  if (first !== undefined && !Object.hasOwn(commands, first)) throw unknown(first, Object.keys(commands), 'ablate');
  return [...names, '--help'];
}

/** Commands that have commands of their own. */
const groups: readonly string[] = ['data', 'recipe', 'bench'];

/** Throws a `UsageError` where a group of commands is asked for help about one that it has not. */
export function checkHelp(group: Command, [, name, ...rest]: readonly string[]): void {
  const known = group.commands.map((command) => command.name());
  // A group that does something by itself, as `data NAME` does, takes other words too.
  if (name === undefined || !rest.includes('--help') || known.length === 0 || group.registeredArguments.length > 0)
    return;
  if (!known.includes(name)) throw unknown(name, known, `ablate ${group.name()}`);
}

function unknown(name: string, known: readonly string[], above: string): UsageError {
  const guess = nearest(name, known);
  const next = guess === null ? `\`${above} --help\` lists them` : `did you mean "${guess}"?`;
  return new UsageError(`there is no command "${name}"; ${next}`);
}
