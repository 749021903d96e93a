import { Command, Option } from 'commander';
import { conventions, type Convention } from '../../cost/conventions.js';
import { type Cost, countCost } from '../../cost/count.js';
import { costDifference } from '../../cost/difference.js';
import { modelOf } from '../../experiment/network.js';
import type { LeftOut } from '../../experiment/suite-plugins.js';
import { createCatalogue } from '../../roadmap/catalogue.js';
import { parseRoad } from '../../roadmap/road.js';
import { UsageError } from '../errors.js';
import { addNamedNetworkOptions, baseOf, type NamedNetworkOptions, specOf } from '../network-options.js';
import { printJson, printText } from '../output.js';
import { noPluginsOption, type PluginsOption } from '../plugins-option.js';
import { type SettingsOption, settingsOption } from '../settings-option.js';
import type { Column } from '../fit-columns.js';
import { signed, textTable } from '../table.js';
import { grouped } from '../../words/counted.js';

interface FlopsOptions extends NamedNetworkOptions, SettingsOption, PluginsOption {
  readonly convention: Convention;
  readonly layers?: boolean;
  readonly diff?: readonly string[];
  readonly json?: boolean;
}

/** A network of the answer, with the suite that asked for it. */
interface Row {
  readonly suite: string | null;
  readonly variant: string;
  readonly steps: readonly string[];
  readonly cost: Cost;
}

export function flopsCommand(): Command {
  const command = new Command('flops')
    .description('count multiply-adds and parameters of every network of a suite, exactly')
    .argument('[suites...]', 'suite files');
  return addNamedNetworkOptions(command)
    .addOption(
      new Option('--convention <name>', 'what counts as an operation')
        .choices(Object.keys(conventions))
        .default('paper'),
    )
    .addOption(settingsOption())
    .addOption(noPluginsOption())
    .option('--layers', 'every layer by itself')
    .addOption(new Option('--diff <variants...>', 'two variants: which layers moved the cost').conflicts('layers'))
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'after',
      `
Examples:
  ablate flops configs/suites/paper-resnet50.yaml
  ablate flops --base resnet-50 --with patchify-stem,depthwise-conv,kernel-size=9 --resolution 160 --classes 10
  ablate flops configs/suites/paper-resnet50.yaml --diff layer-norm separate-downsampling`,
    )
    .action(async (suites: string[], options: FlopsOptions) => {
      const base = baseOf(options);
      const ofSuites = await suiteRows(suites, options);
      const rows = [...(base ? [baseRow(base, options)] : []), ...ofSuites.rows];
      if (rows.length === 0)
        throw new UsageError('name a suite file, or a network with --model, or with --base and --with');
      if (options.diff) printDifference(rows, options.diff, options);
      else if (options.json) printJson(document(rows, ofSuites.leftOut, options));
      else
        printText(
          options.layers
            ? rows.map((row) => layersText(row, options.convention)).join('\n\n')
            : rowsText(rows, options.convention),
        );
    });
}

function baseRow(base: string, options: FlopsOptions): Row {
  const catalogue = createCatalogue();
  const road = parseRoad(options.with ?? '', catalogue);
  const names = road.map(({ adopted }) => adopted.name);
  const model = modelOf(specOf(base, options), catalogue);
  return { suite: null, variant: [base, ...names].join('+'), steps: names, cost: countCost(model, options.convention) };
}

/** The networks of suites, and what of them is the business of plug-ins that were not run. */
interface SuiteRows {
  readonly rows: readonly Row[];
  readonly leftOut: readonly ({ readonly suite: string } & LeftOut)[];
}

