// What drivers compute with.
#ifndef ABLATE_KERNELS_TEST_NUMBERS_H_
#define ABLATE_KERNELS_TEST_NUMBERS_H_

#include <algorithm>
#include <vector>

#include "../element.h"

namespace ablate {

using Values = std::vector<float>;

// From -1 to 1, the same for a seed wherever they are drawn.
inline Values Numbers(unsigned seed, long count) {
  Values values(count);
  for (float &value : values) {
    seed = seed * 1103515245u + 12345u;
    value = static_cast<float>(seed >> 8) / 8388608.0f - 1.0f;
  }
  return values;
}

// A map of either element.
template <class T>
using Map = std::vector<T>;

template <class T>
Map<T> MapOf(unsigned seed, long count) {
  const Values values = Numbers(seed, count);
  Map<T> map(count);
  Vectors(count, [&](long i, auto width) { Store(map.data() + i, Load(values.data() + i, width), width); });
  return map;
}

template <class T>
Values Widened(const Map<T> &map) {
  Values values(map.size());
  Vectors(static_cast<long>(map.size()),
          [&](long i, auto width) { Store(values.data() + i, Load(map.data() + i, width), width); });
  return values;
}

}  // namespace ablate

#endif
