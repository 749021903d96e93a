import { at } from './vectors';

/** Max pool, padded with -infinity. */
export function maxPool(
  x: usize, y: usize, N: i32, H: i32, W: i32, C: i32, OH: i32, OW: i32, size: i32, stride: i32, padding: i32,
): void {
  for (let n = 0; n < N; n++)
    for (let oh = 0; oh < OH; oh++)
      for (let ow = 0; ow < OW; ow++) {
        const top = oh * stride - padding, left = ow * stride - padding;
        const to = at(y, ((n * OH + oh) * OW + ow) * C);
        for (let c = 0; c < C; c++) store<f32>(at(to, c), -f32.MAX_VALUE);
        for (let h = max(0, top); h < min(H, top + size); h++)
          for (let w = max(0, left); w < min(W, left + size); w++) {
            const from = at(x, ((n * H + h) * W + w) * C);
            let c = 0;
            for (; c + 4 <= C; c += 4) v128.store(at(to, c), f32x4.max(v128.load(at(to, c)), v128.load(at(from, c))));
            for (; c < C; c++) store<f32>(at(to, c), max(load<f32>(at(to, c)), load<f32>(at(from, c))));
          }
      }
}

/** Its gradient goes to the first of equal maxima in a window, as PyTorch's does. */
export function maxPoolGradient(
  dy: usize, x: usize, y: usize, dx: usize, N: i32, H: i32, W: i32, C: i32, OH: i32, OW: i32, size: i32, stride: i32, padding: i32,
): void {
  memory.fill(dx, 0, <usize>(N * H * W * C) << 2);
  for (let n = 0; n < N; n++)
    for (let oh = 0; oh < OH; oh++)
      for (let ow = 0; ow < OW; ow++) {
        const top = oh * stride - padding, left = ow * stride - padding;
        const out = ((n * OH + oh) * OW + ow) * C;
        for (let c = 0; c < C; c++) {
          const greatest = load<f32>(at(y, out + c));
          let place: i32 = -1;
          for (let h = max(0, top); h < min(H, top + size) && place < 0; h++)
            for (let w = max(0, left); w < min(W, left + size); w++) {
              const from = ((n * H + h) * W + w) * C + c;
              if (load<f32>(at(x, from)) == greatest) {
                place = from;
                break;
              }
            }
          if (place >= 0) store<f32>(at(dx, place), load<f32>(at(dx, place)) + load<f32>(at(dy, out + c)));
        }
      }
}
