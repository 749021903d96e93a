#include "product.h"

#include <utility>

#include "unroll.h"

namespace ablate {
namespace {

// Columns of the last of V vectors: all of them are known to be whole, or some are not there.
template <int V, class Body>
ABLATE_INLINE void EachVector(long columns, const Body &body) {
  if (columns == V * kWidth) {
    Unroll<V>([&](auto v) ABLATE_INLINE_LAMBDA { body(v, Full{}); });
  } else {
    Unroll<V>([&](auto v) ABLATE_INLINE_LAMBDA {
      const long width = columns - v * kWidth;
      if (width >= kWidth) body(v, Full{});
      else if (width > 0) body(v, static_cast<int>(width));
    });
  }
}

template <int R, int V>
void Rows(const RowsCall &call) {
  Vec sums[R][V] = {};
  if (call.onto) {
    EachVector<V>(call.columns, [&](auto v, auto width) ABLATE_INLINE_LAMBDA {
      Unroll<R>([&](auto r) ABLATE_INLINE_LAMBDA { sums[r][v] = Load(call.out[r] + call.column + v * kWidth, width); });
    });
  } else {
    Unroll<V>([&](auto v) ABLATE_INLINE_LAMBDA {
      const Vec start = call.start ? Load(call.start + v * kWidth) : Vec{};
      Unroll<R>([&](auto r) ABLATE_INLINE_LAMBDA { sums[r][v] = start; });
    });
  }
  const float *panel = call.panel;
  for (long run = 0; run < call.run_count; run++) {
    const float *at[R];
    Unroll<R>([&](auto r) ABLATE_INLINE_LAMBDA { at[r] = call.rows[r] + call.runs[run].offset; });
    const long length = call.runs[run].length;
    for (long k = 0; k < length; k++) {
      Vec weights[V];
      Unroll<V>([&](auto v) ABLATE_INLINE_LAMBDA { weights[v] = Load(panel + v * kWidth); });
      Unroll<R>([&](auto r) ABLATE_INLINE_LAMBDA {
        const Vec value = Broadcast(at[r][k]);
        Unroll<V>([&](auto v) ABLATE_INLINE_LAMBDA { sums[r][v] = Fma(value, weights[v], sums[r][v]); });
      });
      panel += kPanel;
    }
  }
  EachVector<V>(call.columns, [&](auto v, auto width) ABLATE_INLINE_LAMBDA {
    Unroll<R>([&](auto r) ABLATE_INLINE_LAMBDA { Store(call.out[r] + call.column + v * kWidth, sums[r][v], width); });
  });
}

template <int R, int V, bool Packed>
void OuterOver(const OuterCall &call) {
  Vec sums[R][V] = {};
  const float *dy = call.dy;
  for (long p = 0; p < call.positions; p++) {
    const float *const at = Packed ? call.packed + p * R : call.rows[p] + call.offset;
    Vec slopes[V];
    Unroll<V>([&](auto v) ABLATE_INLINE_LAMBDA { slopes[v] = Load(dy + v * kWidth); });
    Unroll<R>([&](auto r) ABLATE_INLINE_LAMBDA {
      const Vec value = Broadcast(at[r]);
      Unroll<V>([&](auto v) ABLATE_INLINE_LAMBDA { sums[r][v] = Fma(value, slopes[v], sums[r][v]); });
    });
    dy += kPanel;
  }
  EachVector<V>(call.columns, [&](auto v, auto width) ABLATE_INLINE_LAMBDA {
    Unroll<R>([&](auto r) ABLATE_INLINE_LAMBDA {
      float *const out = call.sums + r * call.row + v * kWidth;
      Store(out, Load(out, width) + sums[r][v], width);
    });
  });
}

template <int R, int V>
void Outer(const OuterCall &call) {
  call.packed ? OuterOver<R, V, true>(call) : OuterOver<R, V, false>(call);
}

template <class Call>
using Function = void (*)(const Call &);

template <class Call>
struct Table {
  Function<Call> of[kTileRows][kTileVectors];
};

template <int... I>
constexpr Table<RowsCall> RowsTable(std::integer_sequence<int, I...>) {
  return {{{Rows<I + 1, 1>, Rows<I + 1, 2>}...}};
}
template <int... I>
constexpr Table<OuterCall> OuterTable(std::integer_sequence<int, I...>) {
  return {{{Outer<I + 1, 1>, Outer<I + 1, 2>}...}};
}

constexpr auto kRowsTable = RowsTable(std::make_integer_sequence<int, kTileRows>{});
constexpr auto kOuterTable = OuterTable(std::make_integer_sequence<int, kTileRows>{});

inline int VectorsOf(long columns) { return columns > kWidth ? 2 : 1; }

}  // namespace

void RowsTile(int rows, const RowsCall &call) { kRowsTable.of[rows - 1][VectorsOf(call.columns) - 1](call); }
void OuterTile(int terms, const OuterCall &call) { kOuterTable.of[terms - 1][VectorsOf(call.columns) - 1](call); }

void PackTerms(const float *const *rows, long offset, long terms, long positions, float *packed, long apart) {
  const long whole = terms / kTileRows, rest = terms % kTileRows;
  for (long p = 0; p < positions; p++) {
    const float *from = rows[p] + offset;
    float *to = packed + p * kTileRows;
    for (long tile = 0; tile < whole; tile++, from += kTileRows, to += apart) memcpy(to, from, kTileRows * sizeof(float));
    for (long i = 0; i < rest; i++) packed[whole * apart + p * rest + i] = from[i];
  }
}

}  // namespace ablate
