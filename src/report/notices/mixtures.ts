import type { RunRecord } from '../../records/run.js';
import { counted, listed, seedList } from '../format.js';
import { conditionsOf, pluginsOf } from '../conditions.js';
import type { Row, Study } from '../study.js';
import { type Notice, note, shortened, warning } from './notice.js';

/** Things that should be one over the whole suite, and what it means if they are not. */
const uniform: readonly {
  readonly what: string;
  readonly meaning: string;
  readonly serious: boolean;
  of(run: RunRecord): string;
}[] = [
  {
    what: 'engines',
    meaning:
      'numerics differ between them; differences across engines or precisions are not judged, and speed and memory are those of the commonest alone',
    serious: true,
    of: ({ engine }) =>
      `${engine.engine} ${engine.version} on ${engine.device}${engine.compiled ? `, compiled${engine.compiler ? ' by XLA' : ''}` : ', eager'}, kernels ${engine.kernels}, ${engine.precision}`,
  },
  {
    what: 'versions of the code',
    meaning:
      'what changed between them would be part of every difference, so that differences across them are not judged',
    serious: true,
    of: ({ codeVersion }) => codeVersion,
  },
  {
    what: 'data sets',
    meaning: 'accuracies on different data cannot be compared, so that differences across them are not judged',
    serious: true,
    of: ({ datasetFingerprint }) => datasetFingerprint,
  },
  {
    what: 'test sets',
    meaning: 'accuracies on different pictures cannot be compared, so that differences across them are not judged',
    serious: true,
    of: ({ spec, testImages }) =>
      `${testImages ?? 'all'} pictures${spec.dataset.test_limit === null ? '' : `, at most ${spec.dataset.test_limit}`}`,
  },
  {
    what: 'machines',
    meaning: 'speed and memory are those of the commonest alone',
    serious: false,
    of: ({ machine }) => `${machine.cpu}, ${counted(machine.cores, 'core')}`,
  },
];

/** Engines, code, plug-ins, data and machines that differ within the study, and runs that changed theirs midway. */
export function mixtureNotices({ rows }: Study): Notice[] {
  const mixed = uniform.flatMap(({ what, meaning, serious, of }) => {
    const groups = groupedRuns(rows, (run) => [of(run)]);
    if (groups.length < 2) return [];
    const parts = groups.map(([value, names]) => `${value} (${shortened(names)})`);
    return [(serious ? warning : note)(`Mixed ${what}: ${listed(parts)}; ${meaning}.`)];
  });
  return [...mixed, ...pluginNotices(rows), ...rows.flatMap(changedMidway)];
}

/** Plug-ins of one name with other content. */
function pluginNotices(rows: readonly Row[]): Notice[] {
  const groups = groupedRuns(rows, (run) => [...pluginsOf(run)].map((plugin) => plugin.join('\n')));
  const names = [...new Set(groups.map(([value]) => value.split('\n')[0] as string))];
  return names.flatMap((name) => {
    const contents = groups.filter(([value]) => value.startsWith(`${name}\n`));
    if (contents.length < 2) return [];
    const parts = contents.map(
      ([value, variants]) => `${value.slice(name.length + 1, name.length + 13)} (${shortened(variants)})`,
    );
    return [
      warning(
        `Other contents of the plug-in ${name}, by SHA-256: ${listed(parts)}; what changed between them would be part of every difference, so that differences across them are not judged.`,
      ),
    ];
  });
}

/** Runs that began under one engine, precision or code and went on under another. */
function changedMidway({ variant, states }: Row): Notice[] {
  const changed = states.flatMap(({ status, files, seed }) => {
    if (status !== 'done' || !files.run) return [];
    const how = conditionsOf(files.run).filter(({ value }) => value.includes(', then '));
    return how.length === 0 ? [] : [`seed ${seed} (${how.map(({ what, value }) => `${what} ${value}`).join('; ')})`];
  });
  return changed.length === 0
    ? []
    : [warning(`${variant.name} went on otherwise than it began: ${shortened(changed)}.`)];
}

/** Variants with counted runs by a property of the run, commonest first; with its seeds where a variant is split. */
function groupedRuns(rows: readonly Row[], of: (run: RunRecord) => readonly string[]): [string, string[]][] {
  const groups = new Map<string, string[]>();
  for (const { variant, states } of rows) {
    const own = new Map<string, number[]>();
    for (const { status, files, seed } of states) {
      if (status !== 'done' || !files.run) continue;
      for (const value of of(files.run)) listAt(own, value).push(seed);
    }
    for (const [value, seeds] of own) {
      const name =
        own.size === 1 ? variant.name : `${variant.name} ${seeds.length === 1 ? 'seed' : 'seeds'} ${seedList(seeds)}`;
      listAt(groups, value).push(name);
    }
  }
  return [...groups].sort((a, b) => b[1].length - a[1].length);
}

function listAt<Item>(lists: Map<string, Item[]>, key: string): Item[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}
