import { counted } from '../words/counted.js';
import { command } from '../shell/program.js';
import type { Network } from '../architecture/network.js';
import { type Allowance, type Fit, grouped, type Source, sizeText } from './fit.js';
import type { Place } from './place.js';
import type { Reading } from './reading.js';

/** Kinds of names that a list shows; a list of one kind each a refusal names them all. */
const mostKinds = 6;

const tensorsOf = (places: readonly Place[]) => places.flatMap(({ tensors }) => tensors);

/** Whose names a file was read in, and what was taken off them. */
export function readingText({ naming, view }: Reading): string {
  const off = [
    ...(view.prefix === '' ? [] : [`"${view.prefix}" taken off`]),
    ...view.wrappers.map((wrapper) => `"${wrapper}" taken out`),
  ];
  return [`${naming}'s names`, ...off].join(', ');
}

const sizeLines = (sources: readonly Source[]): string[] => {
  const most = 2 * mostKinds;
  const lines = sources.slice(0, most).map(sizeText);
  return sources.length > most ? [...lines, `... and ${sources.length - most} more`] : lines;
};

const block = (title: string, count: number, lines: readonly string[]): string[] =>
  count === 0 ? [] : [`  ${title} (${count})`, ...lines.map((line) => `    ${line}`)];

/** What a loaded file gave a network and what it did not, a line each kind; one line where it gave all. */
export function loadedLines(
  path: string,
  network: Network,
  reading: Reading,
  fit: Fit,
  fresh: readonly Place[],
): string[] {
  const loaded = fit.exact.length + fit.resized.length;
  const left = new Set(fresh);
  return [
    `${path}: ${loaded} of ${counted(reading.places.length, 'parameter')} of ${network.name}, by ${readingText(reading)}`,
    ...block(
      'interpolated to other windows',
      fit.resized.length,
      grouped(
        fit.resized.flatMap(({ entries }) => entries),
        mostKinds,
      ),
    ),
    ...block(
      'not in the file, left as they were drawn',
      fit.missing.length,
      grouped(tensorsOf(fit.missing), mostKinds),
    ),
    ...block(
      'of another shape in the file, left as they were drawn',
      fit.size.filter(({ place }) => left.has(place)).length,
      sizeLines(fit.size),
    ),
    ...block('only in the file, left out', fit.extra.length, grouped(fit.extra, mostKinds)),
    ...block('outside the prefix, left out', reading.view.outside.length, grouped(reading.view.outside, mostKinds)),
  ];
}

/** A file of which nothing fits: what is in it. */
export function nothingText(path: string, network: Network, { view }: Reading, suggestion: string | null): string {
  const tensors = [...view.entries.values()];
  return [
    `${path} holds no ${network.name}: none of its ${counted(tensors.length, 'tensor')} has a name and a shape that are known for it; nothing was loaded`,
    ...block('the file has', tensors.length, grouped(tensors, mostKinds)),
    `Next: ${suggestion ?? `\`${command('names')}\` with the same network lists the names that are read`}`,
  ].join('\n');
}

/** What keeps a file from being loaded, in the file's own names. */
export function refusalText(
  path: string,
  network: Network,
  reading: Reading,
  { missing, extra, size, exact }: Pick<Fit, 'missing' | 'extra' | 'size' | 'exact'>,
  suggestion: string | null,
): string {
  const wrong = missing.length + extra.length + size.length;
  const needed: Allowance[] = [
    ...(missing.length > 0 ? (['missing'] as const) : []),
    ...(extra.length > 0 ? (['extra'] as const) : []),
    ...(size.length > 0 ? (['size'] as const) : []),
  ];
  const [kinds, all] = [needed.join(','), reading.places.length];
  const other = `this may be a file of another network, and \`${command('models')}\` lists those that are read`;
  const takes = `--allow ${kinds} takes the ${exact.length} of ${counted(all, 'parameter')} that fit (in a suite: weights: { file, allow: [${needed.join(', ')}] })`;
  const few = 2 * exact.length < all ? [other] : [];
  const allow = `Next: ${[...few, ...(exact.length > 0 ? [takes] : [])].join('; ')}`;
  return [
    `${path} does not fit ${network.name}, read by ${readingText(reading)}: ${counted(wrong, 'tensor does not fit', 'tensors do not fit')}; nothing was loaded`,
    ...block('only in the file', extra.length, grouped(extra, mostKinds)),
    ...block('missing from the file', missing.length, grouped(tensorsOf(missing), mostKinds)),
    ...block('of another shape', size.length, sizeLines(size)),
    suggestion === null ? allow : `Next: ${suggestion}`,
  ].join('\n');
}
