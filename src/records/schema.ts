/** What the records' schemas share. */
import { z } from 'zod';

/** A value that is read and never changed, to its depth. */
export type Frozen<T> = T extends object ? { readonly [Key in keyof T]: Frozen<T[Key]> } : T;

/** Characters that a name may have at most: file systems take 255 bytes, and figures add to it. */
const longestName = 200;

/** A name that becomes a folder or a file: nothing in it leads elsewhere. */
export const recordName = z
  .string()
  .min(1)
  .max(longestName)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  .regex(/^(?!\.{1,2}$)[^/\\\x00-\x1f\x7f]+$/, 'is no name for a folder');

/** What engines compute in: a larger number came from elsewhere, and sums of it would be no number. */
const largest = 3.5e38;
export const measured = z.number().min(-largest).max(largest);
export const amount = measured.min(0);
export const count = z.int().min(0);
/** A share in [0, 1]. */
export const share = z.number().min(0).max(1);
export const hashSchema = z.string().min(1).max(128);
export const seedSchema = z.int().min(0);
