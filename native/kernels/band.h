// What a dense convolution reads: for every output position, the address of its first tap. The taps of one row lie side
// by side from there.
#ifndef ABLATE_KERNELS_BAND_H_
#define ABLATE_KERNELS_BAND_H_

#include <vector>

#include "pool.h"

namespace ablate {

// Outputs [N, rows, columns] over a map [N, H, W, C]; a "line" is one row of one sample's outputs.
struct Grid {
  const float *map;
  long N, H, W, C;
  long rows, columns;
  long stride, top, left;  // the last two: zeros that stand before the map; negative: what is left out of it
  long tap_rows, tap_columns;

  long lines() const { return N * rows; }
  long run() const { return tap_columns * C; }          // floats of a row of taps
  long terms() const { return tap_rows * run(); }       // of one output
  long span() const { return (columns - 1) * stride + tap_columns; }
  bool direct() const {  // no tap of any output lies outside of the map
    return top <= 0 && left <= 0 && (rows - 1) * stride - top + tap_rows <= H && span() - left <= W;
  }
};

// One line after the other, without a division for each.
struct Line {
  long rows, at, sample, row;
  Line(long rows, long first) : rows(rows), at(first), sample(first / rows), row(first % rows) {}
  void Next() {
    at++;
    if (++row == rows) row = 0, sample++;
  }
};

// The positions of lines [first, end). Where taps lie outside of the map, the band of it that they need is copied with
// its zeros into the calling thread's scratch memory, and stays there until the next band.
class Band {
 public:
  Band(const Grid &grid, long first, long end);
  const float *const *rows() const { return rows_.data(); }
  long positions() const { return static_cast<long>(rows_.size()); }
  long tap_row() const { return tap_row_; }  // floats from one row of taps to the next

 private:
  void Direct(const Grid &grid, long first, long end);
  void Copied(const Grid &grid, long first, long end);
  std::vector<const float *> rows_;
  long tap_row_;
};

}  // namespace ablate

#endif
