import { createGenerator } from '../../random/generator.js';
import { cutOut } from '../pictures/augment/cut-out.js';
import type { EncodedPicture, Picture } from '../dataset.js';
import { DataError } from '../error.js';
import { createPreparation, type Preparation } from '../pictures/prepare.js';
import type { Item } from './job.js';
import type { UnreadablePlace } from '../unreadable.js';

export interface Pictures {
  picture(index: number): Picture | Promise<Picture>;
  encoded?(index: number): Promise<Picture | EncodedPicture>;
}

/** Prepares an item at a place of a batch. Gives nothing, or what is wrong with the picture, whose place then is its dataset's mean colour. */
export type PrepareItem = (
  item: Item,
  into: Uint8Array,
  place: number,
) => Promise<UnreadablePlace | undefined> | undefined;

/** The same work in a thread and out of one. */
export function createItemPreparation(pictures: Pictures, preparation: Preparation): PrepareItem {
  const prepare = createPreparation(preparation);
  const { resolution, fill } = preparation;
  const length = resolution * resolution * 3;

  return ({ index, seed, stream }, into, place) => {
    const generator = createGenerator(seed, stream);
    const finish = (picture: Picture): undefined => {
      prepare.finish(picture, generator, into, place * length);
    };
    const whole = (picture: Picture): undefined => {
      const region = prepare.regionOf(picture, generator);
      finish(region ? cutOut(picture, region) : picture);
    };
    const part = async (picture: Picture | EncodedPicture): Promise<undefined> => {
      if (!('decode' in picture)) return whole(picture);
      finish(await picture.decode(prepare.regionOf(picture, generator) ?? undefined));
    };
    const unreadable = (error: Error): UnreadablePlace => {
      if (!(error instanceof DataError)) throw error;
      for (let at = place * length; at < (place + 1) * length; at += 3) into.set(fill, at);
      return { index, place, reason: error.message };
    };
    if (pictures.encoded) return pictures.encoded(index).then(part).catch(unreadable);
    const picture = pictures.picture(index);
    // A set in memory answers at once; waiting for it all the same would cost a turn of the event loop a picture.
    return picture instanceof Promise ? picture.then(whole).catch(unreadable) : whole(picture);
  };
}
