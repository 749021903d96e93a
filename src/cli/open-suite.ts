import { type OpenedSuite, openSuite } from '../experiment/suite.js';
import type { Choices } from '../roadmap/entry.js';
import type { LeftOut } from '../experiment/suite-plugins.js';
import { note } from './output.js';
import { pluginFiles, type PluginsOption, sayRun } from './plugins-option.js';
import type { SettingsOption } from './settings-option.js';

/**
 * Opens a suite, having said whose code that runs, or what is left out because none is run.
 *
 * @param choices what its runs have decided, of commands that look at them; such a suite is opened anew with each
 */
export async function openSuiteHere(
  file: string,
  { set, plugins: run }: SettingsOption & PluginsOption,
  choices?: Choices,
): Promise<OpenedSuite> {
  const again = choices !== undefined && choices.size > 0;
  const opened = await openSuite(file, set, { run, ...(!again && { onRun: sayRun }) }, choices);
  if (again) return opened;
  const sweep = opened.sweeps[0];
  if (sweep && choices === undefined)
    note(
      `${sweep.step} takes the best of its values, which runs decide; what follows stands on ${sweep.values[0]} here`,
    );
  if (opened.leftOut) note(leftOutWords(opened.leftOut));
  return opened;
}

function leftOutWords({ plugins, steps, variants }: LeftOut): string {
  const left =
    steps.length === 0
      ? 'the road names no step of theirs'
      : `so what ${listed(steps)} may do to network and recipe is not known, and these networks are left out: ${listed(variants)}`;
  return `not run: ${pluginFiles(plugins)}; ${left}`;
}

const mostNamed = 20;

const listed = (names: readonly string[]): string =>
  names.length > mostNamed
    ? `${names.slice(0, mostNamed).join(', ')} and ${names.length - mostNamed} more`
    : names.join(', ');

/** For `--json`: absent where nothing was left out. */
export const leftOutOf = ({ leftOut }: Pick<OpenedSuite, 'leftOut'>): { readonly leftOut?: LeftOut } =>
  leftOut ? { leftOut } : {};
