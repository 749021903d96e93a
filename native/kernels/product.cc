#include "product.h"

#include <algorithm>
#include <utility>

#include "profile.h"
#include "unroll.h"

namespace ablate {
namespace {

// V vectors of columns, all whole or the last a part of one.
template <int V, class Body>
ABLATE_INLINE void EachVector(long columns, const Body &body) {
  if (columns == V * kWidth) EachOf<V>(Full{}, body);
  else EachOf<V>(static_cast<int>(columns - (V - 1) * kWidth), body);
}

// body(place) for each, and what is ahead a little at a time.
template <class Body>
ABLATE_INLINE void EachPlace(long count, Ahead *ahead, const Body &body) {
  for (long begin = 0; begin < count; begin += kAheadEach) {
    if (ahead) ahead->Bring();
    const long end = std::min(count, begin + kAheadEach);
    for (long place = begin; place < end; place++) body(place);
  }
}

template <int R, int V>
using Sums = Vec[R][V];

template <int R, int V>
ABLATE_INLINE void Start(const RowsCall &call, Sums<R, V> &sums) {
  if (call.onto) {
    EachVector<V>(call.columns, [&](auto v, auto width) ABLATE_INLINE_LAMBDA {
      Unroll<R>([&](auto r) ABLATE_INLINE_LAMBDA { sums[r][v] = Load(call.out[r] + call.column + v * kWidth, width); });
    });
    return;
  }
  Unroll<V>([&](auto v) ABLATE_INLINE_LAMBDA {
    const Vec start = call.start ? Load(call.start + v * kWidth) : Vec{};
    Unroll<R>([&](auto r) ABLATE_INLINE_LAMBDA { sums[r][v] = start; });
  });
}

template <Precision P, int R, int V>
ABLATE_INLINE void Add(const RowsCall &call, Sums<R, V> &sums) {
  const float *panel = call.panel;
  for (long run = 0; run < call.run_count; run++) {
    const float *at[R];
    Unroll<R>([&](auto r) ABLATE_INLINE_LAMBDA { at[r] = call.rows[r] + call.runs[run].offset; });
    const long length = call.runs[run].length;
    EachPlace(length, call.ahead, [&](long k) ABLATE_INLINE_LAMBDA {
      Vec weights[V];
      Unroll<V>([&](auto v) ABLATE_INLINE_LAMBDA { weights[v] = Load(panel + v * kWidth); });
      Unroll<R>([&](auto r) ABLATE_INLINE_LAMBDA {
        const Vec value = Broadcast(at[r][k]);
        Unroll<V>([&](auto v) ABLATE_INLINE_LAMBDA { sums[r][v] = MultiplyPlaces<P>(value, weights[v], sums[r][v]); });
      });
      panel += kPanel;
    });
  }
}

// put(row, column of it, sum, width) for all sums, row by row: the vectors of a row may share a line.
template <int R, int V, class Put>
ABLATE_INLINE void EachSum(const RowsCall &call, const Sums<R, V> &sums, const Put &put) {
  Unroll<R>([&](auto r) ABLATE_INLINE_LAMBDA {
    EachVector<V>(call.columns, [&](auto v, auto width) ABLATE_INLINE_LAMBDA {
      put(r, call.column + v * kWidth, sums[r][v], width);
    });
  });
}

// body(store) with what stores whole vectors past the caches, or any into them.
template <class Body>
ABLATE_INLINE void WithTileStore(const RowsCall &call, const Body &body) {
  if (!call.streamed) return body(Cached{});
  body([](auto *out, Vec value, auto width) ABLATE_INLINE_LAMBDA {
    if constexpr (std::is_same_v<decltype(width), Full>) Streamed{}(out, value, width);
  });
}

template <Precision P, int R, int V>
ABLATE_INLINE void Finish(const RowsCall &call, const Sums<R, V> &sums) {
  WithTileStore(call, [&](auto store) ABLATE_INLINE_LAMBDA {
    if (P == Precision::kBfloat16 && call.halves) {
      EachSum<R, V>(call, sums, [&](auto r, long c, Vec sum, auto width) ABLATE_INLINE_LAMBDA {
        store(call.halves[r] + c, sum, width);
      });
    } else {
      EachSum<R, V>(call, sums, [&](auto r, long c, Vec sum, auto width) ABLATE_INLINE_LAMBDA {
        store(call.out[r] + c, sum, width);
      });
    }
  });
}

template <Precision P, int R, int V>
void Rows(const RowsCall &call) {
  Sums<R, V> sums = {};
  Start<R, V>(call, sums);
  Add<P, R, V>(call, sums);
  Finish<P, R, V>(call, sums);
}

template <int R, int V>
ABLATE_INLINE void AddTo(const OuterCall &call, const Sums<R, V> &sums) {
  EachVector<V>(call.columns, [&](auto v, auto width) ABLATE_INLINE_LAMBDA {
    Unroll<R>([&](auto r) ABLATE_INLINE_LAMBDA {
      float *const out = call.sums + r * call.row + v * kWidth;
      Store(out, call.onto ? Load(out, width) + sums[r][v] : sums[r][v], width);
    });
  });
}

template <Precision P, int R, int V, bool Packed>
void OuterOver(const OuterCall &call) {
  Sums<R, V> sums = {};
  const float *dy = call.dy;
  for (long stretch = 0; stretch < call.stretches; stretch++) {
    const float *const packed = call.packed + (Packed && call.starts ? call.starts[stretch] : 0);
    EachPlace(call.positions, call.ahead, [&](long p) ABLATE_INLINE_LAMBDA {
      const float *const at = Packed ? packed + p * R : call.rows[p] + call.offset;
      Vec slopes[V];
      Unroll<V>([&](auto v) ABLATE_INLINE_LAMBDA { slopes[v] = Load(dy + v * kWidth); });
      Unroll<R>([&](auto r) ABLATE_INLINE_LAMBDA {
        const Vec value = Broadcast(at[r]);
        Unroll<V>([&](auto v) ABLATE_INLINE_LAMBDA { sums[r][v] = MultiplyPlaces<P>(value, slopes[v], sums[r][v]); });
      });
      dy += kPanel;
    });
  }
  AddTo<R, V>(call, sums);
}

template <Precision P, int R, int V>
void Outer(const OuterCall &call) {
  if constexpr (P == Precision::kBfloat16) return OuterOver<P, R, V, true>(call);
  else if (call.packed) return OuterOver<P, R, V, true>(call);
  else OuterOver<P, R, V, false>(call);
}

template <class Call>
using Function = void (*)(const Call &);

template <class Call>
struct Table {
  Function<Call> of[kTileRows][kTileVectors];
};

template <Precision P, int... I>
constexpr Table<RowsCall> RowsTable(std::integer_sequence<int, I...>) {
  return {{{Rows<P, I + 1, 1>, Rows<P, I + 1, 2>}...}};
}
template <Precision P, int... I>
constexpr Table<OuterCall> OuterTable(std::integer_sequence<int, I...>) {
  return {{{Outer<P, I + 1, 1>, Outer<P, I + 1, 2>}...}};
}

using Heights = std::make_integer_sequence<int, kTileRows>;
constexpr Table<RowsCall> kRowsTables[] = {RowsTable<Precision::kFloat32>(Heights{}),
                                           RowsTable<Precision::kBfloat16>(Heights{})};
constexpr Table<OuterCall> kOuterTables[] = {OuterTable<Precision::kFloat32>(Heights{}),
                                             OuterTable<Precision::kBfloat16>(Heights{})};

template <class Call>
Function<Call> FunctionOf(const Table<Call> (&tables)[2], int rows, const Call &call) {
  return tables[call.precision != Precision::kFloat32].of[rows - 1][call.columns > kWidth];
}

// A tile's terms of two positions. `spills`: what may be read and written runs on for a whole vector, which costs a fraction of
// a part of one; the position after it will be written over what is too much, and tiles lie so far apart that the last may spill.
template <Piece P, class T>
ABLATE_INLINE void PackTile(const T *first, const T *second, int count, bool spills, float *to) {
  static_assert(kTileRows > kWidth || 2 * kLine - (kLine - 1) >= kWidth - kTileRows, "what TilesApart leaves at a tile's end");
  if (kTileRows <= kWidth && spills) PairRows<P>(first, second, kWidth, to);
  else PairRows<P>(first, second, count, to);
}

template <class T, Piece P>
void PackPairs(const float *const *rows, long offset, long terms, long positions, float *packed, long apart, long height) {
  const auto row = [&](long p) { return reinterpret_cast<const T *>(rows[p]) + offset; };
  for (long p = 0; p < positions; p += 2) {
    const T *const first = row(p), *const second = p + 1 < positions ? row(p + 1) : nullptr;
    for (long term = 0, tile = 0; term < terms; term += height, tile++) {
      const int count = static_cast<int>(std::min(height, terms - term));
      PackTile<P>(first + term, second ? second + term : nullptr, count, term + kWidth <= terms,
                  packed + tile * apart + p / 2 * count);
    }
  }
}

}  // namespace

void RowsTile(int rows, const RowsCall &call) { FunctionOf(kRowsTables, rows, call)(call); }
void OuterTile(int terms, const OuterCall &call) { FunctionOf(kOuterTables, terms, call)(call); }

void PackTerms(Precision precision, bool places, const float *const *rows, long offset, long terms, long positions,
               float *packed, long apart, long height, Piece piece) {
  const Packing packing;
  if (precision != Precision::kFloat32) {
    const bool rest = piece == Piece::kRest;
    auto *const floats = rest ? PackPairs<float, Piece::kRest> : PackPairs<float, Piece::kNearest>;
    return (places ? PackPairs<Bfloat16, Piece::kNearest> : floats)(rows, offset, terms, positions, packed, apart, height);
  }
  const long whole = terms / kTileRows, rest = terms % kTileRows;
  for (long p = 0; p < positions; p++) {
    const float *from = rows[p] + offset;
    float *to = packed + p * kTileRows;
    for (long tile = 0; tile < whole; tile++, from += kTileRows, to += apart) memcpy(to, from, kTileRows * sizeof(float));
    for (long i = 0; i < rest; i++) packed[whole * apart + p * rest + i] = from[i];
  }
}

}  // namespace ablate
