import { relative } from 'node:path';
import { Option } from 'commander';
import { note } from './output.js';

/** What a command is given of `--no-plugins`. */
export interface PluginsOption {
  /** False: the code of plug-ins is not run. */
  readonly plugins?: boolean;
}

export const noPluginsOption = (
  about = 'look without running the code of plug-ins; what only they can tell is named and left out',
): Option => new Option('--no-plugins', about);

/** As a person would type it from here. */
const shown = (file: string): string => relative('', file) || file;

/** Files of plug-ins in a sentence. */
export const pluginFiles = (files: readonly string[]): string => files.map(shown).join(', ');

/** A suite with plug-ins is a program: this is said before its code is run, whatever that does. */
export const sayRun = (files: readonly string[]): void => note(`running the code of ${pluginFiles(files)}`);
