import { Option } from 'commander';
import { parseSetting, type Setting } from '../config/settings.js';
import { quoted } from '../shell/quoted.js';

/** What a command is given of `--set`. */
export interface SettingsOption {
  readonly set?: readonly Setting[];
}

/** `--set recipe.epochs=2 --set network.scale.width=1/8`: fields of the suite, set for this command only. */
export const settingsOption = (): Option =>
  new Option('--set <field=value>', 'a field of the suite otherwise than in its file, as often as it takes').argParser(
    (text: string, before: readonly Setting[] = []) => [...before, parseSetting(text)],
  );

/** The options that set the same again. */
export const settingWords = (settings: readonly Setting[] = []): string[] =>
  settings.flatMap(({ text }) => ['--set', quoted(text)]);
