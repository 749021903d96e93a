/** Standard error of an accuracy (a share in [0, 1]) measured on `n` test images, as if they were drawn at random. */
export function binomialStandardError(accuracy: number, n: number): number {
  return Math.sqrt((accuracy * (1 - accuracy)) / n);
}
