import { ceil } from './grid';
import { COLUMNS } from './tile';
import { at } from './vectors';

/** Floats of a filter of so many terms and columns as panels: [panel][term][8]. */
export function panelFloats(terms: i32, columns: i32): i32 {
  return ceil(columns, COLUMNS) * COLUMNS * terms;
}

/** [terms, columns] as panels, with zeros beyond the last column. */
export function packColumns(from: usize, terms: i32, columns: i32, panels: usize): void {
  const apart = <usize>(terms * COLUMNS) << 2, whole = columns - columns % COLUMNS;
  for (let term = 0; term < terms; term++, panels += COLUMNS << 2) {
    let to = panels;
    for (let first = 0; first < whole; first += COLUMNS, from += COLUMNS << 2, to += apart)
      v128.store(to, v128.load(from)), v128.store(to, v128.load(from, 16), 16);
    if (whole == columns) continue;
    for (let c = 0; c < COLUMNS; c++) store<f32>(at(to, c), c < columns - whole ? load<f32>(at(from, c)) : 0);
    from = at(from, columns - whole);
  }
}

/**
 * A filter [rows, columns, C, O] the other way round, for a phase of a stride: columns are the C inputs, terms the outputs of
 * every stride-th tap before (`lastRow`, `lastColumn`), from the last to the first.
 */
export function packTurned(
  w: usize, columns: i32, C: i32, O: i32, stride: i32, lastRow: i32, lastColumn: i32, tapRows: i32, tapColumns: i32,
  panels: usize,
): void {
  const terms = tapRows * tapColumns * O;
  for (let c = 0; c < ceil(C, COLUMNS) * COLUMNS; c++) {
    let to = at(panels, (c / COLUMNS) * COLUMNS * terms + c % COLUMNS);
    for (let i = 0; i < tapRows; i++) {
      for (let j = 0; j < tapColumns; j++) {
        const tap = (lastRow - i * stride) * columns + lastColumn - j * stride;
        const from = at(w, (tap * C + c) * O);
        for (let o = 0; o < O; o++, to += COLUMNS << 2) store<f32>(to, c < C ? load<f32>(at(from, o)) : 0);
      }
    }
  }
}
