// Holds products by AMX, on the emulation of its instructions, to those by vectors: the same factors, rounded alike, in
// another order of the sums.
#include <cmath>
#include <cstdio>
#include <vector>

#include "../amx.h"
#include "../kernels.h"
#include "../pool.h"
#include "numbers.h"

namespace {

using namespace ablate;

struct Results {
  Values y, before, dx, dw, dbias;
};

template <class T>
Results Run(const Window &d, long O, Precision precision) {
  const Map<T> x = MapOf<T>(1, d.N * d.H * d.W * d.C), dy = MapOf<T>(4, d.N * d.OH * d.OW * O);
  const Values w = Numbers(2, d.kernel * d.kernel * d.C * O), bias = Numbers(3, O);
  Map<T> y(dy.size()), active(dy.size()), before(dy.size()), dx(x.size()), sum(x.size());
  Values dw(w.size()), dbias(O);
  DenseForward<Activation::kNone, T>(x.data(), w.data(), bias.data(), d, O, precision, nullptr, y.data());
  DenseForward<Activation::kGelu, T>(x.data(), w.data(), bias.data(), d, O, precision, before.data(), active.data());
  DenseInputGradient(dy.data(), w.data(), d, O, precision, dx.data());
  DenseInputGradient(dy.data(), w.data(), d, O, precision, sum.data(), x.data());
  DenseFilterGradient(dy.data(), x.data(), d, O, precision, dw.data(), dbias.data());
  Values all = Widened(y), more = Widened(active);
  all.insert(all.end(), more.begin(), more.end());
  Values slopes = Widened(dx);
  more = Widened(sum);
  slopes.insert(slopes.end(), more.begin(), more.end());
  return {all, Widened(before), slopes, dw, dbias};
}

// The greatest difference, relative to the greatest value.
float Distance(const Values &a, const Values &b) {
  float most = 0, greatest = 0;
  for (size_t i = 0; i < a.size(); i++) {
    if (!(std::fabs(a[i] - b[i]) <= most)) most = std::fabs(a[i] - b[i]);
    greatest = std::max(greatest, std::fabs(b[i]));
  }
  return most / greatest;
}

// Whether both ways give the same, but for the order of sums and what a map is rounded to.
template <class T>
bool Holds(const Window &d, long O, Precision precision, float map_tolerance) {
  emulates_amx = false;
  const Results expected = Run<T>(d, O, precision);
  emulates_amx = true;
  const Results found = Run<T>(d, O, precision);
  const float maps[] = {Distance(found.y, expected.y), Distance(found.before, expected.before),
                        Distance(found.dx, expected.dx)};
  const float gradients[] = {Distance(found.dw, expected.dw), Distance(found.dbias, expected.dbias)};
  if (std::max({maps[0], maps[1], maps[2]}) <= map_tolerance && std::max(gradients[0], gradients[1]) < 2e-6f) return true;
  printf("[%ld, %ld, %ld, %ld] to %ld, kernel %ld: y %g, before %g, dx %g, dw %g, dbias %g\n", d.N, d.H, d.W, d.C, O, d.kernel,
         maps[0], maps[1], maps[2], gradients[0], gradients[1]);
  return false;
}

}  // namespace

int main() {
  struct {
    Window d;
    long O;
  } const cases[] = {
      // Fewer rows than a tile has, whole ones and a rest; fewer terms than a tile's, whole tiles and a rest; several
      // blocks of terms; columns of one vector, of two, and rests of both.
      {{1, 1, 1, 32, 1, 1, 1, 1, 0}, 32},     {{5, 1, 1, 11, 1, 1, 1, 1, 0}, 7},    {{300, 1, 1, 64, 1, 1, 1, 1, 0}, 40},
      {{97, 1, 1, 75, 1, 1, 1, 1, 0}, 48},    {{40, 1, 1, 1000, 1, 1, 1, 1, 0}, 20}, {{700, 1, 1, 48, 1, 1, 1, 1, 0}, 100},
      // Rows that are gathered, and windows: evenly and unevenly lying rows, strides and phases, padding.
      {{26, 1, 1, 2048, 1, 1, 1, 1, 0}, 33},  {{2, 9, 14, 32, 9, 14, 3, 1, 1}, 70},  {{3, 9, 8, 27, 5, 4, 3, 2, 1}, 36},
      {{2, 16, 24, 64, 4, 6, 4, 4, 0}, 35},   {{1, 6, 26, 16, 6, 26, 5, 1, 2}, 64},  {{2, 14, 14, 3, 7, 7, 7, 2, 3}, 20},
      // Blocks of several samples and several of a sample, with shares of the positions; parts of the filter; a stride that
      // leaves steps out; rows that begin in the middle of a sample.
      {{9, 7, 7, 32, 7, 7, 3, 1, 1}, 80},     {{2, 40, 40, 16, 40, 40, 3, 1, 1}, 48}, {{3, 23, 53, 18, 23, 53, 3, 1, 1}, 17},
      {{2, 10, 12, 64, 5, 6, 1, 2, 0}, 32},   {{1, 31, 47, 32, 16, 24, 3, 2, 1}, 50}, {{5, 6, 6, 128, 3, 3, 2, 2, 0}, 130},
  };
  SetThreads(2);
  for (const auto &[d, O] : cases) {
    if (!Holds<float>(d, O, Precision::kBfloat16, 2e-6f) || !Holds<float>(d, O, Precision::kBfloat16x3, 1e-5f) ||
        !Holds<Bfloat16>(d, O, Precision::kBfloat16, 1.0f / 256)) {
      return 1;
    }
  }
  printf("%zu cases\n", sizeof(cases) / sizeof(cases[0]));
}
