/** A measurement that is no finite number: nothing is computed from it. */
export class NotFiniteError extends RangeError {
  override readonly name = 'NotFiniteError';
}

/** The values themselves. Throws a `NotFiniteError` that names what was measured and the value found. */
export function finite(values: readonly number[], what: string): readonly number[] {
  const bad = values.find((value) => !Number.isFinite(value));
  if (bad !== undefined) throw new NotFiniteError(`${what} must be finite numbers; one of them is ${bad}`);
  return values;
}
