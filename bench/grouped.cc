// The grouped convolutions of native/kernels on plain memory, for bench/grouped.py: lines "N H W C O groups kernel stride
// threads count" in; out the milliseconds of each of `count` passes forward, of the input's and of the filter's gradient.
#include <chrono>
#include <cstdio>
#include <vector>

#include "../native/kernels/kernels.h"
#include "../native/kernels/pool.h"

int main() {
  using namespace ablate;
  Window d{};
  long O, groups, threads, count;
  while (scanf("%ld %ld %ld %ld %ld %ld %ld %ld %ld %ld", &d.N, &d.H, &d.W, &d.C, &O, &groups, &d.kernel, &d.stride,
               &threads, &count) == 10) {
    d.padding = d.kernel / 2;
    d.OH = (d.H + 2 * d.padding - d.kernel) / d.stride + 1;
    d.OW = (d.W + 2 * d.padding - d.kernel) / d.stride + 1;
    SetThreads(static_cast<int>(threads));
    auto numbers = [seed = 1u](long size) mutable {
      std::vector<float> values(size);
      for (float &value : values) {
        seed = seed * 1103515245u + 12345u;
        value = static_cast<float>(seed >> 8) / 8388608.0f - 1.0f;
      }
      return values;
    };
    const std::vector<float> x = numbers(d.N * d.H * d.W * d.C), dy = numbers(d.N * d.OH * d.OW * O);
    const std::vector<float> w = numbers(d.kernel * d.kernel * (d.C / groups) * O);
    std::vector<float> y(dy.size()), dx(x.size()), dw(w.size());
    auto time = [&](auto pass) {
      for (long i = -1; i < count; i++) {
        const auto start = std::chrono::steady_clock::now();
        pass();
        const std::chrono::duration<double, std::milli> taken = std::chrono::steady_clock::now() - start;
        if (i >= 0) printf("%.6f ", taken.count());
      }
    };
    // As the engine does: a group of one channel is a depthwise convolution.
    const bool depthwise = groups == d.C && groups == O;
    time([&] {
      if (depthwise) DepthwiseForward(x.data(), w.data(), nullptr, d, y.data());
      else GroupedForward(x.data(), w.data(), nullptr, d, groups, O, y.data());
    });
    time([&] {
      if (depthwise) DepthwiseInputGradient(dy.data(), w.data(), d, dx.data());
      else GroupedInputGradient(dy.data(), w.data(), d, groups, O, dx.data());
    });
    time([&] {
      if (depthwise) DepthwiseFilterGradient(dy.data(), x.data(), d, dw.data(), nullptr);
      else GroupedFilterGradient(dy.data(), x.data(), d, groups, O, dw.data());
    });
    printf("\n");
    fflush(stdout);
  }
}
