import { at } from './vectors';

/** [rows, columns] -> [columns, rows], in bands of rows that stay in the first cache. */
export function transpose(x: usize, y: usize, rows: i32, columns: i32): void {
  const whole = columns & ~3;
  for (let band = 0; band < rows; band += 32) {
    const end = min(rows, band + 32);
    for (let c = 0; c < whole; c += 4) {
      let r = band;
      for (; r + 4 <= end; r += 4) {
        const a0 = v128.load(at(x, r * columns + c));
        const a1 = v128.load(at(x, (r + 1) * columns + c));
        const a2 = v128.load(at(x, (r + 2) * columns + c));
        const a3 = v128.load(at(x, (r + 3) * columns + c));
        const low01 = v128.shuffle<f32>(a0, a1, 0, 4, 1, 5);
        const low23 = v128.shuffle<f32>(a2, a3, 0, 4, 1, 5);
        const high01 = v128.shuffle<f32>(a0, a1, 2, 6, 3, 7);
        const high23 = v128.shuffle<f32>(a2, a3, 2, 6, 3, 7);
        v128.store(at(y, c * rows + r), v128.shuffle<f32>(low01, low23, 0, 1, 4, 5));
        v128.store(at(y, (c + 1) * rows + r), v128.shuffle<f32>(low01, low23, 2, 3, 6, 7));
        v128.store(at(y, (c + 2) * rows + r), v128.shuffle<f32>(high01, high23, 0, 1, 4, 5));
        v128.store(at(y, (c + 3) * rows + r), v128.shuffle<f32>(high01, high23, 2, 3, 6, 7));
      }
      for (; r < end; r++)
        for (let k = 0; k < 4; k++) store<f32>(at(y, (c + k) * rows + r), load<f32>(at(x, r * columns + c + k)));
    }
    for (let c = whole; c < columns; c++)
      for (let r = band; r < end; r++) store<f32>(at(y, c * rows + r), load<f32>(at(x, r * columns + c)));
  }
}
