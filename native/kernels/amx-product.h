// The inner loops of products by AMX: two tiles of rows times two of columns, whose sums stay in tiles. Each row and each
// column that is loaded meets two of the other kind: the multipliers then wait for the caches least.
#ifndef ABLATE_KERNELS_AMX_PRODUCT_H_
#define ABLATE_KERNELS_AMX_PRODUCT_H_

#include "product.h"
#include "amx.h"
#include "unroll.h"

#if defined(ABLATE_HAS_AMX)
namespace ablate {

static_assert(kPanel == 2 * kAmxPlaces);

template <int R, int V>
ABLATE_INLINE void AmxMultiplyAll() {
  Unroll<R>([](auto r) ABLATE_INLINE_LAMBDA {
    Unroll<V>([](auto v) ABLATE_INLINE_LAMBDA {
      AmxMultiply<decltype(r)::value * 2 + decltype(v)::value, 4 + decltype(r)::value, 6 + decltype(v)::value>();
    });
  });
}

// Sixteen rows of terms each, `step` floats from one to the next; columns as panels.h lays them out.
struct AmxRowsCall {
  const float *rows[2];
  long step;
  const long *runs;  // where each row of taps begins after a row
  long run_count;
  long run;  // places of one, whole tiles of them
  const float *panel;
  const float *start;  // kPanel floats
  float *sums;         // [2 kAmxRows][kPanel]
};

template <int R, int V>
void AmxRows(const AmxRowsCall &call) {
  Unroll<R>([&](auto r) ABLATE_INLINE_LAMBDA {
    Unroll<V>([&](auto v) ABLATE_INLINE_LAMBDA {
      AmxLoad<decltype(r)::value * 2 + decltype(v)::value>(call.start + v * kAmxPlaces, 0);  // each row begins alike
    });
  });
  const float *panel = call.panel;
  for (long run = 0; run < call.run_count; run++) {
    const long begin = call.runs[run], end = begin + call.run;
    for (long at = begin; at < end; at += kAmxPlaces) {
      Unroll<V>([&](auto v) ABLATE_INLINE_LAMBDA { AmxLoad<6 + decltype(v)::value>(panel + v * kAmxPlaces, kPanel); });
      Unroll<R>([&](auto r) ABLATE_INLINE_LAMBDA { AmxLoad<4 + decltype(r)::value>(call.rows[r] + at, call.step); });
      AmxMultiplyAll<R, V>();
      panel += kAmxPlaces * kPanel;
    }
  }
  Unroll<R>([&](auto r) ABLATE_INLINE_LAMBDA {
    Unroll<V>([&](auto v) ABLATE_INLINE_LAMBDA {
      AmxStore<decltype(r)::value * 2 + decltype(v)::value>(call.sums + (r * kAmxRows * kPanel + v * kAmxPlaces), kPanel);
    });
  });
}

// Rows and columns as whole tiles [tiles][kAmxTile].
struct AmxOuterCall {
  const float *rows[2];     // one tile after the other
  const float *columns[2];  // where sixteen places begin, one of `at` after it for each tile of the rows
  const long *at;
  long tiles;
  float *sums[2][2];  // [kAmxTile] each
  bool onto;          // what they hold is added to
};

template <int R, int V>
void AmxOuter(const AmxOuterCall &call) {
  Unroll<R>([&](auto r) ABLATE_INLINE_LAMBDA {
    Unroll<V>([&](auto v) ABLATE_INLINE_LAMBDA {
      constexpr int kTile = decltype(r)::value * 2 + decltype(v)::value;
      if (call.onto) AmxLoad<kTile>(call.sums[r][v], kAmxPlaces);
      else AmxZero<kTile>();
    });
  });
  for (long tile = 0; tile < call.tiles; tile++) {
    Unroll<V>([&](auto v) ABLATE_INLINE_LAMBDA {
      AmxLoad<6 + decltype(v)::value>(call.columns[v] + call.at[tile], kAmxPlaces);
    });
    Unroll<R>([&](auto r) ABLATE_INLINE_LAMBDA {
      AmxLoad<4 + decltype(r)::value>(call.rows[r] + tile * kAmxTile, kAmxPlaces);
    });
    AmxMultiplyAll<R, V>();
  }
  Unroll<R>([&](auto r) ABLATE_INLINE_LAMBDA {
    Unroll<V>([&](auto v) ABLATE_INLINE_LAMBDA {
      AmxStore<decltype(r)::value * 2 + decltype(v)::value>(call.sums[r][v], kAmxPlaces);
    });
  });
}

// Sixteen rows of sixteen floats as their columns, `apart` floats from one to the next.
inline void TransposeTile(const Vec (&rows)[16], float *to, long apart) {
  __m512 a[16], b[16];
  const auto row = [&](int i) { return reinterpret_cast<__m512>(rows[i]); };
  for (int i = 0; i < 16; i += 2) {
    a[i] = _mm512_unpacklo_ps(row(i), row(i + 1));
    a[i + 1] = _mm512_unpackhi_ps(row(i), row(i + 1));
  }
  for (int i = 0; i < 16; i += 4) {
    for (int j = 0; j < 2; j++) {
      const __m512d lower = reinterpret_cast<__m512d>(a[i + j]), upper = reinterpret_cast<__m512d>(a[i + 2 + j]);
      b[i + 2 * j] = reinterpret_cast<__m512>(_mm512_unpacklo_pd(lower, upper));
      b[i + 2 * j + 1] = reinterpret_cast<__m512>(_mm512_unpackhi_pd(lower, upper));
    }
  }
  // b[4 i + j] holds column j of each quarter, of rows 4 i to 4 i + 3.
  for (int j = 0; j < 4; j++) {
    const __m512 first = _mm512_shuffle_f32x4(b[j], b[4 + j], 0x88), second = _mm512_shuffle_f32x4(b[8 + j], b[12 + j], 0x88);
    const __m512 third = _mm512_shuffle_f32x4(b[j], b[4 + j], 0xdd), fourth = _mm512_shuffle_f32x4(b[8 + j], b[12 + j], 0xdd);
    const auto store = [&](int column, __m512 v) { Store(to + column * apart, reinterpret_cast<Vec>(v)); };
    store(j, _mm512_shuffle_f32x4(first, second, 0x88));
    store(8 + j, _mm512_shuffle_f32x4(first, second, 0xdd));
    store(4 + j, _mm512_shuffle_f32x4(third, fourth, 0x88));
    store(12 + j, _mm512_shuffle_f32x4(third, fourth, 0xdd));
  }
}

}  // namespace ablate
#endif
#endif
