// The inner loops of matrix products and dense convolutions: a tile of outputs stays in registers while the sums run.
// Factors lie in places, each a float or a pair of bfloat16 (bfloat16.h): then a panel's place [k][c] holds terms 2 k and
// 2 k + 1, or slopes of two positions.
#ifndef ABLATE_KERNELS_PRODUCT_H_
#define ABLATE_KERNELS_PRODUCT_H_

#include "ahead.h"
#include "bfloat16.h"

namespace ablate {

// A tile has kTileRows rows of kTileVectors vectors: its sums and what they are made of fill the registers.
constexpr int kTileRows = kRegisters == 32 ? 12 : 6;
constexpr int kTileVectors = 2;
constexpr long kPanel = kTileVectors * kWidth;  // columns of a packed panel

// Terms that lie side by side: `length` places, `offset` of them after a row's beginning.
struct Run {
  long offset, length;
};

constexpr long kAheadEach = 8;  // places, between two times that something is brought near

// out[r][c] = start + sum over all runs' places k of rows[r][k] panel[k][c]
struct RowsCall {
  const float *const *rows;
  const Run *runs;
  long run_count;
  const float *panel;  // [sum of lengths][kPanel]
  const float *start;  // kPanel floats, or null for zeros; not read if `onto`
  bool onto;           // start from what `out` holds
  float *const *out;
  long column;         // of `out` that the panel begins with
  long columns;        // of the panel that are stored, at most kPanel
  Precision precision = Precision::kFloat32;
  bool streamed = false;  // stored past the caches: whole vectors, which lie aligned
  Ahead *ahead = nullptr;
  Bfloat16 *const *halves = nullptr;  // where sums are stored rounded instead, which then are whole
};
// rows: from 1 to kTileRows.
void RowsTile(int rows, const RowsCall &call);

// sums[i][c] = (what it was, if `onto`) + sum over positions p of x[p][i] dy[p][c]
struct OuterCall {
  const float *const *rows;  // where x[p] begins, less `offset`; not read if `packed`
  long offset;
  const float *packed;  // [positions][terms], or null
  const float *dy;      // [positions][kPanel]
  long positions;      // places of them
  float *sums;
  long row;      // floats from one row of sums to the next
  long columns;  // as above
  bool onto;
  Precision precision = Precision::kFloat32;  // what is not must be packed
  Ahead *ahead = nullptr;
  // What is packed may lie in stretches of `positions`, which begin so many floats after `packed`; dy has one after the other.
  const long *starts = nullptr;
  long stretches = 1;
};
// terms: from 1 to kTileRows.
void OuterTile(int terms, const OuterCall &call);
// `terms` from each row's `offset` on as tiles [positions][height], the last of fewer terms where they end, `apart` floats
// from one to the next. It pays for tiles that meet several panels: where they lie, rows may be so far apart that they drive
// each other out of the nearest cache. Rows of `places`, whose halves are terms, and lower tiles are for kBfloat16 alone.
void PackTerms(Precision precision, bool places, const float *const *rows, long offset, long terms, long positions,
               float *packed, long apart, long height = kTileRows, Piece piece = Piece::kNearest);
constexpr long kFarApart = 512;  // floats from row to row, where packing pays for any number of panels
constexpr long kPackedFrom = kRegisters == 32 ? 3 : 6;  // panels
constexpr bool PackingPays(long panels, long apart) { return panels >= kPackedFrom || apart >= kFarApart; }
// An odd number of cache lines, so that the tiles' first positions do not do the same; nor those of panels of slopes.
constexpr long TilesApart(long positions) {
  return (positions * kTileRows / kLine | 1) * kLine + 2 * kLine;
}
constexpr long PanelsApart(long positions) { return (Ceil(positions * kPanel, kLine) | 1) * kLine; }

}  // namespace ablate

#endif
