import type { Chart } from 'chart.js';
import { grouped, inUnit, none, percent, seedList, signed, unitFor, withSpread } from '../format.js';
import { labelOf, verdictText } from '../labels.js';
import type { Row, Study } from '../study.js';

/** A place in a picture with the values that it stands for: what a page shows where somebody points. In units of the picture. */
export interface Spot {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Lines; the first names what is pointed at. */
  readonly words: string;
}

const reach = 10;

/** Around a point at (x, y). */
export const pointSpot = (x: number, y: number, words: string): Spot => ({
  x: x - reach,
  y: y - reach,
  width: 2 * reach,
  height: 2 * reach,
  words,
});

/** The whole line that is centred on the `at`-th value of a picture's y axis. */
export function lineSpot(chart: Chart, at: number, height: number, words: string): Spot {
  const y = chart.scales.y?.getPixelForValue(at) ?? 0;
  return { x: 0, y: y - height / 2, width: chart.width, height, words };
}

/** A network in words: accuracy, what its step did, what it costs. */
export function rowWords({ rows }: Pick<Study, 'rows'>): (row: Row) => string {
  const macs = unitFor(rows.map(({ variant }) => variant.macs));
  const params = unitFor(rows.map(({ variant }) => variant.params));
  return (row) => {
    const { variant, top1, bySeed, imagesPerSecond, peakMemoryBytes, atChance } = row;
    return [
      `${labelOf(row)}${variant.adopted ? '' : ' (not adopted)'}`,
      top1
        ? `${withSpread(top1)} % top-1, ${bySeed.size === 1 ? 'seed' : 'seeds'} ${seedList([...bySeed.keys()])}${atChance ? ', at chance' : ''}`
        : 'no result yet',
      ...changeWords(row),
      `${inUnit(variant.macs, macs)} ${macs.letter}MACs, ${inUnit(variant.params, params)} ${params.letter} parameters`,
      ...(imagesPerSecond && peakMemoryBytes
        ? [
            `trained at ${grouped(Math.round(imagesPerSecond.mean))} pictures a second in ${grouped(Math.round(peakMemoryBytes.mean / 2 ** 20))} MiB`,
          ]
        : []),
    ].join('\n');
  };
}

/** What a change did, with its interval and verdict; nothing where there is no difference. */
export function changeWords({ variant, delta, judged, change }: Row): string[] {
  if (!delta) return [];
  const { interval } = judged ?? {};
  const range = interval ? ` (${signed(interval[0])} … ${signed(interval[1])})` : '';
  return [
    `Δ ${signed(delta.mean)}${range} against ${variant.parent ?? none}: ${verdictText({ judged, change }) || none}`,
  ];
}

/** `80.12` of a percentage, `1.234` of a loss. */
export const curveValue = (value: number, isPercent: boolean): string =>
  isPercent ? `${percent(value)} %` : value.toFixed(3);
