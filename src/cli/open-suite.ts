import { type OpenedSuite, openSuite } from '../experiment/suite.js';
import type { LeftOut } from '../experiment/suite-plugins.js';
import { note } from './output.js';
import { pluginFiles, type PluginsOption, sayRun } from './plugins-option.js';
import type { SettingsOption } from './settings-option.js';

/** Opens a suite, having said whose code that runs, or what is left out because none is run. */
export async function openSuiteHere(
  file: string,
  { set, plugins: run }: SettingsOption & PluginsOption,
): Promise<OpenedSuite> {
  const opened = await openSuite(file, set, { run, onRun: sayRun });
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
