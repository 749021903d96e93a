/** Every case of test/fixtures/tfjs-ops/make.py as a layer would write it. */
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';

type Tf = typeof import('@tensorflow/tfjs-core');
// biome-ignore lint/suspicious/noExplicitAny: tfjs types its ops by rank, a table of calls does not
type Any = any;
type Call = (tf: Tf, a: Any, b: Any, c: Any, d: Any, e: Any) => Tensor;

const unary = Object.fromEntries(
  [
    ...['abs', 'neg', 'square', 'sqrt', 'rsqrt', 'reciprocal', 'exp', 'expm1', 'log', 'log1p', 'sin', 'cos', 'tan'],
    ...['asin', 'acos', 'atan', 'sinh', 'cosh', 'tanh', 'asinh', 'acosh', 'atanh', 'sigmoid', 'softplus'],
    ...['logSigmoid', 'elu', 'selu', 'relu', 'relu6', 'erf', 'sign', 'floor', 'ceil', 'round', 'softmax', 'logSoftmax'],
  ].map((name): [string, Call] => [name, (tf, x) => (tf as Any)[name](x)]),
);

const binary = Object.fromEntries(
  ['add', 'sub', 'mul', 'div', 'squaredDifference', 'maximum', 'minimum'].flatMap((name): [string, Call][] => {
    const call: Call = (tf, a, b) => (tf as Any)[name](a, b);
    return [name, `${name}, broadcast`, `${name}, equal values`].map((variant) => [variant, call]);
  }),
);

const masks: Readonly<Record<string, (tf: Tf, a: Any, b: Any) => Tensor>> = {
  less: (tf, a, b) => tf.less(a, b),
  lessEqual: (tf, a, b) => tf.lessEqual(a, b),
  greaterEqual: (tf, a, b) => tf.greaterEqual(a, b),
  equal: (tf, a, b) => tf.equal(a, b),
  notEqual: (tf, a, b) => tf.notEqual(a, b),
  logicalAnd: (tf, a, b) => tf.logicalAnd(tf.greater(a, 0), tf.greater(b, 0)),
  logicalOr: (tf, a, b) => tf.logicalOr(tf.greater(a, 0), tf.greater(b, 0)),
  logicalXor: (tf, a, b) => tf.logicalXor(tf.greater(a, 0), tf.greater(b, 0)),
  logicalNot: (tf, a, b) => tf.logicalNot(tf.greater(a, b)),
};

const masked = Object.fromEntries(
  Object.entries(masks).map(([name, mask]): [string, Call] => [
    `${name}, as factor`,
    (tf, a, b) => tf.add(tf.mul(a, tf.cast(mask(tf, a, b), 'float32')), b),
  ]),
);

const einsums = Object.fromEntries(
  [...['nhwc,cd->nhwd', 'nqd,nkd->nqk', 'nqk,nkd->nqd', 'nhwc->nc', 'ij,jk->i', 'ij->ji', 'i,j->ij']].map(
    (equation): [string, Call] => [
      `einsum, ${equation}`,
      (tf, ...given) => tf.einsum(equation, ...given.filter((tensor) => tensor !== undefined)),
    ],
  ),
);

const resizes = Object.fromEntries(
  [
    [8, 12],
    [2, 3],
    [6, 4],
  ].flatMap((size): [string, Call][] => {
    const label = `4x6 to ${size[0]}x${size[1]}`;
    const to = size as [number, number];
    return [
      [`resizeBilinear, half-pixel centres, ${label}`, (tf, x) => tf.image.resizeBilinear(x, to, false, true)],
      [`resizeBilinear, aligned corners, ${label}`, (tf, x) => tf.image.resizeBilinear(x, to, true)],
      [`resizeBilinear, ${label}`, (tf, x) => tf.image.resizeBilinear(x, to)],
      [
        `resizeNearestNeighbor, half-pixel centres, ${label}`,
        (tf, x) => tf.image.resizeNearestNeighbor(x, to, false, true),
      ],
      [`resizeNearestNeighbor, ${label}`, (tf, x) => tf.image.resizeNearestNeighbor(x, to)],
    ];
  }),
);

const tile4 = [1, 2, 1];

