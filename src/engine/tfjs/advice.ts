/** What to use in the place of an op that an engine cannot give. */
const instead: Readonly<Record<string, string>> = {
  MaxPool3D: 'take maxima over slices with ops.maxPool, or tf.max over a reshaped axis',
  MaxPool3DGrad: 'take maxima over slices with ops.maxPool, or tf.max over a reshaped axis',
  MaxPoolWithArgmax: 'use ops.maxPool; its gradient needs no indices',
  Dilation2D: 'add the structuring element tap by tap with tf.slice and tf.maximum',
  Conv3D: 'add up ops.conv2d over slices of the depth',
  CropAndResize: 'cut with tf.slice and resize with tf.image.resizeBilinear',
  RotateWithOffset: 'turn by multiples of 90 degrees with tf.reverse and tf.transpose',
  Transform: 'resize with tf.image.resizeBilinear, move with tf.slice and tf.pad',
  FFT: 'multiply by the sine and cosine matrices with tf.matMul',
  IFFT: 'multiply by the sine and cosine matrices with tf.matMul',
  Complex: 'keep real and imaginary part as two tensors',
  ComplexAbs: 'keep real and imaginary part as two tensors',
  Real: 'multiply by the cosine matrix with tf.matMul',
  Imag: 'multiply by the sine matrix with tf.matMul',
  ...Object.fromEntries(
    ['Sin', 'Cos', 'Tan', 'Asin', 'Acos', 'Atan', 'Atan2'].map((op) => [
      op,
      'compute what does not depend on the map once in JavaScript (Math.sin, ...), or take --device cpu or wasm',
    ]),
  ),
  Multinomial: 'declare a draw (draws: in the layer) and compare it with the probabilities',
};

export function advice(op: string, problem = ''): string {
  if (/only 'valid' and 'same' padding|padding by numbers/.test(problem)) {
    return "instead: pad the map with tf.pad and take 'valid', or use ops.conv2d and ops.maxPool";
  }
  const other =
    instead[op] ?? 'compose it from the ops that docs/ops.md lists as right, or give it a gradient by tf.customGrad';
  return `instead: ${other}`;
}
