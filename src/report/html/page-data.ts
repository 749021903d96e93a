import { classNames, mostClasses, predictionsOf } from '../by-picture.js';
import type { DrawnFigure } from '../figures/render.js';
import { labelOf } from '../labels.js';
import { rowPairs, type RowPair } from '../pairs.js';
import type { Row, Study } from '../study.js';
import { samePictures } from '../../statistics/named-classes.js';

/** x, y, width and height, in units of the picture. */
type Box = readonly [number, number, number, number];

/** Where one form of a picture shows what: the same places in the same order in both forms. */
interface FormSpots {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly Box[];
}

export interface FigureSpots {
  readonly words: readonly string[];
  readonly wide: FormSpots;
  readonly narrow: FormSpots;
}

/** A network that a reader can choose. */
export interface PageNetwork {
  readonly name: string;
  readonly label: string;
  /** Top-1 in percent, by seed. */
  readonly top1: Readonly<Record<string, number>>;
  readonly macs: number;
  readonly params: number;
  /** Means over the runs that were measured where most of the study was; null where there are none. */
  readonly imagesPerSecond: number | null;
  readonly memoryBytes: number | null;
  /** Of each class in percent, by seed; null where predictions were not kept. */
  readonly classes: Readonly<Record<string, readonly (number | null)[]>> | null;
}

/** What the page's script shows: everything that it says comes from here. */
export interface PageData {
  readonly suite: string;
  readonly figures: Readonly<Record<string, FigureSpots>>;
  readonly classes: readonly string[];
  readonly networks: readonly PageNetwork[];
  /** By places in `networks`. */
  readonly pairs: readonly RowPair[];
}

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));

export function figureSpots(wide: DrawnFigure, narrow: DrawnFigure): FigureSpots {
  const form = ({ width, height, spots }: DrawnFigure): FormSpots => ({
    width,
    height,
    boxes: spots.map(
      (one): Box => [rounded(one.x, 1), rounded(one.y, 1), rounded(one.width, 1), rounded(one.height, 1)],
    ),
  });
  return { words: wide.spots.map(({ words }) => words), wide: form(wide), narrow: form(narrow) };
}

/** The networks and their pairs, without the figures. */
export function networksData(study: Study): Omit<PageData, 'figures'> {
  const chosen = study.rows.flatMap((row, at) => (row.top1 && row.network === row.variant.name ? [{ row, at }] : []));
  const places = new Map(chosen.map(({ at }, place) => [at, place]));
  const pictures = samePicturesOf(chosen.map(({ row }) => row));
  return {
    suite: study.plan.suite,
    classes: pictures?.names ?? [],
    networks: chosen.map(({ row }) => networkOf(row, pictures?.of(row) ?? null)),
    pairs: rowPairs(study).map(({ before, after, mean, interval, ...pair }) => ({
      before: places.get(before) as number,
      after: places.get(after) as number,
      mean: rounded(mean, 4),
      interval: interval && ([rounded(interval[0], 4), rounded(interval[1], 4)] as const),
      ...pair,
    })),
  };
}

function networkOf(row: Row, classes: PageNetwork['classes']): PageNetwork {
  const { variant, bySeed, imagesPerSecond, peakMemoryBytes } = row;
  return {
    name: variant.name,
    label: labelOf(row),
    top1: Object.fromEntries([...bySeed].map(([seed, top1]) => [seed, rounded(top1, 4)])),
    macs: variant.macs,
    params: variant.params,
    imagesPerSecond: imagesPerSecond && rounded(imagesPerSecond.mean, 1),
    memoryBytes: peakMemoryBytes && Math.round(peakMemoryBytes.mean),
    classes,
  };
}

/** Accuracy by class of every run; null where the runs that keep predictions do not all keep those of the same pictures. */
function samePicturesOf(rows: readonly Row[]) {
  const [first] = rows.flatMap((row) => [...predictionsOf(row).values()].slice(0, 1).map((one) => ({ row, one })));
  if (!first || first.one.classes > mostClasses) return null;
  const all = rows.flatMap((row) => [...predictionsOf(row).values()]);
  if (!all.every((one) => samePictures(one, first.one))) return null;
  return {
    names: classNames(first.row, first.one.classes),
    of(row: Row): PageNetwork['classes'] {
      const found = [...predictionsOf(row)].map(([seed, one]) => [seed, sharesByClass(one)] as const);
      return found.length === 0 ? null : Object.fromEntries(found);
    },
  };
}

function sharesByClass({ classes, label, predicted }: { classes: number; label: Uint32Array; predicted: Uint32Array }) {
  const [right, all] = [new Float64Array(classes), new Float64Array(classes)];
  for (let at = 0; at < label.length; at++) {
    const one = label[at] as number;
    (all[one] as number)++;
    if (predicted[at] === one) (right[one] as number)++;
  }
  return Array.from(right, (count, at) => (all[at] === 0 ? null : rounded((100 * count) / (all[at] as number), 2)));
}

/** A value as the content of a script element: no text in it can end the element or begin another. */
export const scriptJson = (value: unknown): string =>
  JSON.stringify(value).replaceAll('<', '\\u003c').replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
