import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { buildModel } from '../architecture/build.js';
import type { Model } from '../architecture/model.js';
import type { Network, WindowRule } from '../architecture/network.js';
import { networkOf } from '../experiment/network.js';
import { readRun } from '../records/read.js';
import type { NetworkSpec, RunRecord } from '../records/run.js';
import { createCatalogue } from '../roadmap/catalogue.js';
import { parseRoad } from '../roadmap/road.js';
import { UsageError } from './errors.js';
import { noPluginsOption, pluginFiles, type PluginsOption, sayRun } from './plugins-option.js';

/** One network by name, `--model NAME` or `--base NAME --with STEPS`, in any size. */
export interface NamedNetworkOptions {
  readonly model?: string;
  readonly base?: string;
  readonly with?: string;
  readonly resolution?: number;
  readonly classes?: number;
  readonly width: number;
  readonly stemStride?: number;
  readonly windows?: WindowRule;
}

/** How commands name one network: by name, or by a run that trained it. */
export interface NetworkOptions extends NamedNetworkOptions, PluginsOption {
  readonly run?: string;
}

export function addNamedNetworkOptions(command: Command): Command {
  return command
    .option('--model <name>', 'a network by name (see `ablate models`)')
    .option('--base <name>', 'the same, as the start of a road')
    .option('--with <steps>', 'steps on the base, in order: gelu,kernel-size=9')
    .option('--resolution <pixels>', 'height and width of the input', whole)
    .option('--classes <count>', 'number of classes', whole)
    .option('--width <factor>', 'factor on every width', fraction, 1)
    .option('--stem-stride <stride>', "the stem's total stride: 1, 2 or 4", whole)
    .addOption(
      new Option('--windows <rule>', "Swin's on maps that they do not divide (padded)").choices(['padded', 'divisors']),
    );
}

export function addNetworkOptions(command: Command): Command {
  return addNamedNetworkOptions(command.optionsGroup('The network:'))
    .option(
      '--run <dir>',
      'instead: the network of a run, plug-ins included, by the folder with its run.json',
      (path: string) => (basename(path) === 'run.json' ? dirname(path) : path),
    )
    .addOption(noPluginsOption('refuse a run whose network takes code of plug-ins'))
    .optionsGroup('Options:');
}

/** The network that the options name, built. Throws where they name none, or one that cannot be built. */
export async function networkFrom(options: NetworkOptions): Promise<{ network: Network; model: Model }> {
  if (options.run !== undefined) {
    const given = (['model', 'base', 'with', 'classes', 'stemStride', 'windows'] as const).find(
      (name) => options[name] !== undefined,
    );
    if (given !== undefined || options.width !== 1) {
      const name = given === 'stemStride' ? 'stem-stride' : (given ?? 'width');
      throw new UsageError(`--run names a network by itself; leave --${name} out`);
    }
    return networkOfRun(options.run, options);
  }
  const base = baseOf(options);
  if (base === undefined) throw new UsageError('name a network with --model, with --base and --with, or with --run');
  const network = networkOf(specOf(base, options), createCatalogue());
  return { network, model: buildModel(network) };
}

/**
 * The name that `--model` or `--base` gives, if any. Throws a `UsageError` for both, and for options that change what
 * neither has named: they would have no effect.
 */
export function baseOf({
  model,
  base,
  with: steps,
  width,
  stemStride,
  windows,
}: NamedNetworkOptions): string | undefined {
  if (model !== undefined && base !== undefined)
    throw new UsageError('--model and --base say the same; leave one of them out');
  const name = model ?? base;
  const idle = { with: steps, width: width === 1 ? undefined : width, 'stem-stride': stemStride, windows };
  const given = Object.entries(idle).find(([, value]) => value !== undefined)?.[0];
  if (name === undefined && given !== undefined)
    throw new UsageError(`--${given} changes a network that --model or --base names; there is none`);
  return name;
}

/** What `--model`, or `--base` and `--with`, in its size, comes to. */
export function specOf(base: string, options: NamedNetworkOptions): NetworkSpec {
  const road = parseRoad(options.with ?? '', createCatalogue());
  const steps = road.map(({ step, adopted }) => ({ id: step.id, options: adopted.options }));
  const { resolution = null, classes = 1000, stemStride = null, width, windows } = options;
  return { base, steps, resolution, width, stemStride, classes, ...(windows && { windows }) };
}

/** The record of a run in a folder. Throws a `UsageError` where there is none, or it is damaged. */
export function runIn(folder: string): RunRecord {
  const found = readRun(folder);
  if (found.state === 'read') return found.value;
  throw new UsageError(
    found.state === 'damaged'
      ? `${found.file} ${found.reason}`
      : `${join(folder, 'run.json')}: there is no such file; name the folder of a run, such as ${runBelow(folder) ?? 'experiments/mine/gelu/seed-0'}`,
  );
}

/** A run in the folder of a suite or of a variant, which people name for one; null where there is none. */
function runBelow(folder: string): string | null {
  const below = (place: string) =>
    existsSync(place) && statSync(place).isDirectory()
      ? readdirSync(place)
          .sort()
          .map((name) => join(place, name))
      : [];
  const near = below(folder);
  return [...near, ...near.flatMap(below)].find((place) => existsSync(join(place, 'run.json'))) ?? null;
}

async function networkOfRun(
  folder: string,
  { resolution, plugins: run }: NetworkOptions,
): Promise<{ network: Network; model: Model }> {
  const { spec } = runIn(folder);
  if (spec.plugins.length > 0) {
    if (run === false)
      throw new UsageError(
        `${join(folder, 'run.json')}: the network has steps of ${pluginFiles(spec.plugins)}, and cannot be built without running that code.\nNext: read it, then leave out --no-plugins`,
      );
    sayRun(spec.plugins);
  }
  const { loadPlugins } = await import('../experiment/plugins.js');
  const { catalogue, problems } = await loadPlugins(spec.plugins, '/');
  if (problems[0]) throw new UsageError(problems[0].message);
  const network = networkOf({ ...spec.network, ...(resolution !== undefined && { resolution }) }, catalogue);
  return { network, model: buildModel(network) };
}

export function whole(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('Expected a whole number above 0.');
  return Number(text);
}

export function fraction(text: string): number {
  const [over, under = '1'] = text.split('/');
  const value = Number(over) / Number(under);
  if (!(value > 0 && value <= 16)) throw new InvalidArgumentError('Expected a factor such as 0.25 or 1/4.');
  return value;
}
