import { command } from '../shell/program.js';
import { quoted } from '../shell/quoted.js';
import type { Dataset } from './dataset.js';
import { DataError } from './error.js';

/** A picture that could not be read or decoded: it is shown as its dataset's mean colour. */
export interface Unreadable {
  /** Of the picture in its split. */
  readonly index: number;
  /** Begins with the picture's name. */
  readonly reason: string;
}

/** Where it stands in a batch. */
export interface UnreadablePlace extends Unreadable {
  readonly place: number;
}

/** What of a split could not be read, for records. */
export interface ReadReport {
  readonly pictures: number;
  readonly unreadable: number;
  /** The first of them, with what is wrong. */
  readonly reasons: readonly string[];
}

/** Of a split. Above it a run's numbers would be of other pictures than its record says. */
const mostShare = 0.01;
const mostReasons = 10;

/** Counts the pictures of a split that cannot be read, each once however often it is met. */
export interface ReadCount {
  /** Throws a `DataError` where they have become more than 1 % of the split. */
  add(unreadable: Unreadable): void;
  report(): ReadReport;
}

/** @param onUnreadable told once about each picture. */
export function countReads(dataset: Dataset, onUnreadable: (text: string) => void): ReadCount {
  const found = new Map<number, string>();
  return {
    add({ index, reason }) {
      if (!found.has(index)) {
        found.set(index, reason);
        onUnreadable(reason);
      }
      // Batches end in any order: whichever meets one of too many ends in the error.
      if (found.size > dataset.length * mostShare) throw tooMany(dataset, found.size, reason);
    },
    report: () => ({
      pictures: dataset.length,
      unreadable: found.size,
      reasons: [...found.values()].slice(0, mostReasons),
    }),
  };
}

function tooMany({ name, split, length, source }: Dataset, count: number, last: string): DataError {
  const root = source?.kind === 'files' ? ` --root ${quoted(source.root)}` : '';
  return new DataError(
    `${name}: more than 1 % of the ${split} pictures cannot be read, ${count} of ${length} so far, the last being ${last}.\nNext: ${command(`data check ${name}${root}`)}`,
  );
}