/** Imported only when a suite is named: YAML and validation take longer to load than the whole count. */
async function suiteRows(files: readonly string[], options: FlopsOptions): Promise<SuiteRows> {
  if (files.length === 0) return { rows: [], leftOut: [] };
  const { openSuiteHere } = await import('../open-suite.js');
  const rows: Row[] = [];
  const left: SuiteRows['leftOut'][number][] = [];
  for (const file of files) {
    const { suite, variants, catalogue, leftOut } = await openSuiteHere(file, options);
    if (leftOut) left.push({ suite: suite.name, ...leftOut });
    for (const { variant, spec } of variants) {
      const resized = {
        ...spec,
        resolution: options.resolution ?? spec.resolution,
        classes: options.classes ?? spec.classes,
      };
      const cost = countCost(modelOf(resized, catalogue), options.convention);
      rows.push({ suite: suite.name, variant: variant.name, steps: variant.stepNames, cost });
    }
  }
  return { rows, leftOut: left };
}

function document(rows: readonly Row[], leftOut: SuiteRows['leftOut'], options: FlopsOptions): object {
  return {
    schema: 'ablate/flops/1',
    convention: options.convention,
    ...(leftOut.length > 0 && { leftOut }),
    rows: rows.map(({ suite, variant, steps, cost: { macs, flops, params, layers } }) => ({
      ...(suite === null ? {} : { suite }),
      variant,
      steps,
      macs,
      flops,
      params,
      ...(options.layers ? { layers } : {}),
    })),
  };
}

function rowsText(rows: readonly Row[], convention: Convention): string {
  const several = new Set(rows.map(({ suite }) => suite)).size > 1;
  const columns = [...(several ? [{ heading: 'suite' }] : []), { heading: 'variant' }, ...costColumns(convention)];
  const cells = rows.map(({ suite, variant, cost }) => [
    ...(several ? [suite ?? ''] : []),
    variant,
    ...costCells(cost, convention),
  ]);
  return textTable(columns, cells);
}

/** What the paper prints as FLOPs are multiply-adds, by definition: one column for both. */
const costColumns = (convention: Convention): Column[] =>
  [...(convention === 'paper' ? ['MACs = FLOPs (paper)'] : ['MACs', `FLOPs (${convention})`]), 'parameters'].map(
    (heading) => ({ heading, right: true }),
  );

const costCells = (
  { macs, flops, params }: Pick<Cost, 'macs' | 'flops' | 'params'>,
  convention: Convention,
): string[] => (convention === 'paper' ? [macs, params] : [macs, flops, params]).map(grouped);

function layersText({ variant, cost }: Row, convention: Convention): string {
  const columns = [{ heading: variant }, { heading: 'kind' }, { heading: 'output' }, ...costColumns(convention)];
  const rows = cost.layers.map((layer) => [
    layer.name,
    layer.kind,
    layer.output.join('x'),
    ...costCells(layer, convention),
  ]);
  return textTable(columns, [...rows, ['total', '', '', ...costCells(cost, convention)]]);
}

function printDifference(rows: readonly Row[], names: readonly string[], options: FlopsOptions): void {
  if (names.length !== 2) throw new UsageError(`--diff takes two variants, found ${names.length}`);
  const [before, after] = names.map((name) => {
    const row = rows.find(({ variant }) => variant === name);
    if (!row)
      throw new UsageError(
        `there is no variant "${name}" here; there are ${rows.map(({ variant }) => variant).join(', ')}`,
      );
    return row;
  }) as [Row, Row];
  const layers = costDifference(before.cost, after.cost);
  const total = { macs: after.cost.macs - before.cost.macs, params: after.cost.params - before.cost.params };
  if (options.json) {
    const named = { before: before.variant, after: after.variant };
    const moved = layers.map(({ name, macs, params }) => ({ name, macs, params }));
    printJson({ schema: 'ablate/flops-diff/1', ...named, ...total, layers: moved });
    return;
  }
  const columns = [
    { heading: `${before.variant} -> ${after.variant}` },
    { heading: 'MACs', right: true },
    { heading: 'parameters', right: true },
  ];
  const moved = layers.map(({ name, macs, params }) => [name, signed(macs), signed(params)]);
  printText(textTable(columns, [...moved, ['total', signed(total.macs), signed(total.params)]]));
}
