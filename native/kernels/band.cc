#include "band.h"

#include <algorithm>
#include <cstring>

#include "product.h"
#include "profile.h"

namespace ablate {

void CopyPixels(const Grid &grid, const float *from, long count, float *out) {
  if (!grid.rounds()) {
    memcpy(out, from, count * grid.C * sizeof(float));
  } else if (grid.precision == Precision::kBfloat16x3) {
    for (long i = 0; i < count * kMostSections; i++) {
      PairNeighbours(from + i / kMostSections * grid.C, grid.C, out + i * grid.section(), kOnePieces[i % kMostSections]);
    }
  } else if (grid.C % 2 == 0) {
    PairNeighbours(from, count * grid.C, out, grid.piece);
  } else {
    for (long i = 0; i < count; i++) PairNeighbours(from + i * grid.C, grid.C, out + i * grid.pixel(), grid.piece);
  }
}

void CopyRow(const Grid &grid, const float *sample, long y, float *out) {
  const long span = grid.span(), from = std::min(span, std::max(0L, grid.left));
  const long to = std::max(from, std::min(span, grid.W + grid.left));
  if (y < 0 || y >= grid.H || from == to) {
    memset(out, 0, span * grid.pixel() * sizeof(float));
    return;
  }
  memset(out, 0, from * grid.pixel() * sizeof(float));
  CopyPixels(grid, sample + (y * grid.W + from - grid.left) * grid.C, to - from, out + from * grid.pixel());
  memset(out + to * grid.pixel(), 0, (span - to) * grid.pixel() * sizeof(float));
}

Multiplicand::Multiplicand(const float *map, long, long channels) : map_(map), places_(false), C_(channels) {}

Multiplicand::Multiplicand(const Bfloat16 *map, long positions, long channels)
    : map_(reinterpret_cast<const float *>(map)), places_(channels % 2 == 0), C_(places_ ? channels / 2 : channels) {
  if (places_) return;
  widened_ = NewBuffer(positions * channels);
  map_ = widened_.get();
  const Shares shares(positions * channels, 16384);
  Parallel(shares.shares, [&](long share) {
    const long begin = shares.Begin(share);
    Vectors(shares.End(share) - begin, [&](long i, auto width) {
      Store(widened_.get() + begin + i, Load(map + begin + i, width), width);
    });
  });
}

Grid ForwardGrid(const Multiplicand &x, const Window &d, Precision precision) {
  // Without a window positions are independent of each other: lines of one.
  if (d.kernel == 1 && d.stride == 1 && d.padding == 0) {
    return {x.map(), d.N * d.H * d.W, 1, 1, x.C(), 1, 1, 1, 0, 0, 1, 1, precision, x.places()};
  }
  return {x.map(), d.N,       d.H,      d.W,      x.C(),     d.OH,     d.OW, d.stride,
          d.padding, d.padding, d.kernel, d.kernel, precision, x.places()};
}

Band::Band(const Grid &grid, long first, long end, bool together) : rows_((end - first) * grid.columns) {
  const Packing packing;
  const bool whole = !grid.rounds();
  if (grid.alone() && (!whole || (together && kTileRows > 8 && Collide(grid.C)))) {
    Gathered(grid, first, end);
  } else if (whole && grid.direct()) {
    Direct(grid, first, end);
  } else {
    Copied(grid, first, end);
  }
}

void Band::Gathered(const Grid &grid, long first, long end) {
  tap_row_ = grid.pixel() + (kTileRows > 8 && Collide(grid.pixel()) ? kLine : 0);
  float *const copy = Scratch(Slot::kInput, (end - first) * tap_row_);
  for (long line = 0; line < end - first; line++) {
    CopyPixels(grid, grid.map + (first + line) * grid.C, 1, copy + line * tap_row_);
    rows_[line] = copy + line * tap_row_;
  }
}

void Band::Direct(const Grid &grid, long first, long end) {
  copied_ = false;
  tap_row_ = grid.W * grid.C;
  if (grid.alone()) {
    for (long line = first; line < end; line++) rows_[line - first] = grid.map + line * grid.C;
    return;
  }
  const float **out = rows_.data();
  for (Line line(grid.rows, first); line.at < end; line.Next()) {
    const long y = line.row * grid.stride - grid.top;
    const float *const at = grid.map + ((line.sample * grid.H + y) * grid.W - grid.left) * grid.C;
    for (long x = 0; x < grid.columns; x++) *out++ = at + x * grid.stride * grid.C;
  }
}

void Band::Copied(const Grid &grid, long first, long end) {
  tap_row_ = grid.span() * grid.pixel();
  // Lines of one sample share the map's rows between them.
  const long samples = (end - 1) / grid.rows - first / grid.rows + 1;
  const float **out = rows_.data();
  float *copy = Scratch(Slot::kInput, ((end - first) * grid.stride + samples * grid.tap_rows) * tap_row_);
  for (long line = first; line < end;) {
    const long n = line / grid.rows, begin = line % grid.rows, last = std::min(grid.rows, begin + end - line) - 1;
    const long top = begin * grid.stride - grid.top, bottom = last * grid.stride - grid.top + grid.tap_rows;
    for (long y = begin; y <= last; y++) {
      const float *const at = copy + (y - begin) * grid.stride * tap_row_;
      for (long x = 0; x < grid.columns; x++) *out++ = at + x * grid.stride * grid.pixel();
    }
    for (long y = top; y < bottom; y++, copy += tap_row_) {
      const bool tapped = (y - top) % grid.stride < grid.tap_rows;
      if (tapped) CopyRow(grid, grid.map + n * grid.H * grid.W * grid.C, y, copy);
    }
    line += last - begin + 1;
  }
}

}  // namespace ablate
