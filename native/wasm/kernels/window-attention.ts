import { ceil } from './grid';
import { packColumns } from './panels';
import { COLUMNS, outerTile, ROWS, rowsTile } from './tile';
import { at, exponential, fma, total } from './vectors';

/**
 * Attention inside windows. One head of one window at a time: its queries, keys and values are gathered, and its products go
 * by the tiles of matrix products. Shift and windows are only the order in which positions are read.
 */
@unmanaged
class Windows {
  H: i32;
  W: i32;
  C: i32;
  heads: i32;
  window: i32;
  shift: i32;
  /** Floats from one row of scores to the next: whole panels. */
  wide: i32;

  get positions(): i32 {
    return this.window * this.window;
  }
  get size(): i32 {
    return this.C / this.heads;
  }
  /** Floats of a row of a head's channels in whole panels. */
  get wideSize(): i32 {
    return ceil(this.size, COLUMNS) * COLUMNS;
  }
  get count(): i32 {
    return (this.H / this.window) * (this.W / this.window);
  }
  get scale(): f32 {
    return 1 / sqrt<f32>(<f32>this.size);
  }

  // Of position `t` of a window in the shifted map.
  row(at: i32, t: i32): i32 {
    return at / (this.W / this.window) * this.window + t / this.window;
  }
  column(at: i32, t: i32): i32 {
    return at % (this.W / this.window) * this.window + t % this.window;
  }

  /** Where the positions of a window lie in the map, and from which region of the unshifted one they come. */
  place(n: i32, at: i32, places: usize, regions: usize): void {
    for (let t = 0; t < this.positions; t++) {
      const row = this.row(at, t), column = this.column(at, t);
      const there = (n * this.H + (row + this.shift) % this.H) * this.W + (column + this.shift) % this.W;
      const down = row < this.H - this.window ? 0 : row < this.H - this.shift ? 1 : 2;
      const across = column < this.W - this.window ? 0 : column < this.W - this.shift ? 1 : 2;
      store<i32>(places + (<usize>t << 2), there);
      store<i32>(regions + (<usize>t << 2), 3 * down + across);
    }
  }
}

/** Floats before a call's buffers: its windows. */
const HEAD: i32 = 16;

function fill(d: Windows, H: i32, W: i32, C: i32, heads: i32, window: i32, shift: i32): void {
  d.H = H, d.W = W, d.C = C, d.heads = heads, d.window = window, d.shift = shift;
  d.wide = ceil(window * window, COLUMNS) * COLUMNS;
}

/** Floats of scratch memory for both of what is below. */
export function windowAttentionScratch(C: i32, heads: i32, window: i32): i32 {
  const p = window * window, wide = ceil(p, COLUMNS) * COLUMNS, size = ceil(C / heads, COLUMNS) * COLUMNS;
  return HEAD + 4 * p + COLUMNS + 4 * wide * size + ROWS * p + wide * wide;
}

/** Addresses of rows that lie `apart` floats from each other. */
function tableOf(table: usize, from: usize, rows: i32, apart: i32): void {
  for (let r = 0; r < rows; r++, from = at(from, apart)) store<usize>(table + (<usize>r << 2), from);
}

/** A head's part of a window's rows of a map with `channels`, times `scale`, as rows of `apart` floats. */
function gather(map: usize, channels: i32, places: usize, rows: i32, size: i32, scale: f32, to: usize, apart: i32): void {
  for (let t = 0; t < rows; t++, to = at(to, apart)) {
    const from = at(map, load<i32>(places + (<usize>t << 2)) * channels);
    let c = 0;
    for (; c + 4 <= size; c += 4) v128.store(at(to, c), f32x4.mul(v128.load(at(from, c)), f32x4.splat(scale)));
    for (; c < size; c++) store<f32>(at(to, c), load<f32>(at(from, c)) * scale);
    for (; c < apart; c++) store<f32>(at(to, c), 0);
  }
}

/** Back to where `gather` took them from, times `scale`. */
function scatter(from: usize, apart: i32, places: usize, rows: i32, size: i32, scale: f32, map: usize, channels: i32): void {
  for (let t = 0; t < rows; t++, from = at(from, apart)) {
    const to = at(map, load<i32>(places + (<usize>t << 2)) * channels);
    let c = 0;
    for (; c + 4 <= size; c += 4) v128.store(at(to, c), f32x4.mul(v128.load(at(from, c)), f32x4.splat(scale)));
    for (; c < size; c++) store<f32>(at(to, c), load<f32>(at(from, c)) * scale);
  }
}

