import { activate, deactivate, GELU } from './activation';
import { momentSums, normalised, slopeSums, sumOf } from './columns';
import { at, negativeFma } from './vectors';

/**
 * Batch norm over rows, column by column, with an activation after it: 0, RELU or GELU. Forward and backward each read the map
 * twice, once for the sums, once for the result; the activation's input is computed again backward instead of being kept.
 *
 * What both need stands in `kept` [3, columns]: mean, 1 / sqrt(variance + epsilon), and that times gamma.
 */
@inline
function mapForward(kind: i32, x: usize, kept: usize, betas: usize, y: usize, rows: i32, columns: i32): void {
  const whole = columns & ~3, scales = at(kept, 2 * columns);
  for (let r = 0; r < rows; r++) {
    let c = 0;
    for (; c + 16 <= columns; c += 16) {
      const mean = at(kept, c), scale = at(scales, c), beta = at(betas, c), from = at(x, c), to = at(y, c);
      v128.store(to, activate(kind, normalised(v128.load(from), v128.load(mean), v128.load(scale), v128.load(beta))));
      v128.store(to, activate(kind, normalised(v128.load(from, 16), v128.load(mean, 16), v128.load(scale, 16), v128.load(beta, 16))), 16);
      v128.store(to, activate(kind, normalised(v128.load(from, 32), v128.load(mean, 32), v128.load(scale, 32), v128.load(beta, 32))), 32);
      v128.store(to, activate(kind, normalised(v128.load(from, 48), v128.load(mean, 48), v128.load(scale, 48), v128.load(beta, 48))), 48);
    }
    for (; c < whole; c += 4) {
      const value = normalised(v128.load(at(x, c)), v128.load(at(kept, c)), v128.load(at(scales, c)), v128.load(at(betas, c)));
      v128.store(at(y, c), activate(kind, value));
    }
    for (; c < columns; c++) store<f32>(at(y, c), f32x4.extract_lane(activate(kind, one(at(x, c), kept, scales, betas, c)), 0));
    x = at(x, columns), y = at(y, columns);
  }
}

/** A single normalised value, in every lane. */
@inline
function one(x: usize, kept: usize, scales: usize, betas: usize, c: i32): v128 {
  return normalised(v128.load32_splat(x), v128.load32_splat(at(kept, c)), v128.load32_splat(at(scales, c)), v128.load32_splat(at(betas, c)));
}

function map(kind: i32, x: usize, kept: usize, betas: usize, y: usize, rows: i32, columns: i32): void {
  if (kind == 0) mapForward(0, x, kept, betas, y, rows, columns);
  else if (kind == GELU) mapForward(2, x, kept, betas, y, rows, columns);
  else mapForward(1, x, kept, betas, y, rows, columns);
}

/** With the statistics of the batch; next running ones by PyTorch's momentum, the variance unbiased. scratch: 4 columns. */
export function batchNorm(
  x: usize, gamma: usize, beta: usize, runningMean: usize, runningVariance: usize, y: usize, kept: usize,
  nextMean: usize, nextVariance: usize, scratch: usize, rows: i32, columns: i32, epsilon: f64, momentum: f64, kind: i32,
): void {
  momentSums(x, rows, columns, scratch);
  const many = <f64>rows, unbiased = many / <f64>max(1, rows - 1);
  for (let c = 0; c < columns; c++) {
    const shift = sumOf(scratch, c) / many, mean = <f64>load<f32>(at(x, c)) + shift;
    const spread = sumOf(scratch, columns + c) / many - shift * shift;
    const variance = spread < 0 ? 0 : spread;  // a NaN stays one
    const factor = 1 / sqrt<f64>(variance + epsilon);
    store<f32>(at(kept, c), <f32>mean);
    store<f32>(at(kept, columns + c), <f32>factor);
    store<f32>(at(kept, 2 * columns + c), load<f32>(at(gamma, c)) * <f32>factor);
    store<f32>(at(nextMean, c), <f32>((1 - momentum) * <f64>load<f32>(at(runningMean, c)) + momentum * mean));
    store<f32>(
      at(nextVariance, c), <f32>((1 - momentum) * <f64>load<f32>(at(runningVariance, c)) + momentum * unbiased * variance),
    );
  }
  map(kind, x, kept, beta, y, rows, columns);
}

