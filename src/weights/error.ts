/** A file of weights is not what it should be; the message names the file and the place. */
export class WeightsError extends Error {
  override readonly name = 'WeightsError';
}

const most = 120;

/** A value out of a file as a message can show it: text of any length, lists of any depth, cut to a line. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return value.length > most ? `${value.slice(0, most)}...` : value;
  if (!Array.isArray(value)) return value === null || typeof value !== 'object' ? String(value) : 'a mapping';
  const parts = value.slice(0, 8).map((part: unknown) => (Array.isArray(part) ? '[...]' : shown(part)));
  return `[${parts.join(', ')}${value.length > 8 ? ', ...' : ''}]`;
}