/** Rows turned round, as panels of which each has eight of them: [panel][column][8], zeros beyond the last row. */
function turnedPanels(from: usize, rows: i32, wide: i32, columns: i32, to: usize): void {
  for (let first = 0; first < rows; first += COLUMNS) {
    for (let c = 0; c < columns; c++, to += COLUMNS << 2) {
      for (let r = first; r < first + COLUMNS; r++)
        store<f32>(at(to, r - first), r < rows ? load<f32>(at(from, r * wide + c)) : 0);
    }
  }
}

/** out [rows, columns] = the rows of `length` that a table names, by panels. */
function multiply(rows: usize, count: i32, length: i32, panels: usize, columns: i32, zeros: usize, out: usize): void {
  for (let c = 0; c < columns; c += COLUMNS, panels = at(panels, length * COLUMNS)) {
    for (let r = 0; r < count; r += ROWS) {
      const last = min(ROWS, count - r) - 1, by = <usize>r << 2;
      rowsTile(rows + by, last, 0, 1, length, length, panels, zeros, out + by, <usize>c << 2);
    }
  }
}

/** sums [columns of a, columns of b] = a turned round times b, both [rows, ...] in rows of whole panels; b as panels. */
function multiplyTurned(a: usize, rows: i32, wide: i32, columns: i32, b: usize, size: i32, terms: usize, sums: usize): void {
  memory.fill(sums, 0, <usize>(wide * size) << 2);
  for (let k = 0; k < columns; k += ROWS) {
    for (let t = 0; t < rows; t++) v128.store(at(terms, t * ROWS), v128.load(at(a, t * wide + k)));
    const count = min(ROWS, columns - k);
    for (let c = 0; c < size; c += COLUMNS)
      outerTile(terms, at(b, c * rows), rows, at(sums, k * size + c), <usize>size << 2, count);
  }
}

/** A row of scores becomes probabilities, with zeros beyond `count`. */
function softmax(row: usize, count: i32, wide: i32): void {
  let greatest: f32 = -f32.MAX_VALUE;
  for (let i = 0; i < count; i++) greatest = max(greatest, load<f32>(at(row, i)));
  for (let i = count; i < wide; i++) store<f32>(at(row, i), -f32.MAX_VALUE);
  let sum: f32 = 0;
  for (let i = 0; i < wide; i += 4) {
    const e = exponential(f32x4.sub(v128.load(at(row, i)), f32x4.splat(greatest)));
    v128.store(at(row, i), e);
    for (let j = max(0, count - i); j < 4; j++) store<f32>(at(row, i + j), 0);
    sum += total(v128.load(at(row, i)));
  }
  const factor = f32x4.splat(1 / sum);
  for (let i = 0; i < wide; i += 4) v128.store(at(row, i), f32x4.mul(v128.load(at(row, i)), factor));
}

/** Adds a head's bias, and -100 between positions that only the shift made neighbours. */
function addBias(scores: usize, bias: usize, d: Windows, regions: usize): void {
  const p = d.positions;
  for (let t = 0; t < p; t++, scores = at(scores, d.wide), bias = at(bias, p)) {
    const from = load<i32>(regions + (<usize>t << 2));
    for (let u = 0; u < p; u++) {
      const apart = d.shift > 0 && load<i32>(regions + (<usize>u << 2)) != from;
      store<f32>(at(scores, u), load<f32>(at(scores, u)) + load<f32>(at(bias, u)) - <f32>(apart ? 100 : 0));
    }
  }
}

/**
 * Swin's attention in (shifted) windows: qkv [N, H, W, 3 C], bias [heads, p, p] with p = window^2 -> y [N, H, W, C] and
 * the probabilities [N, windows, heads, p, p], their rows in whole panels. Pairs that the shift made neighbours get -100.
 */
export function windowAttention(
  qkv: usize, bias: usize, y: usize, probabilities: usize, scratch: usize,
  N: i32, H: i32, W: i32, C: i32, heads: i32, window: i32, shift: i32,
): void {
  const d = changetype<Windows>(scratch);
  fill(d, H, W, C, heads, window, shift);
  const p = d.positions, size = d.size, wide = d.wide, wideSize = d.wideSize, block = wide * wideSize;
  const places = at(scratch, HEAD), regions = at(places, p), rows = at(regions, p), out = at(rows, p);
  const zeros = at(out, p), head = at(zeros, COLUMNS), panels = at(head, block), sums = at(panels, block);
  memory.fill(zeros, 0, COLUMNS << 2);
  for (let n = 0; n < N; n++) {
    for (let i = 0; i < d.count; i++) {
      d.place(n, i, places, regions);
      for (let h = 0; h < heads; h++, probabilities = at(probabilities, p * wide)) {
        const query = at(qkv, h * size), key = at(query, C), value = at(key, C);
        gather(key, 3 * C, places, p, size, 1, head, wideSize);
        turnedPanels(head, p, wideSize, size, panels);
        gather(query, 3 * C, places, p, size, d.scale, head, wideSize);
        tableOf(rows, head, p, wideSize), tableOf(out, probabilities, p, wide);
        multiply(rows, p, size, panels, wide, zeros, out);
        addBias(probabilities, at(bias, h * p * p), d, regions);
        for (let t = 0; t < p; t++) softmax(at(probabilities, t * wide), p, wide);
        gather(value, 3 * C, places, p, size, 1, head, wideSize);
        packColumns(head, p, wideSize, panels);
        tableOf(rows, sums, p, wideSize);
        multiply(out, p, p, panels, wideSize, zeros, rows);
        scatter(sums, wideSize, places, p, size, 1, at(y, h * size), C);
      }
    }
  }
}

