import { lettersWithoutGlyph } from '../figures/glyphs.js';
import { counted, seedList } from '../format.js';
import { doneRuns, type RunState } from '../runs.js';
import type { Row, Study } from '../study.js';
import { type Notice, note, shortened, warning } from './notice.js';

/** What is missing, failed, damaged, impossible, or no longer asked for. */
export function recordNotices(study: Study): Notice[] {
  const { rows, records, plan } = study;
  const trained = rows.filter(({ variant }) => variant.sameAs === undefined);
  const { unplanned } = records;
  return [
    ...trained.flatMap(failures),
    ...unfinished({ ...study, rows: trained }),
    ...trained.flatMap(impossible),
    ...records.runs.flatMap(({ damaged }) => damaged.map((damage) => warning(`${damage}; it is left out.`))),
    ...unkept(records.runs),
    ...trained.flatMap(unreadable),
    ...(plan.warnings ?? []).map((text) => warning(`From the suite: ${text}`)),
    ...rows.flatMap(unchanged),
    ...letterNotices(study),
    ...(unplanned.length > 0
      ? [
          note(
            `${counted(unplanned.length, 'record')} of runs that the suite no longer asks for ${unplanned.length === 1 ? 'is' : 'are'} left out: ${shortened(unplanned)}.`,
          ),
        ]
      : []),
  ];
}

function impossible({ variant, states }: Row): Notice[] {
  return states.flatMap((state) =>
    state.status === 'impossible'
      ? [
          warning(
            `${variant.name}/seed-${state.seed}/result.json: top1 must be a share from 0 to 1 and is ${state.found}; the run is left out.`,
          ),
        ]
      : [],
  );
}

/** Predictions that a result speaks of and that are not there, or not whole. */
function unkept(runs: Study['records']['runs']): Notice[] {
  const damage = runs.flatMap(({ predictions }) => predictions.damage() ?? []);
  return damage.length === 0
    ? []
    : [
        warning(
          `Predictions are left out, and with them the part of the test pictures in the intervals of these networks: ${shortened(damage)}.`,
        ),
      ];
}

/** Test pictures that no accuracy knows of. */
function unreadable({ variant, states }: Row): Notice[] {
  const parts = doneRuns(states).flatMap(({ seed, result }) => {
    const count = result.unreadable ?? 0;
    return count > 0 ? [`seed ${seed} (${counted(count, 'picture')})`] : [];
  });
  return parts.length === 0
    ? []
    : [warning(`${variant.name}: test pictures could not be read and are not in its accuracy: ${shortened(parts)}.`)];
}

/** Pictures are drawn in one font, the same on every machine; what it lacks is not drawn. */
function letterNotices({ plan }: Study): Notice[] {
  const titles = plan.variants.flatMap(({ title, section }) => [title, section ?? '']);
  const lacking = titles.filter((title) => lettersWithoutGlyph(title).length > 0);
  return lacking.length === 0
    ? []
    : [
        warning(
          `The pictures' font has no letters for ${shortened([...new Set(lacking)].map((title) => `"${title}"`))}: pictures cannot write them, page and tables have them.`,
        ),
      ];
}

function unchanged({ variant }: Row): Notice[] {
  const same = variant.sameAs;
  return same === undefined
    ? []
    : [note(`${variant.name} changes nothing here: its network is that of ${same}, trained once and judged once.`)];
}

const failures = ({ variant, states }: Row): Notice[] =>
  states.flatMap((state) =>
    state.status === 'failed' ? [warning(`${variant.name}, seed ${state.seed} failed: ${state.reason}`)] : [],
  );

function unfinished({ rows, plan }: Pick<Study, 'rows' | 'plan'>): Notice[] {
  const all = rows.flatMap(({ states }) => states);
  const open = all.filter(({ status }) => status !== 'done' && status !== 'failed' && status !== 'impossible');
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
