/** PyTorch's: how many windows of `kernel` fit. */
export const outputSize = (input: number, kernel: number, stride: number, padding: number): number =>
  Math.floor((input + 2 * padding - kernel) / stride) + 1;
