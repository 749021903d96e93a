/** A dataset is not here, or not what it should be; the message names the file and ends with what to do next. */
export class DataError extends Error {
  override readonly name = 'DataError';
}
