import type { PictureSource } from '../dataset.js';
import type { UnreadablePlace } from '../unreadable.js';
import type { Preparation } from '../pictures/prepare.js';

/** What a thread is started with. */
export interface ThreadSetup {
  readonly source: PictureSource;
  readonly preparation: Preparation;
}

/** A picture to prepare, with the stream that its chances come from. */
export interface Item {
  readonly index: number;
  readonly seed: number;
  readonly stream: string;
}

/** Pictures to write one after the other into shared memory, from place `first` on. */
export interface Job {
  readonly id: number;
  readonly items: readonly Item[];
  readonly into: Uint8Array;
  readonly first: number;
}

/** A job's end. */
export interface JobDone {
  readonly id: number;
  readonly unreadable: readonly UnreadablePlace[];
}
