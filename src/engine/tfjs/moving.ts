import { type AxisMap, axisMap, pullBack } from './linear-maps.js';
import type { OpGradient, Tf } from './register.js';

/** Ops that move values and compute nothing: each gradient brings them back. */
export function movingGradients(tf: Tf): OpGradient[] {
  return [
    {
      op: 'MirrorPad',
      inputs: ['x'],
      backward: (dy, [x], { paddings, mode }) => ({
        x: () => pullBack(tf, dy, mirrorMaps(x!.shape, paddings, mode === 'reflect' ? 1 : 0)),
      }),
    },
    {
      op: 'StridedSlice',
      inputs: ['x'],
      backward: (dy, [x], attributes) => ({
        x: () => {
          const { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = attributes;
          const slice = tf.slice_util.sliceInfo(
            x!.shape,
            begin,
            end,
            strides,
            beginMask,
            endMask,
            ellipsisMask,
            newAxisMask,
            shrinkAxisMask,
          );
          const maps = x!.shape.map((side, axis) => {
            const [first, last, stride] = [slice.begin[axis], slice.end[axis], slice.strides[axis]] as [
              ...[number, number, number],
            ];
            const rows = Math.max(0, Math.ceil((last - first) / stride));
            return axisMap(axis, rows, side, (row) => [[first + row * stride, 1]]);
          });
          const whole = tf.reshape(
            dy,
            maps.map(({ rows }) => rows),
          );
          return pullBack(
            tf,
            whole,
            maps.filter(({ rows, columns, weights }) => rows !== columns || weights[0] !== 1),
          );
        },
      }),
    },
    // Of one part tfjs hands on the tensor where its own gradients want a list.
    { op: 'SplitV', backward: (dys, _, { axis }) => ({ x: () => tf.concat([dys].flat(), axis) }) },
    { op: 'Unpack', backward: (dys, _, { axis }) => ({ value: () => tf.stack([dys].flat(), axis) }) },
    { op: 'FlipLeftRight', backward: (dy) => ({ image: () => tf.reverse(dy, 2) }) },
    {
      op: 'DepthToSpace',
      inputs: ['x'],
      backward: (dy, [x], { blockSize: block }) => ({
        x: () => {
          const [batch, height, width, channels] = x!.shape as [number, number, number, number];
          // [N, H, block, W, block, C'] -> [N, H, W, block, block, C']
          const split = tf.reshape(dy, [batch, height, block, width, block, channels / block ** 2]);
          return tf.reshape(tf.transpose(split, [0, 1, 3, 2, 4, 5]), x!.shape);
        },
      }),
    },
    {
      op: 'GatherNd',
      inputs: ['params', 'indices'],
      backward: (dy, [params, indices]) => ({ params: () => tf.scatterND(indices!, dy, params!.shape) }),
    },
    {
      op: 'ScatterNd',
      inputs: ['indices'],
      backward: (dy, [indices]) => ({ updates: () => tf.gatherND(dy, indices!) }),
    },
    {
      op: 'TensorScatterUpdate',
      inputs: ['indices', 'updates'],
      backward: (dy, [indices, updates]) => ({
        tensor: () => tf.tensorScatterUpdate(dy, indices!, tf.zerosLike(updates!)),
        updates: () => tf.gatherND(dy, indices!),
      }),
    },
    {
      op: 'UnsortedSegmentSum',
      inputs: ['segmentIds'],
      backward: (dy, [segments]) => ({
        x: () => {
          const rows = tf.gather(dy, tf.maximum(segments!, tf.scalar(0, 'int32')) as never);
          const shape = [...segments!.shape, ...new Array<number>(rows.rank - segments!.rank).fill(1)];
          // A negative segment belongs to none.
          return tf.mul(rows, tf.reshape(tf.cast(tf.greaterEqual(segments!, tf.scalar(0, 'int32')), 'float32'), shape));
        },
      }),
    },
  ];
}

/** Where each position of a mirrored map comes from. `skip` 1 leaves the edge out ("reflect"), 0 repeats it ("symmetric"). */
function mirrorMaps(
  shape: readonly number[],
  paddings: readonly (readonly [number, number])[],
  skip: 0 | 1,
): AxisMap[] {
  return paddings.flatMap(([before, behind], axis) => {
    if (before === 0 && behind === 0) return [];
    const side = shape[axis] as number;
    return axisMap(axis, before + side + behind, side, (row) => {
      const at = row - before;
      if (at < 0) return [[skip - 1 - at, 1]];
      return [[at < side ? at : 2 * side - 1 - skip - at, 1]];
    });
  });
}
