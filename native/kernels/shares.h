#ifndef ABLATE_KERNELS_SHARES_H_
#define ABLATE_KERNELS_SHARES_H_

#include <algorithm>

namespace ablate {

constexpr long Ceil(long a, long b) { return (a + b - 1) / b; }

// `count` cut into as few shares of at most `most` as there can be, and those as even as can be; of whole grains, but for
// the last, where `grain` divides `most`. None is empty, unless all is.
struct Shares {
  long count, size, shares;
  Shares(long count, long most, long grain = 1)
      : count(count),
        size(Ceil(std::max(1L, Ceil(count, std::max(1L, Ceil(count, most)))), grain) * grain),
        shares(std::max(1L, Ceil(count, size))) {}
  long Begin(long share) const { return std::min(count, share * size); }
  long End(long share) const { return std::min(count, (share + 1) * size); }
};

}  // namespace ablate

#endif
