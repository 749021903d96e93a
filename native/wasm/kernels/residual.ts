import { activate, activateOne, deactivate, deactivateOne, GELU } from './activation';
import { at, fma } from './vectors';

/**
 * y = activation(shortcut + keep gamma branch); gamma [columns] and keep [samples] are 0 where there is none. With GELU, `sum`
 * gets what the activation is of.
 */
export function residual(
  shortcut: usize, branch: usize, gamma: usize, keep: usize, y: usize, sum: usize, samples: i32, rows: i32, columns: i32, kind: i32,
): void {
  if (kind == 0) residualOf(0, shortcut, branch, gamma, keep, y, sum, samples, rows, columns);
  else if (kind == GELU) residualOf(2, shortcut, branch, gamma, keep, y, sum, samples, rows, columns);
  else residualOf(1, shortcut, branch, gamma, keep, y, sum, samples, rows, columns);
}

@inline
function residualOf(
  kind: i32, shortcut: usize, branch: usize, gamma: usize, keep: usize, y: usize, sum: usize, samples: i32, rows: i32, columns: i32,
): void {
  const whole = columns & ~3;
  for (let n = 0; n < samples; n++) {
    const kept: f32 = keep ? load<f32>(at(keep, n)) : 1;
    for (let r = n * rows; r < (n + 1) * rows; r++) {
      const row = r * columns;
      for (let c = 0; c < whole; c += 4) {
        const scale = gamma ? f32x4.mul(f32x4.splat(kept), v128.load(at(gamma, c))) : f32x4.splat(kept);
        const value = fma(scale, v128.load(at(branch, row + c)), v128.load(at(shortcut, row + c)));
        if (kind == GELU) v128.store(at(sum, row + c), value);
        v128.store(at(y, row + c), activate(kind, value));
      }
      for (let c = whole; c < columns; c++) {
        const scale: f32 = gamma ? kept * load<f32>(at(gamma, c)) : kept;
        const value = load<f32>(at(shortcut, row + c)) + scale * load<f32>(at(branch, row + c));
        if (kind == GELU) store<f32>(at(sum, row + c), value);
        store<f32>(at(y, row + c), activateOne(kind, value));
      }
    }
  }
}

/**
 * Gradients of `residual`. held: its result with ReLU, its sum with GELU. dshortcut is 0 without an activation, for then it is dy;
 * dbranch is 0 where it is the same as dshortcut.
 */
export function residualGradient(
  dy: usize, held: usize, branch: usize, gamma: usize, keep: usize, dshortcut: usize, dbranch: usize, dgamma: usize,
  samples: i32, rows: i32, columns: i32, kind: i32,
): void {
  if (gamma) memory.fill(dgamma, 0, <usize>columns << 2);
  if (kind == 0) gradientOf(0, dy, held, branch, gamma, keep, dshortcut, dbranch, dgamma, samples, rows, columns);
  else if (kind == GELU) gradientOf(2, dy, held, branch, gamma, keep, dshortcut, dbranch, dgamma, samples, rows, columns);
  else gradientOf(1, dy, held, branch, gamma, keep, dshortcut, dbranch, dgamma, samples, rows, columns);
}

@inline
function gradientOf(
  kind: i32, dy: usize, held: usize, branch: usize, gamma: usize, keep: usize, dshortcut: usize, dbranch: usize, dgamma: usize,
  samples: i32, rows: i32, columns: i32,
): void {
  const whole = columns & ~3;
  for (let n = 0; n < samples; n++) {
    const kept: f32 = keep ? load<f32>(at(keep, n)) : 1;
    for (let r = n * rows; r < (n + 1) * rows; r++) {
      const row = r * columns;
      for (let c = 0; c < whole; c += 4) {
        let slope = v128.load(at(dy, row + c));
        if (kind) {
          slope = deactivate(kind, slope, v128.load(at(held, row + c)));
          v128.store(at(dshortcut, row + c), slope);
        }
        if (!dbranch) continue;
        const d = f32x4.mul(f32x4.splat(kept), slope);
        if (gamma) v128.store(at(dgamma, c), fma(d, v128.load(at(branch, row + c)), v128.load(at(dgamma, c))));
        v128.store(at(dbranch, row + c), gamma ? f32x4.mul(d, v128.load(at(gamma, c))) : d);
      }
      for (let c = whole; c < columns; c++) {
        let slope = load<f32>(at(dy, row + c));
        if (kind) {
          slope = deactivateOne(kind, slope, load<f32>(at(held, row + c)));
          store<f32>(at(dshortcut, row + c), slope);
        }
        if (!dbranch) continue;
        const d: f32 = kept * slope;
        if (gamma) store<f32>(at(dgamma, c), load<f32>(at(dgamma, c)) + d * load<f32>(at(branch, row + c)));
        store<f32>(at(dbranch, row + c), gamma ? d * load<f32>(at(gamma, c)) : d);
      }
    }
  }
}
