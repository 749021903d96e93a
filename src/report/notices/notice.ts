import { firstOf, listed } from '../format.js';

/** Something that a reader must know before believing a number. */
export interface Notice {
  readonly level: 'warning' | 'note';
  readonly text: string;
}

export const warning = (text: string): Notice => ({ level: 'warning', text });
export const note = (text: string): Notice => ({ level: 'note', text });

/** `a, b and c`, or the first few of many. */
export function shortened(items: readonly string[], most = 8): string {
  return items.length <= most ? listed(items) : firstOf(items, most);
}
