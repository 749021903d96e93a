// Intel's AMX: tiles of sixteen rows of 64 bytes, and products of tiles of bfloat16 pairs with sums in float32. A tile of
// factors has sixteen places a row; one instruction multiplies all rows of one by all columns of another. Builds for CPUs
// without it have none of this; ABLATE_EMULATES_AMX computes the same in plain C++, for tests on any CPU.
#ifndef ABLATE_KERNELS_AMX_H_
#define ABLATE_KERNELS_AMX_H_

#include "bfloat16.h"

namespace ablate {

#if defined(__AMX_BF16__) || defined(ABLATE_EMULATES_AMX)
#define ABLATE_HAS_AMX
constexpr bool kHasAmx = true;
#else
constexpr bool kHasAmx = false;
#endif

constexpr long kAmxPlaces = 16;  // of a tile's row: that many terms, two to a place, are multiplied at a time
constexpr long kAmxRows = 16;    // of every tile
constexpr long kAmxTile = kAmxRows * kAmxPlaces;  // floats

// Whether the system lets this process use them: Linux wants to be asked, because threads then keep 8 KiB more.
bool AmxAllowed();

// Whether products of this precision go by tiles.
inline bool AmxServes(Precision precision) { return kHasAmx && precision != Precision::kFloat32 && AmxAllowed(); }

// While it lives, the calling thread's tiles are all whole.
class AmxScope {
 public:
  AmxScope();
  ~AmxScope();
  AmxScope(const AmxScope &) = delete;
  AmxScope &operator=(const AmxScope &) = delete;
};

// Tiles 0 to 3 hold sums, 4 and 5 rows of terms, 6 and 7 columns.
#if defined(__AMX_BF16__)
template <int T>
ABLATE_INLINE void AmxZero() {
  asm volatile("tilezero %%tmm%c0" ::"i"(T));
}
template <int T>
ABLATE_INLINE void AmxLoad(const float *from, long apart) {
  asm volatile("tileloadd (%0,%1,1), %%tmm%c2" ::"r"(from), "r"(apart * 4), "i"(T) : "memory");
}
template <int T>
ABLATE_INLINE void AmxStore(float *to, long apart) {
  asm volatile("tilestored %%tmm%c2, (%0,%1,1)" ::"r"(to), "r"(apart * 4), "i"(T) : "memory");
}
template <int Sums, int Terms, int Columns>
ABLATE_INLINE void AmxMultiply() {
  asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(Sums), "i"(Terms), "i"(Columns));
}
#elif defined(ABLATE_EMULATES_AMX)
struct AmxTile {
  float places[kAmxPlaces][kAmxPlaces];
};
inline thread_local AmxTile amx_tiles[8];
inline bool emulates_amx = true;  // false: as on a system that does not allow it

template <int T>
void AmxZero() {
  amx_tiles[T] = {};
}
template <int T>
void AmxLoad(const float *from, long apart) {
  for (int r = 0; r < kAmxRows; r++) memcpy(amx_tiles[T].places[r], from + r * apart, sizeof(AmxTile) / kAmxPlaces);
}
template <int T>
void AmxStore(float *to, long apart) {
  for (int r = 0; r < kAmxRows; r++) memcpy(to + r * apart, amx_tiles[T].places[r], sizeof(AmxTile) / kAmxPlaces);
}
template <int Sums, int Terms, int Columns>
void AmxMultiply() {
  const auto halves = [](float place) {
    uint32_t bits, upper;
    memcpy(&bits, &place, sizeof(bits));
    float first, second;
    upper = bits << 16, memcpy(&first, &upper, sizeof(first));
    upper = bits & 0xffff0000u, memcpy(&second, &upper, sizeof(second));
    return std::make_pair(first, second);
  };
  for (int r = 0; r < kAmxRows; r++) {
    for (int k = 0; k < kAmxPlaces; k++) {
      const auto [first, second] = halves(amx_tiles[Terms].places[r][k]);
      for (int c = 0; c < kAmxPlaces; c++) {
        const auto [a, b] = halves(amx_tiles[Columns].places[k][c]);
        amx_tiles[Sums].places[r][c] += first * a + second * b;
      }
    }
  }
}
#endif

}  // namespace ablate

#endif
