import { basename } from 'node:path';
import { type RunRecord, startsOf } from '../records/run.js';

/** One of the things that must be equal for two accuracies to be compared, as a reader would name it. */
interface Condition {
  readonly what: string;
  readonly value: string;
}

/** Under what a run was trained and tested, from its first start to its last; the network and its recipe left out. */
export function conditionsOf(run: RunRecord): readonly Condition[] {
  const known = conditionsOfRun.get(run);
  if (known) return known;
  const conditions = readConditions(run);
  const text = JSON.stringify(conditions);
  const shared = conditionsByText.get(text) ?? conditions;
  conditionsByText.set(text, shared);
  conditionsOfRun.set(run, shared);
  return shared;
}

/** Runs are asked again for each of their comparisons; most of a suite's have the same, which stand in memory once. */
const conditionsOfRun = new WeakMap<RunRecord, readonly Condition[]>();
const conditionsByText = new Map<string, readonly Condition[]>();

function readConditions(run: RunRecord): Condition[] {
  const { dataset, network, validation } = run.spec;
  const starts = startsOf(run);
  const every = (of: (start: (typeof starts)[number]) => string) => [...new Set(starts.map(of))].join(', then ');
  return [
    { what: 'test pictures', value: `${run.testImages ?? 'all'}, at most ${dataset.test_limit ?? 'all'}` },
    { what: 'data', value: `${dataset.name} ${run.datasetFingerprint}` },
    { what: 'training pictures', value: String(dataset.train_limit ?? 'all') },
    { what: 'held-out pictures', value: validation ? `${validation.share} by seed ${validation.seed}` : 'none' },
    { what: 'classes', value: String(network.classes) },
    { what: 'code', value: every(({ codeVersion }) => codeVersion) },
    {
      what: 'engine',
      value: every(({ engine }) => `${engine.engine} ${engine.version}${engine.compiler ? ', XLA' : ''}`),
    },
    { what: 'precision', value: every(({ engine }) => engine.precision) },
  ];
}

/** The plug-ins of a run by name, each by its content: a network has only those that its steps come from. */
export const pluginsOf = ({ plugins = [] }: RunRecord): ReadonlyMap<string, string> =>
  new Map(plugins.map(({ file, sha256 }) => [basename(file), sha256]));

/** What keeps two runs from being compared: `other code`, `other test pictures`; empty where nothing does. */
export function unlike(a: RunRecord | null, b: RunRecord | null): string[] {
  if (!a || !b) return ['no run.json says how it was trained'];
  const [first, second] = [conditionsOf(a), conditionsOf(b)];
  const others = pluginsOf(b);
  return [
    ...(first === second ? [] : first).flatMap(({ what, value }, at) =>
      second[at]?.value === value ? [] : [`other ${what}`],
    ),
    ...[...pluginsOf(a)].flatMap(([name, content]) =>
      others.has(name) && others.get(name) !== content ? [`other content of ${name}`] : [],
    ),
  ];
}
