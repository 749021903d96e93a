// What the ways to a dense filter's gradient share: parts of it, shares of the positions with sums of their own, and slopes as
// their inner loops read them.
#ifndef ABLATE_KERNELS_FILTER_PARTS_H_
#define ABLATE_KERNELS_FILTER_PARTS_H_

#include <cstring>
#include <vector>

#include "panels.h"
#include "pool.h"
#include "product.h"
#include "profile.h"
#include "unroll.h"

namespace ablate {

constexpr long kGroup = 16;  // panels of slopes that lie packed at a time

// A part of the filter's gradient: of these tiles of terms and these panels of outputs.
struct Part {
  long first_tile, end_tile, first_panel, end_panel;
};

// Every share of the tiles with every share of the panels.
inline std::vector<Part> PartsOf(const Shares &tiles, const Shares &panels) {
  std::vector<Part> parts;
  for (long row = 0; row < tiles.shares; row++) {
    for (long column = 0; column < panels.shares; column++) {
      parts.push_back({tiles.Begin(row), tiles.End(row), panels.Begin(column), panels.End(column)});
    }
  }
  return parts;
}

// Positions by outputs.
template <class T>
struct Slopes {
  const T *dy;
  long positions, O;
};

// Pieces of some slopes as panels [places of positions][kPanel], `apart` floats from one to the next.
template <class T>
void PackSlopes(const Slopes<T> &all, Precision precision, long from, long to, float *packed, long apart,
                Piece piece = Piece::kNearest) {
  const Packing packing;
  const long first = from * kPanel, columns = std::min(to * kPanel, all.O) - first, size = PlaceSize(precision);
  for (long p = 0; p < all.positions; p += size) {
    const T *const row = all.dy + p * all.O + first, *const next = p + 1 < all.positions ? row + all.O : nullptr;
    for (long c = 0; c < columns; c += kPanel) {
      float *const to = packed + c / kPanel * apart + p / size * kPanel;
      const long width = std::min(kPanel, columns - c);
      if constexpr (std::is_same_v<T, float>) {
        if (size == 1) {
          CopyColumns(row + c, width, to);
          continue;
        }
      }
      PairColumns(row + c, next ? next + c : nullptr, width, to, piece);
    }
  }
}

// Sums of slopes over positions: some columns at a time, in registers.
template <class T>
void AddSlopes(const Slopes<T> &all, long from, long to, float *dbias) {
  const long first = from * kPanel, columns = std::min(to * kPanel, all.O) - first;
  const auto add = [&](long c, auto count, auto width) ABLATE_INLINE_LAMBDA {
    Vec sums[count()] = {};
    for (long p = 0; p < all.positions; p++) {
      Unroll<count()>([&](auto i) ABLATE_INLINE_LAMBDA {
        sums[i] += Load(all.dy + p * all.O + first + c + i * kWidth, width);
      });
    }
    Unroll<count()>([&](auto i) ABLATE_INLINE_LAMBDA {
      float *const out = dbias + first + c + i * kWidth;
      Store(out, Load(out, width) + sums[i], width);
    });
  };
  constexpr long kTogether = 4;
  long c = 0;
  for (; c + kTogether * kWidth <= columns; c += kTogether * kWidth) {
    add(c, std::integral_constant<int, kTogether>{}, Full{});
  }
  Vectors(columns - c, [&](long i, auto width) ABLATE_INLINE_LAMBDA {
    add(c + i, std::integral_constant<int, 1>{}, width);
  });
}

// Shares of the positions, each with sums of its own where there are several; where those would take much memory, fewer.
class FilterShares {
 public:
  FilterShares(long lines, long columns, long size, long O, float *dw, float *dbias)
      : shares_(lines, Ceil(lines, std::max(1L, std::min(Most(size), lines * columns / 1024)))),
        size_(size),
        O_(O),
        dw_(dw),
        dbias_(dbias),
        sums_(NewBuffer(whole() ? 0 : count() * (size + O))) {}
  long count() const { return shares_.shares; }
  long Begin(long share) const { return shares_.Begin(share); }
  long End(long share) const { return shares_.End(share); }
  float *Filter(long share) const { return whole() ? dw_ : sums_.get() + share * (size_ + O_); }
  // Where a part sums slopes, cleared to begin with; null where another part does, or none.
  float *FreshBias(long share, const Part &part) const {
    if (!dbias_ || part.first_tile > 0) return nullptr;
    float *const sums = whole() ? dbias_ : Filter(share) + size_;
    const long column = part.first_panel * kPanel;
    memset(sums + column, 0, (std::min(O_, part.end_panel * kPanel) - column) * sizeof(float));
    return sums;
  }
  // What all shares' sums make.
  void Join() const {
    if (whole()) return;
    const Shares pieces(size_, 16384);
    Parallel(pieces.shares, [&](long piece) {
      const long begin = pieces.Begin(piece);
      SumRows(sums_.get() + begin, count(), size_ + O_, pieces.End(piece) - begin, dw_ + begin);
    });
    if (dbias_) SumRows(sums_.get() + size_, count(), size_ + O_, O_, dbias_);
  }

 private:
  static long Most(long size) { return std::min(kTasks, std::max(1L, (4L << 20) / size)); }
  bool whole() const { return count() == 1; }
  Shares shares_;
  long size_, O_;
  float *dw_, *dbias_;
  Buffer sums_;
};

}  // namespace ablate

#endif