export function windowAttentionGradient(
  dy: usize, qkv: usize, probabilities: usize, dqkv: usize, dbias: usize, scratch: usize,
  N: i32, H: i32, W: i32, C: i32, heads: i32, window: i32, shift: i32,
): void {
  const d = changetype<Windows>(scratch);
  fill(d, H, W, C, heads, window, shift);
  const p = d.positions, size = d.size, wide = d.wide, wideSize = d.wideSize, block = wide * wideSize;
  const places = at(scratch, HEAD), regions = at(places, p), rows = at(regions, p), out = at(rows, p);
  const zeros = at(out, p), slopes = at(zeros, COLUMNS), head = at(slopes, block), panels = at(head, block);
  const sums = at(panels, block), terms = at(sums, block), scores = at(terms, ROWS * p);
  memory.fill(zeros, 0, COLUMNS << 2);
  memory.fill(dbias, 0, <usize>(heads * p * p) << 2);
  for (let n = 0; n < N; n++) {
    for (let i = 0; i < d.count; i++) {
      d.place(n, i, places, regions);
      for (let h = 0; h < heads; h++, probabilities = at(probabilities, p * wide)) {
        const query = at(qkv, h * size), key = at(query, C), value = at(key, C);
        const dquery = at(dqkv, h * size), dkey = at(dquery, C), dvalue = at(dkey, C);
        gather(at(dy, h * size), C, places, p, size, 1, slopes, wideSize);
        packColumns(slopes, p, wideSize, panels);
        multiplyTurned(probabilities, p, wide, p, panels, wideSize, terms, sums);
        scatter(sums, wideSize, places, p, size, 1, dvalue, 3 * C);

        gather(value, 3 * C, places, p, size, 1, head, wideSize);
        turnedPanels(head, p, wideSize, size, panels);
        tableOf(rows, slopes, p, wideSize), tableOf(out, scores, p, wide);
        multiply(rows, p, size, panels, wide, zeros, out);
        softmaxGradient(probabilities, scores, p, wide, at(dbias, h * p * p));

        gather(key, 3 * C, places, p, size, 1, head, wideSize);
        packColumns(head, p, wideSize, panels);
        tableOf(rows, sums, p, wideSize);
        multiply(out, p, p, panels, wideSize, zeros, rows);
        scatter(sums, wideSize, places, p, size, d.scale, dquery, 3 * C);

        gather(query, 3 * C, places, p, size, d.scale, head, wideSize);
        packColumns(head, p, wideSize, panels);
        multiplyTurned(scores, p, wide, p, panels, wideSize, terms, sums);
        scatter(sums, wideSize, places, p, size, 1, dkey, 3 * C);
      }
    }
  }
}

/** Gradients of the probabilities [p, wide] become those of the scores, and are added to the bias's [p, p]. */
function softmaxGradient(probabilities: usize, slopes: usize, p: i32, wide: i32, dbias: usize): void {
  for (let t = 0; t < p; t++) {
    let products = f32x4.splat(0);
    for (let u = 0; u < wide; u += 4)
      products = fma(v128.load(at(probabilities, u)), v128.load(at(slopes, u)), products);
    const along = f32x4.splat(total(products));
    for (let u = 0; u < wide; u += 4) {
      const d = f32x4.mul(v128.load(at(probabilities, u)), f32x4.sub(v128.load(at(slopes, u)), along));
      v128.store(at(slopes, u), d);
    }
    for (let u = 0; u < p; u++) store<f32>(at(dbias, u), load<f32>(at(dbias, u)) + load<f32>(at(slopes, u)));
    probabilities = at(probabilities, wide), slopes = at(slopes, wide), dbias = at(dbias, p);
  }
}
