import { createGenerator } from '../../random/generator.js';
import type { Picture } from '../dataset.js';
import { DataError } from '../error.js';
import { createPreparation, type Preparation } from '../prepare.js';
import type { Item } from './job.js';

export interface Pictures {
  picture(index: number): Picture | Promise<Picture>;
}

/** Prepares an item at a place of a batch. Gives nothing, or what is wrong with the picture, whose place then is its dataset's mean colour. */
export type PrepareItem = (item: Item, into: Uint8Array, place: number) => Promise<string | undefined> | undefined;

/** The same work in a thread and out of one. */
export function createItemPreparation(pictures: Pictures, preparation: Preparation): PrepareItem {
  const prepare = createPreparation(preparation);
  const { resolution, fill } = preparation;
  const length = resolution * resolution * 3;

  return ({ index, seed, stream }, into, place) => {
    const finish = (picture: Picture): undefined => {
      prepare(picture, createGenerator(seed, stream), into, place * length);
    };
    const picture = pictures.picture(index);
    // A set in memory answers at once; waiting for it all the same would cost a turn of the event loop a picture.
    if (!(picture instanceof Promise)) return finish(picture);
    return picture.then(finish).catch((error: Error) => {
      if (!(error instanceof DataError)) throw error;
      for (let at = place * length; at < (place + 1) * length; at += 3) into.set(fill, at);
      return error.message;
    });
  };
}
