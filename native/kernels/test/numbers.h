// What drivers compute with.
#ifndef ABLATE_KERNELS_TEST_NUMBERS_H_
#define ABLATE_KERNELS_TEST_NUMBERS_H_

#include <vector>

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

}  // namespace ablate

#endif