/** With given statistics. */
export function normalise(
  x: usize, gamma: usize, beta: usize, means: usize, variances: usize, y: usize, kept: usize, rows: i32, columns: i32,
  epsilon: f64, kind: i32,
): void {
  memory.copy(kept, means, <usize>columns << 2);
  for (let c = 0; c < columns; c++) {
    const factor = <f32>(1 / sqrt<f64>(<f64>load<f32>(at(variances, c)) + epsilon));
    store<f32>(at(kept, columns + c), factor);
    store<f32>(at(kept, 2 * columns + c), load<f32>(at(gamma, c)) * factor);
  }
  map(kind, x, kept, beta, y, rows, columns);
}

/**
 * The gradient: dx = scale (d - mean(d) - (x - mean) slope), where d is dy before the activation and slope is
 * sum(d (x - mean)) factor^2 / rows; both means are 0 where the statistics were given (`frozen`). scratch: 6 columns.
 */
export function batchNormGradient(
  dy: usize, x: usize, beta: usize, kept: usize, dx: usize, dgamma: usize, dbeta: usize, scratch: usize,
  rows: i32, columns: i32, kind: i32, frozen: i32,
): void {
  const scales = at(kept, 2 * columns), averages = at(scratch, 4 * columns), slopes = at(averages, columns);
  slopeSums(dy, x, kept, scales, beta, dx, rows, columns, kind, scratch);
  for (let c = 0; c < columns; c++) {
    const factor = <f64>load<f32>(at(kept, columns + c)), sum = sumOf(scratch, c), product = sumOf(scratch, columns + c) * factor;
    store<f32>(at(dbeta, c), <f32>sum);
    store<f32>(at(dgamma, c), <f32>product);
    store<f32>(at(averages, c), frozen ? 0 : <f32>(sum / <f64>rows));
    store<f32>(at(slopes, c), frozen ? 0 : <f32>(product / <f64>rows * factor));
  }
  // GELU's share is in dx already.
  if (kind == 1) mapBackward(1, dy, x, kept, beta, averages, slopes, dx, rows, columns);
  else mapBackward(0, kind == GELU ? dx : dy, x, kept, beta, averages, slopes, dx, rows, columns);
}

@inline
function back(
  kind: i32, dy: v128, x: v128, mean: usize, scales: v128, beta: usize, average: v128, slope: v128,
): v128 {
  const d = f32x4.sub(x, v128.load(mean));
  const before = kind ? deactivate(kind, dy, normalised(x, v128.load(mean), scales, v128.load(beta))) : dy;
  return f32x4.mul(scales, negativeFma(d, slope, f32x4.sub(before, average)));
}

@inline
function mapBackward(
  kind: i32, dy: usize, x: usize, kept: usize, betas: usize, averages: usize, slopes: usize, dx: usize, rows: i32, columns: i32,
): void {
  const whole = columns & ~3, scales = at(kept, 2 * columns);
  for (let r = 0; r < rows; r++) {
    let c = 0;
    for (; c + 8 <= columns; c += 8) {
      const mean = at(kept, c), scale = at(scales, c), beta = at(betas, c), average = at(averages, c), slope = at(slopes, c);
      const from = at(x, c), above = at(dy, c), to = at(dx, c);
      v128.store(to, back(kind, v128.load(above), v128.load(from), mean, v128.load(scale), beta, v128.load(average), v128.load(slope)));
      v128.store(
        to, back(kind, v128.load(above, 16), v128.load(from, 16), mean + 16, v128.load(scale, 16), beta + 16, v128.load(average, 16), v128.load(slope, 16)),
        16,
      );
    }
    for (; c < whole; c += 4) {
      const value = back(
        kind, v128.load(at(dy, c)), v128.load(at(x, c)), at(kept, c), v128.load(at(scales, c)), at(betas, c),
        v128.load(at(averages, c)), v128.load(at(slopes, c)),
      );
      v128.store(at(dx, c), value);
    }
    for (; c < columns; c++) {
      const d: f32 = load<f32>(at(x, c)) - load<f32>(at(kept, c)), scale = load<f32>(at(scales, c));
      const slope = f32x4.splat(load<f32>(at(dy, c)));
      const before = kind ? deactivate(kind, slope, one(at(x, c), kept, scales, betas, c)) : slope;
      store<f32>(at(dx, c), scale * (f32x4.extract_lane(before, 0) - load<f32>(at(averages, c)) - d * load<f32>(at(slopes, c))));
    }
    dy = at(dy, columns), x = at(x, columns), dx = at(dx, columns);
  }
}
