#include "product-amx.h"

#include <algorithm>

#if defined(ABLATE_HAS_AMX)
namespace ablate {
namespace {

// Floats from each row to the next, where all of a whole tile lie evenly; else 0.
long Evenly(const float *const *rows, int count) {
  if (count < kAmxRows) return 0;
  const long apart = rows[1] - rows[0];
  for (int r = 2; r < count; r++) {
    if (rows[r] - rows[r - 1] != apart) return 0;
  }
  return apart;
}

// A tile of terms: `places` of every row, zeros beyond them and for rows that are not there.
void CopyTile(const float *const *rows, int count, long offset, long places, float *tile) {
  memset(tile, 0, kAmxRows * kAmxPlaces * sizeof(float));
  for (int r = 0; r < count; r++) memcpy(tile + r * kAmxPlaces, rows[r] + offset, places * sizeof(float));
}

// Tile 2 times sixteen places of a panel, added to the sums.
ABLATE_INLINE void MultiplyPanel(const float *panel) {
  AmxLoad<3>(panel, 2 * kAmxPlaces);
  AmxMultiply<0, 2, 3>();
  AmxLoad<4>(panel + kAmxPlaces, 2 * kAmxPlaces);
  AmxMultiply<1, 2, 4>();
}

ABLATE_INLINE void Begin() {
  AmxZero<0>();
  AmxZero<1>();
}

ABLATE_INLINE void End(AmxSums &sums) {
  AmxStore<0>(sums.of[0], 2 * kAmxPlaces);
  AmxStore<1>(sums.of[0] + kAmxPlaces, 2 * kAmxPlaces);
}

ABLATE_INLINE void Bring(Ahead *ahead, long places) {
  for (long place = 0; ahead && place < places; place += kAheadEach) ahead->Bring();
}

// Sixteen places of [place][16] as [term][16].
void Transpose(const float *places, float *tile) {
  for (long term = 0; term < kAmxRows; term += 4) {
    for (long place = 0; place < kAmxPlaces; place += 4) {
      const float *const at = places + place * kAmxPlaces + term;
      TransposeBlock({at, at + kAmxPlaces, at + 2 * kAmxPlaces, at + 3 * kAmxPlaces}, tile + term * kAmxPlaces + place,
                     kAmxPlaces);
    }
  }
}

}  // namespace

void AmxRows(int rows, const RowsCall &call, AmxSums &sums) {
  alignas(64) float tile[kAmxRows * kAmxPlaces];
  const long apart = Evenly(call.rows, rows);
  const float *panel = call.panel;
  Begin();
  for (long run = 0; run < call.run_count; run++) {
    const long offset = call.runs[run].offset, length = call.runs[run].length;
    for (long k = 0; k < length; k += kAmxPlaces) {
      const long places = std::min(kAmxPlaces, length - k);
      Bring(call.ahead, places);
      if (apart > 0 && places == kAmxPlaces) {
        AmxLoad<2>(call.rows[0] + offset + k, apart);
      } else {
        CopyTile(call.rows, rows, offset + k, places, tile);
        AmxLoad<2>(tile, kAmxPlaces);
      }
      MultiplyPanel(panel);
      panel += places * 2 * kAmxPlaces;
    }
  }
  End(sums);
}

void AmxOuter(const OuterCall &call, AmxSums &sums) {
  const float *terms = call.packed, *panel = call.dy;
  Begin();
  for (long p = 0; p < call.positions; p += kAmxPlaces) {
    Bring(call.ahead, kAmxPlaces);
    AmxLoad<2>(terms, kAmxPlaces);
    MultiplyPanel(panel);
    terms += kAmxRows * kAmxPlaces;
    panel += kAmxPlaces * 2 * kAmxPlaces;
  }
  End(sums);
}

template <class T>
void AmxPackTerms(const float *const *rows, long offset, long terms, long positions, float *packed, long apart) {
  const auto row = [&](long p) { return reinterpret_cast<const T *>(rows[p]) + offset; };
  alignas(64) float places[kAmxPlaces * kAmxPlaces];
  for (long block = 0; block < positions; block += 2 * kAmxPlaces, packed += kAmxRows * kAmxPlaces) {
    const long end = std::min(positions, block + 2 * kAmxPlaces);
    for (long term = 0, tile = 0; term < terms; term += kAmxRows, tile++) {
      const long count = std::min<long>(kAmxRows, terms - term);
      memset(places, 0, sizeof(places));
      for (long p = block; p < end; p += 2) {
        const T *const first = row(p) + term, *const second = p + 1 < end ? row(p + 1) + term : nullptr;
        PairRows(first, second, count, places + (p - block) / 2 * kAmxPlaces);
      }
      Transpose(places, packed + tile * apart);
    }
  }
}
template void AmxPackTerms<float>(const float *const *, long, long, long, float *, long);
template void AmxPackTerms<Bfloat16>(const float *const *, long, long, long, float *, long);

}  // namespace ablate
#endif
