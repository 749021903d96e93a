/** Numbers of things in words; the same on every machine, whatever its locale. */

/** 4089184256 -> `4,089,184,256`. */
export const grouped = (value: number): string => String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ',');

/** `1 run`, `3 runs`, `12,800 pictures`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${grouped(count)} ${noun(count, one, many)}`;

/** The word alone, where the number stands elsewhere: `1 of 3` runs. */
export const noun = (count: number, one: string, many = `${one}s`): string => (count === 1 ? one : many);