export const calls: Readonly<Record<string, Call>> = {
  ...unary,
  ...binary,
  ...masked,
  ...einsums,
  ...resizes,
  leakyRelu: (tf, x) => tf.leakyRelu(x, 0.1),
  clipByValue: (tf, x) => tf.clipByValue(x, -0.5, 0.75),
  swish: (tf, x) => tf.mul(x, tf.sigmoid(x)),
  mish: (tf, x) => tf.mul(x, tf.tanh(tf.softplus(x))),
  'GELU by erf': (tf, x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)),
  'hard swish': (tf, x) => tf.mul(x, tf.div(tf.relu6(tf.add(x, 3)), 6)),
  'abs, at 0': (tf, x) => tf.abs(x),
  'relu, at 0': (tf, x) => tf.relu(x),
  'relu6, at 0 and 6': (tf, x) => tf.relu6(x),
  'clipByValue, at its ends': (tf, x) => tf.clipByValue(x, -1, 1),
  'step times x': (tf, x) => tf.mul(tf.step(x), x),
  'prelu, one slope a channel': (tf, x, slope) => tf.prelu(x, slope),

  divNoNan: (tf, a, b) => tf.divNoNan(a, b),
  pow: (tf, a, b) => tf.pow(a, b),
  'pow, 1.5': (tf, x) => tf.pow(x, 1.5),
  'pow, 2 of negative values': (tf, x) => tf.pow(x, 2),
  mod: (tf, a, b) => tf.mod(a, b),
  atan2: (tf, a, b) => tf.atan2(a, b),
  'where, a compared mask': (tf, a, b) => tf.where(tf.greater(a, b), a, tf.mul(b, 2)),
  'where, broadcast branches': (tf, a, b) => tf.where(tf.greater(a, 0), a, b),
  'a compared mask as factor': (tf, x) => tf.mul(x, tf.cast(tf.greater(x, 0.5), 'float32')),
  addN: (tf, a, b, c) => tf.addN([a, b, c]),

  'any, as factor': (tf, x) => tf.mul(x, tf.cast(tf.any(tf.greater(x, 1.5), 3, true), 'float32')),
  'all, as factor': (tf, x) => tf.mul(x, tf.cast(tf.all(tf.greater(x, -1.5), 3, true), 'float32')),
  'argMax, one-hot as factor': (tf, x) => tf.mul(x, tf.cast(tf.oneHot(tf.argMax(x, 3) as Any, 4), 'float32')),
  'argMin, one-hot as factor': (tf, x) => tf.mul(x, tf.cast(tf.oneHot(tf.argMin(x, 3) as Any, 4), 'float32')),
  'isNaN, isFinite, as factors': (tf, x) =>
    tf.mul(x, tf.cast(tf.logicalAnd(tf.logicalNot(tf.isNaN(x)), tf.isFinite(x)), 'float32')),
  'linspace, as factor': (tf, x) => tf.mul(x, tf.linspace(0, 1, 4)),
  'fill, onesLike, as terms': (tf, x) => tf.add(tf.add(x, tf.fill([1, 1, 1, 4], 0.5)), tf.onesLike(x)),
  'eye, as factor': (tf, x) => tf.mul(x, tf.eye(4)),
  'floorDiv, as term': (tf, a, b) => tf.add(a, tf.cast(tf.floorDiv(a, b), 'float32')),

  sum: (tf, x) => tf.sum(x, [1, 2]),
  'mean, kept axes': (tf, x) => tf.mean(x, [1, 2], true),
  max: (tf, x) => tf.max(x, [1, 2]),
  'max, kept axis': (tf, x) => tf.max(x, 3, true),
  'max, equal values': (tf, x) => tf.max(x, [1, 2]),
  min: (tf, x) => tf.min(x, [1, 2]),
  'min, equal values': (tf, x) => tf.min(x, 1),
  prod: (tf, x) => tf.prod(x, 3),
  'prod, with zeros': (tf, x) => tf.prod(x, 1),
  'prod, two axes': (tf, x) => tf.prod(x, [1, 2]),
  logSumExp: (tf, x) => tf.logSumExp(x, 3),
  'moments, variance': (tf, x) => tf.moments(x, [1, 2]).variance,
  'norm, euclidean': (tf, x) => tf.norm(x, 'euclidean', [1, 2]),
  'cumsum, last axis': (tf, x) => tf.cumsum(x, 3),
  'cumsum, another axis': (tf, x) => tf.cumsum(x, 1),
  'cumsum, square map': (tf, x) => tf.cumsum(x, 0),
  'cumsum, exclusive': (tf, x) => tf.cumsum(x, 2, true),
  'cumsum, exclusive and reversed': (tf, x) => tf.cumsum(x, 1, true, true),
  cumprod: (tf, x) => tf.cumprod(x, 1),
  'cumprod, with zeros': (tf, x) => tf.cumprod(x, 3),
  'cumprod, exclusive and reversed': (tf, x) => tf.cumprod(x, 1, true, true),
  topk: (tf, x) => tf.topk(x, 2).values,
  localResponseNormalization: (tf, x) => tf.localResponseNormalization(x, 1, 1, 0.5, 0.75),
  batchNorm: (tf, x, mean, variance, offset, scale) => tf.batchNorm(x, mean, variance, offset, scale, 1e-3),
  'batchNorm, no scale': (tf, x, mean, variance, offset) => tf.batchNorm(x, mean, variance, offset, undefined, 1e-3),

  matMul: (tf, a, b) => tf.matMul(a, b),
  'matMul, both transposed': (tf, a, b) => tf.matMul(a, b, true, true),
  'matMul, batches, b transposed': (tf, a, b) => tf.matMul(a, b, false, true),
  'matMul, batches, a transposed': (tf, a, b) => tf.matMul(a, b, true, false),
  'matMul, broadcast batches': (tf, a, b) => tf.matMul(a, b),
  'matMul, one query for all': (tf, a, b) => tf.matMul(a, b),
  dot: (tf, a, b) => tf.dot(a, b),
  outerProduct: (tf, a, b) => tf.outerProduct(a, b),
  'fused.matMul, bias and sigmoid': (tf, a, b, bias) => tf.fused.matMul({ a, b, bias, activation: 'sigmoid' }),
  'linalg.bandPart': (tf, x) => tf.linalg.bandPart(x as Tensor2D, -1, 0),
  'linalg.qr': (tf, x) => tf.abs(tf.linalg.qr(x)[0]),
  'attention of four axes': (tf, q, k, v) => tf.matMul(tf.softmax(tf.div(tf.matMul(q, k, false, true), 2)) as Any, v),

  'reshape and transpose, six axes': (tf, x) =>
    tf.reshape(tf.transpose(tf.reshape(x, [2, 2, 3, 2, 2, 2]), [0, 1, 3, 2, 4, 5]), [2, 4, 6, 2]),
  'transpose, five axes': (tf, x) => tf.transpose(x, [4, 0, 3, 1, 2]),
  'concat, last axis': (tf, a, b) => tf.concat([a, b], 3),
  stack: (tf, a, b) => tf.stack([a, b], 1),
  'split, in another order': (tf, x) => tf.concat([...tf.split(x, 2, 3)].reverse(), 3),
  'split, turned in place': (tf, x) => tf.concat(tf.split(x, 2, 3).reverse(), 3),
  'unstack, turned in place': (tf, x) => tf.stack(tf.unstack(x, 1).reverse(), 1),
  slice: (tf, x) => tf.slice(x, [0, 1, 2, 0], [2, 3, 3, 4]),
  stridedSlice: (tf, x) => tf.stridedSlice(x, [0, 0, 1, 0], [2, 5, 6, 4], [1, 2, 2, 1]),
  'stridedSlice, backwards': (tf, x) => tf.stridedSlice(x, [0, 4, 0, 0], [2, 0, 6, 4], [1, -2, 1, 1], 0, 0b0010),
  'stridedSlice, an axis less': (tf, x) =>
    tf.stridedSlice(x, [0, 2, 0, 0], [2, 3, 6, 4], [1, 1, 3, 1], 0, 0, 0, 0, 0b0010),
  pad: (tf, x) =>
    tf.pad(x, [
      [0, 0],
      [1, 0],
      [2, 1],
      [0, 0],
    ]),
  'pad, 1.5': (tf, x) =>
    tf.pad(
      x,
      [
        [0, 0],
        [1, 1],
        [1, 1],
        [0, 0],
      ],
      1.5,
    ),
  'mirrorPad, reflect': (tf, x) =>
    tf.mirrorPad(
      x,
      [
        [0, 0],
        [1, 2],
        [2, 1],
        [0, 0],
      ],
      'reflect',
    ),
  'mirrorPad, symmetric': (tf, x) =>
    tf.mirrorPad(
      x,
      [
        [0, 0],
        [2, 1],
        [0, 0],
        [0, 0],
      ],
      'symmetric',
    ),
  tile: (tf, x) => tf.tile(x, [...tile4, 2]),
  broadcastTo: (tf, x) => tf.broadcastTo(x, [2, 5, 6, 4]),
  reverse: (tf, x) => tf.reverse(x, [1, 2]),
  'image.flipLeftRight': (tf, x) => tf.image.flipLeftRight(x),
  'gather, an axis in the middle': (tf, x, at) => tf.gather(x, at, 1),
  'gather, last axis': (tf, x, at) => tf.gather(x, at, 3),
  'gather, indices computed': (tf, x) => tf.gather(x, tf.range(0, 6, 2, 'int32'), 1),
  'gather, batches': (tf, x, at) => tf.gather(x, at, 1, 1),
  gatherND: (tf, x, at) => tf.gatherND(x, at),
  scatterND: (tf, at, x) => tf.scatterND(at, x, [5, 3]),
  tensorScatterUpdate: (tf, x, at, updates) => tf.tensorScatterUpdate(x, at, updates),
  unsortedSegmentSum: (tf, x, at) => tf.unsortedSegmentSum(x, at, 3),
  'oneHot times matrix': (tf, at, weights) => tf.matMul(tf.cast(tf.oneHot(at, 4), 'float32') as Any, weights),
  depthToSpace: (tf, x) => tf.depthToSpace(x, 2),
  spaceToBatchND: (tf, x) =>
    tf.spaceToBatchND(
      x,
      [2, 2],
      [
        [0, 0],
        [0, 0],
      ],
    ),
  batchToSpaceND: (tf, x) =>
    tf.batchToSpaceND(
      x,
      [2, 2],
      [
        [0, 0],
        [0, 0],
      ],
    ),
  'roll by concat and slice': (tf, x) =>
    tf.concat([tf.slice(x, [0, 3, 0, 0], [2, 2, 6, 4]), tf.slice(x, [0, 0, 0, 0], [2, 3, 6, 4])], 1),

  'conv2d, 3x3 same': (tf, x, w) => tf.conv2d(x, w, 1, 'same'),
  'conv2d, 3x3 same, stride 2': (tf, x, w) => tf.conv2d(x, w, 2, 'same'),
  'conv2d, 3x3 valid': (tf, x, w) => tf.conv2d(x, w, 1, 'valid'),
  'conv2d, 2x3 valid, stride 2': (tf, x, w) => tf.conv2d(x, w, 2, 'valid'),
  'conv2d, 1x1, stride 2': (tf, x, w) => tf.conv2d(x, w, 2, 'valid'),
  'conv2d, dilation 2': (tf, x, w) => tf.conv2d(x, w, 1, 'same', 'NHWC', 2),
  'conv2d, dilation 2 valid': (tf, x, w) => tf.conv2d(x, w, 1, 'valid', 'NHWC', 2),
  'conv2d, padding by a number': (tf, x, w) => tf.conv2d(x, w, 2, 1, 'NHWC', 1, 'floor'),
  'conv2d, padding side by side': (tf, x, w) =>
    tf.conv2d(x, w, 1, [
      [0, 0],
      [1, 0],
      [2, 0],
      [0, 0],
    ]),
  conv1d: (tf, x, w) => tf.conv1d(x, w, 1, 'same'),
  'conv2dTranspose, stride 2': (tf, x, w) => tf.conv2dTranspose(x, w, [2, 6, 6, 3], 2, 'valid'),
  'depthwiseConv2d, 3x3 same': (tf, x, w) => tf.depthwiseConv2d(x, w, 1, 'same'),
  'depthwiseConv2d, stride 2': (tf, x, w) => tf.depthwiseConv2d(x, w, 2, 'same'),
  'depthwiseConv2d, multiplier 2': (tf, x, w) => tf.depthwiseConv2d(x, w, 1, 'valid'),
  'depthwiseConv2d, dilation 2': (tf, x, w) => tf.depthwiseConv2d(x, w, 1, 'same', 'NHWC', 2),
  'depthwiseConv2d, dilation 2 valid': (tf, x, w) => tf.depthwiseConv2d(x, w, 1, 'valid', 'NHWC', 2),
  'depthwiseConv2d, padding by a number': (tf, x, w) => tf.depthwiseConv2d(x, w, 2, 1, 'NHWC', 1, 'floor'),
  separableConv2d: (tf, x, depthwise, pointwise) => tf.separableConv2d(x, depthwise, pointwise, 1, 'same'),
  'fused.conv2d, bias and relu': (tf, x, filter, bias) =>
    tf.fused.conv2d({ x, filter, strides: 1, pad: 'same', bias, activation: 'relu' }),
  'fused.depthwiseConv2d, bias and relu': (tf, x, filter, bias) =>
    tf.fused.depthwiseConv2d({ x, filter, strides: 1, pad: 'same', bias, activation: 'relu' }),
  conv3d: (tf, x, w) => tf.conv3d(x, w, 1, 'valid'),
  'maxPool, 2x2': (tf, x) => tf.maxPool(x, 2, 2, 'valid'),
  'maxPool, 3x3 same': (tf, x) => tf.maxPool(x, 3, 1, 'same'),
  'maxPool, 3x3 same, stride 2': (tf, x) => tf.maxPool(x, 3, 2, 'same'),
  'maxPool, windows of negatives': (tf, x) => tf.maxPool(x, 3, 1, 'same'),
  'maxPool, equal values': (tf, x) => tf.maxPool(x, 2, 2, 'valid'),
  'maxPool, padding by a number': (tf, x) => tf.maxPool(x, 3, 2, 1, 'floor'),
  'avgPool, 2x2': (tf, x) => tf.avgPool(x, 2, 2, 'valid'),
  'avgPool, 3x3 same': (tf, x) => tf.avgPool(x, 3, 1, 'same'),
  'avgPool, 3x3 same, stride 2': (tf, x) => tf.avgPool(x, 3, 2, 'same'),
  'avgPool, 2x2 same, stride 1': (tf, x) => tf.avgPool(x, 2, 1, 'same'),
  'avgPool, padding by a number': (tf, x) => tf.avgPool(x, 3, 2, 1, 'floor'),
  maxPool3d: (tf, x) => tf.maxPool3d(x, 2, 2, 'valid'),
  avgPool3d: (tf, x) => tf.avgPool3d(x, 2, 2, 'valid'),
  'avgPool3d, 3x3x3 same': (tf, x) => tf.avgPool3d(x, 3, 1, 'same'),
  maxPoolWithArgmax: (tf, x) => tf.maxPoolWithArgmax(x, 2, 2, 'valid')['result'] as Tensor,
  dilation2d: (tf, x, w) => tf.dilation2d(x, w, 1, 'valid'),
  'pool, avg, dilation 2': (tf, x) => tf.pool(x, 2, 'avg', 'valid', 2, 1),
  'pool, max, dilation 2': (tf, x) => tf.pool(x, 2, 'max', 'valid', 2, 1),
  'blur pool by depthwiseConv2d': (tf, x) => {
    const taps = [1, 2, 1].flatMap((a) => [1, 2, 1].flatMap((b) => new Array<number>(4).fill((a * b) / 16)));
    return tf.depthwiseConv2d(x, tf.tensor4d(taps, [3, 3, 4, 1]), 2, 'same');
  },

  'resizeNearestNeighbor, aligned corners, 4x6 to 8x12': (tf, x) => tf.image.resizeNearestNeighbor(x, [8, 12], true),
  'image.cropAndResize': (tf, x) =>
    tf.image.cropAndResize(x, [[1 / 4, 1 / 5, 2 / 4, 4 / 5]], tf.tensor1d([0], 'int32'), [2, 4]),
  'rfft, real part': (tf, x) => tf.real(tf.spectral.rfft(x)),
  fft: (tf, x) => tf.imag(tf.spectral.fft(tf.complex(x, tf.zerosLike(x)))),
};
