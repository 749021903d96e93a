#include "band.h"

#include <algorithm>
#include <cstring>

namespace ablate {
namespace {

// Row `y` of a sample with the zeros around it.
void CopyRow(const Grid &grid, const float *sample, long y, float *out) {
  const long span = grid.span(), from = std::min(span, std::max(0L, grid.left));
  const long to = std::max(from, std::min(span, grid.W + grid.left));
  if (y < 0 || y >= grid.H || from == to) {
    memset(out, 0, span * grid.C * sizeof(float));
    return;
  }
  memset(out, 0, from * grid.C * sizeof(float));
  memcpy(out + from * grid.C, sample + (y * grid.W + from - grid.left) * grid.C, (to - from) * grid.C * sizeof(float));
  memset(out + to * grid.C, 0, (span - to) * grid.C * sizeof(float));
}

}  // namespace

Band::Band(const Grid &grid, long first, long end) : rows_((end - first) * grid.columns) {
  grid.direct() ? Direct(grid, first, end) : Copied(grid, first, end);
}

void Band::Direct(const Grid &grid, long first, long end) {
  tap_row_ = grid.W * grid.C;
  const float **out = rows_.data();
  for (Line line(grid.rows, first); line.at < end; line.Next()) {
    const long y = line.row * grid.stride - grid.top;
    const float *const at = grid.map + ((line.sample * grid.H + y) * grid.W - grid.left) * grid.C;
    for (long x = 0; x < grid.columns; x++) *out++ = at + x * grid.stride * grid.C;
  }
}

void Band::Copied(const Grid &grid, long first, long end) {
  tap_row_ = grid.span() * grid.C;
  // Lines of one sample share the map's rows between them.
  const long samples = (end - 1) / grid.rows - first / grid.rows + 1;
  const float **out = rows_.data();
  float *copy = Scratch(Slot::kInput, ((end - first) * grid.stride + samples * grid.tap_rows) * tap_row_);
  for (long line = first; line < end;) {
    const long n = line / grid.rows, begin = line % grid.rows, last = std::min(grid.rows, begin + end - line) - 1;
    const long top = begin * grid.stride - grid.top, bottom = last * grid.stride - grid.top + grid.tap_rows;
    for (long y = begin; y <= last; y++) {
      const float *const at = copy + (y - begin) * grid.stride * tap_row_;
      for (long x = 0; x < grid.columns; x++) *out++ = at + x * grid.stride * grid.C;
    }
    for (long y = top; y < bottom; y++, copy += tap_row_) CopyRow(grid, grid.map + n * grid.H * grid.W * grid.C, y, copy);
    line += last - begin + 1;
  }
}

}  // namespace ablate
