import type { RunRecord } from '../records/run.js';
import { seedsNeeded } from '../statistics/holm.js';
import { smallestSignFlipP } from '../statistics/permutation.js';
import { level } from '../statistics/verdict.js';
import { counted, listed, percent, pValue, seedList } from './format.js';
import { protocolNotices } from './protocol.js';
import type { RunState } from './runs.js';
import type { Row, Study } from './study.js';

/** Something that a reader must know before believing a number. */
export interface Notice {
  readonly level: 'warning' | 'note';
  readonly text: string;
}

const warning = (text: string): Notice => ({ level: 'warning', text });
const note = (text: string): Notice => ({ level: 'note', text });

/** All that is missing, failed, mixed or too little, most serious first. */
export function noticesOf(study: Study): Notice[] {
  const { rows, records } = study;
  const damaged = records.runs.flatMap(({ damaged }) => damaged);
  const notices = [
    ...chanceNotices(study),
    ...rows.flatMap(failures),
    ...unfinished(study),
    ...damaged.map((file) => warning(`${file} cannot be read and is left out.`)),
    ...mixtures(study),
    ...protocolNotices(rows).map(({ serious, text }) => (serious ? warning(text) : note(text))),
    ...seedNotices(study),
    ...unpairedSeeds(rows),
    ...(records.unplanned.length > 0
      ? [
          note(
            `${counted(records.unplanned.length, 'record')} of runs that the suite no longer asks for ${records.unplanned.length === 1 ? 'is' : 'are'} left out: ${shortened(records.unplanned)}.`,
          ),
        ]
      : []),
  ];
  return notices.sort((a, b) => Number(b.level === 'warning') - Number(a.level === 'warning'));
}

function chanceNotices({ rows, classes }: Study): Notice[] {
  const measured = rows.filter(({ top1 }) => top1 !== null);
  const guessing = measured.filter(({ atChance }) => atChance);
  if (guessing.length === 0 || classes === null) return [];
  const chance = `${percent(100 / classes)}%`;
  if (guessing.length === measured.length) {
    return [
      warning(
        `All variants are at chance (${chance} for ${classes} classes): nothing was learned, and no difference below means anything.`,
      ),
    ];
  }
  return [
    warning(
      `At chance (${chance}): ${listed(guessing.map(({ variant }) => variant.name))}. Deltas against and after them measure a failed training.`,
    ),
  ];
}

const failures = ({ variant, states }: Row): Notice[] =>
  states.flatMap((state) =>
    state.status === 'failed' ? [warning(`${variant.name}, seed ${state.seed} failed: ${state.reason}`)] : [],
  );

function unfinished({ rows, plan }: Study): Notice[] {
  const all = rows.flatMap(({ states }) => states);
  const open = all.filter(({ status }) => status !== 'done' && status !== 'failed');
  if (open.length === 0) return [];
  const parts = rows.flatMap(({ variant, states }) => {
    const texts = (['missing', 'stale', 'unfinished'] as const).flatMap((status) => describeOpen(status, states));
    return texts.length > 0 ? [`${variant.name} (${texts.join('; ')})`] : [];
  });
  return [
    warning(
      `Partial results: ${open.length} of ${counted(all.length, 'run')} of the suite ${plan.suite} ${open.length === 1 ? 'is' : 'are'} not done: ${shortened(parts, 30)}. ` +
        '`ablate run` does what is missing.',
    ),
  ];
}

function describeOpen(status: 'missing' | 'stale' | 'unfinished', states: readonly RunState[]): string[] {
  const these = states.filter((state) => state.status === status);
  if (these.length === 0) return [];
  const seeds = `${these.length === 1 ? 'seed' : 'seeds'} ${seedList(these.map(({ seed }) => seed))}`;
  if (status === 'missing') return [`${seeds} not started`];
  if (status === 'stale') return [`${seeds} of an earlier version of the suite`];
  const epochs = these.flatMap((state) =>
    state.status === 'unfinished' && state.epoch !== null ? [state.epoch.toFixed(1)] : [],
  );
  return [`${seeds} unfinished${epochs.length > 0 ? `, at epoch ${epochs.join(', ')}` : ''}`];
}

