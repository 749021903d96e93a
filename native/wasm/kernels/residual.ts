import { at, fma } from './vectors';

/** y = shortcut + keep gamma branch; gamma [columns] and keep [samples] are 0 where there is none. */
export function residual(
  shortcut: usize, branch: usize, gamma: usize, keep: usize, y: usize, samples: i32, rows: i32, columns: i32,
): void {
  const whole = columns & ~3;
  for (let n = 0; n < samples; n++) {
    const kept: f32 = keep ? load<f32>(at(keep, n)) : 1;
    for (let r = n * rows; r < (n + 1) * rows; r++) {
      const row = r * columns;
      for (let c = 0; c < whole; c += 4) {
        const scale = gamma ? f32x4.mul(f32x4.splat(kept), v128.load(at(gamma, c))) : f32x4.splat(kept);
        v128.store(at(y, row + c), fma(scale, v128.load(at(branch, row + c)), v128.load(at(shortcut, row + c))));
      }
      for (let c = whole; c < columns; c++) {
        const scale: f32 = gamma ? kept * load<f32>(at(gamma, c)) : kept;
        store<f32>(at(y, row + c), load<f32>(at(shortcut, row + c)) + scale * load<f32>(at(branch, row + c)));
      }
    }
  }
}

/** Gradient of `residual` for branch and gamma; that for the shortcut is dy itself. */
export function residualGradient(
  dy: usize, branch: usize, gamma: usize, keep: usize, dbranch: usize, dgamma: usize, samples: i32, rows: i32, columns: i32,
): void {
  if (gamma) memory.fill(dgamma, 0, <usize>columns << 2);
  const whole = columns & ~3;
  for (let n = 0; n < samples; n++) {
    const kept: f32 = keep ? load<f32>(at(keep, n)) : 1;
    for (let r = n * rows; r < (n + 1) * rows; r++) {
      const row = r * columns;
      for (let c = 0; c < whole; c += 4) {
        const d = f32x4.mul(f32x4.splat(kept), v128.load(at(dy, row + c)));
        if (gamma) {
          const sum = fma(d, v128.load(at(branch, row + c)), v128.load(at(dgamma, c)));
          v128.store(at(dgamma, c), sum);
        }
        v128.store(at(dbranch, row + c), gamma ? f32x4.mul(d, v128.load(at(gamma, c))) : d);
      }
      for (let c = whole; c < columns; c++) {
        const d: f32 = kept * load<f32>(at(dy, row + c));
        if (gamma) store<f32>(at(dgamma, c), load<f32>(at(dgamma, c)) + d * load<f32>(at(branch, row + c)));
        store<f32>(at(dbranch, row + c), gamma ? d * load<f32>(at(gamma, c)) : d);
      }
    }
  }
}
