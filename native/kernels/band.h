// What a dense convolution reads: for every output position, the address of its first tap. The taps of one row lie side
// by side from there.
#ifndef ABLATE_KERNELS_BAND_H_
#define ABLATE_KERNELS_BAND_H_

#include <vector>

#include "ahead.h"
#include "bfloat16.h"
#include "kernels.h"
#include "pool.h"

namespace ablate {

// The map of a product's factors: floats, or places as they are (bfloat16.h). Of an even number of channels bfloat16 lie in
// places; of an odd one, as pictures have, they are widened into memory of its own.
class Multiplicand {
 public:
  Multiplicand(const float *map, long positions, long channels);
  Multiplicand(const Bfloat16 *map, long positions, long channels);
  const float *map() const { return map_; }
  bool places() const { return places_; }
  long C() const { return C_; }  // floats, or places, of a position

 private:
  Buffer widened_;
  const float *map_;
  bool places_;
  long C_;
};

// Outputs [N, rows, columns] over a map [N, H, W, C], where C are floats, or places; a "line" is one row of one sample's
// outputs.
struct Grid {
  const float *map;
  long N, H, W, C;
  long rows, columns;
  long stride, top, left;  // the last two: zeros that stand before the map; negative: what is left out of it
  long tap_rows, tap_columns;
  Precision precision;  // that the map is read in
  bool places;          // it is already
  Piece piece = Piece::kNearest;  // of what is rounded, that is read

  long lines() const { return N * rows; }
  bool rounds() const { return precision != Precision::kFloat32 && !places; }
  long section() const { return rounds() ? Places(precision, C) : C; }  // places of a position's channels
  long pixel() const { return (rounds() ? Sections(precision) : 1) * section(); }
  long run() const { return tap_columns * pixel(); }  // places of a row of taps
  long terms() const { return tap_rows * run(); }     // places of one output's
  long span() const { return (columns - 1) * stride + tap_columns; }
  bool alone() const { return H == 1 && W == 1 && rows == 1 && columns == 1 && tap_rows == 1 && tap_columns == 1; }
  bool direct() const {  // no tap of any output lies outside of the map
    return top <= 0 && left <= 0 && (rows - 1) * stride - top + tap_rows <= H && span() - left <= W;
  }
};

// What a convolution of a window reads.
Grid ForwardGrid(const Multiplicand &x, const Window &d, Precision precision);

// What of the map lines [first, end) read, of these terms: nothing unless lines are alone, for others share most of it.
inline Region MapOf(const Grid &grid, long first, long end, long term, long terms) {
  if (!grid.alone() || first >= end) return {};
  return {grid.map + first * grid.C + term, end - first, grid.C, terms};
}

// Places of positions that lie side by side, in the precision that the map is read in.
void CopyPixels(const Grid &grid, const float *from, long count, float *out);
// Row `y` of a sample with the zeros around it: `span` positions.
void CopyRow(const Grid &grid, const float *sample, long y, float *out);
// Whether the same places of a tile's rows, so far apart, all fall into one set of a cache of 64 sets of lines.
inline bool Collide(long apart) { return apart % (64 * kLine) == 0; }

// One line after the other, without a division for each.
struct Line {
  long rows, at, sample, row;
  Line(long rows, long first) : rows(rows), at(first), sample(first / rows), row(first % rows) {}
  void Next() {
    at++;
    if (++row == rows) row = 0, sample++;
  }
};

// The positions of lines [first, end). Where taps lie outside of the map, are to be rounded, or would drive each other out
// of the nearest cache as a tile's rows are read together, the band of it that they need is copied with its zeros into the
// calling thread's scratch memory, and stays there until the next band.
class Band {
 public:
  Band(const Grid &grid, long first, long end, bool together);
  const float *const *rows() const { return rows_.data(); }
  long positions() const { return static_cast<long>(rows_.size()); }
  long tap_row() const { return tap_row_; }  // places from one row of taps to the next
  bool copied() const { return copied_; }

 private:
  void Direct(const Grid &grid, long first, long end);
  void Copied(const Grid &grid, long first, long end);
  void Gathered(const Grid &grid, long first, long end);  // lines of one position and one tap
  std::vector<const float *> rows_;
  long tap_row_;
  bool copied_ = true;
};

}  // namespace ablate

#endif