/** Things that should be one over the whole suite, and what it means if they are not. */
const uniform: readonly {
  readonly what: string;
  readonly meaning: string;
  readonly serious: boolean;
  of(run: RunRecord): string;
}[] = [
  {
    what: 'engines',
    meaning: 'numerics differ between them, and images/s cannot be compared',
    serious: true,
    of: ({ engine }) =>
      `${engine.engine} ${engine.version} on ${engine.device}${engine.compiled ? ', compiled' : ', eager'}, kernels ${engine.kernels}, ${engine.precision}`,
  },
  {
    what: 'versions of the code',
    meaning: 'what changed between them is part of every difference',
    serious: true,
    of: ({ codeVersion }) => codeVersion,
  },
  {
    what: 'data sets',
    meaning: 'accuracies on different data cannot be compared',
    serious: true,
    of: ({ datasetFingerprint }) => datasetFingerprint,
  },
  {
    what: 'machines',
    meaning: 'images/s cannot be compared',
    serious: false,
    of: ({ machine }) => `${machine.cpu}, ${counted(machine.cores, 'core')}`,
  },
];

function mixtures({ rows }: Study): Notice[] {
  return uniform.flatMap(({ what, meaning, serious, of }) => {
    const groups = groupedRuns(rows, of);
    if (groups.length < 2) return [];
    const parts = groups.map(([value, names]) => `${value} (${shortened(names)})`);
    return [(serious ? warning : note)(`Mixed ${what}: ${listed(parts)}; ${meaning}.`)];
  });
}

/** Variants with counted runs by a property of the run, commonest first. */
function groupedRuns(rows: readonly Row[], of: (run: RunRecord) => string): [string, string[]][] {
  const groups = new Map<string, Set<string>>();
  for (const { variant, states } of rows) {
    for (const { status, files } of states) {
      if (status !== 'done' || !files.run) continue;
      const value = of(files.run);
      groups.set(value, (groups.get(value) ?? new Set()).add(variant.name));
    }
  }
  return [...groups]
    .map(([value, names]): [string, string[]] => [value, [...names]])
    .sort((a, b) => b[1].length - a[1].length);
}

function seedNotices({ rows, tests }: Study): Notice[] {
  const pairs = rows.flatMap(({ delta }) => (delta ? [delta.seeds.length] : []));
  if (pairs.length === 0) return [];
  const most = Math.max(...pairs);
  const smallest = smallestSignFlipP(most);
  if (smallest * tests < level) return [];
  const alone = smallest < level ? '' : `, so that not even a single step could be called significant at ${level}`;
  const shows =
    most === 1
      ? 'With one seed there is no spread, no interval and no test: every difference is unresolved.'
      : `${counted(most, 'seed')} can show no p below ${pValue(smallest)} in an exact paired test${alone}: what cannot be shown is called unresolved, and the intervals tell how large an effect could be.`;
  const takes = `Judging ${tests === 1 ? 'a step' : `${tests} steps together`} at ${level} takes at least ${seedsNeeded(tests, level)} seeds.`;
  return [note(`${shows} ${takes}`)];
}

function unpairedSeeds(rows: readonly Row[]): Notice[] {
  const parts = rows.flatMap(({ variant, delta }) =>
    delta && delta.unpaired.length > 0 ? [`${variant.name} (${seedList(delta.unpaired)})`] : [],
  );
  return parts.length === 0
    ? []
    : [note(`Seeds that only one side of a difference has are not part of it: ${shortened(parts)}.`)];
}

function shortened(items: readonly string[], most = 8): string {
  if (items.length <= most) return listed(items);
  return `${items.slice(0, most).join(', ')} and ${items.length - most} more`;
}
