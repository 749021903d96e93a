// PyTorch's AdamW and SGD, operation by operation, with the moving average of the parameters in the same pass.
#include <cmath>
#include <vector>

#include "kernels.h"
#include "pool.h"

namespace ablate {
namespace {

// Elements of all tensors in one row, cut into chunks that threads can share.
template <class Tensor, class Body>
void EachChunk(const Tensor *tensors, long count, const Body &body) {
  constexpr long kChunk = 16384;
  struct Chunk {
    const Tensor *tensor;
    long begin, length;
  };
  std::vector<Chunk> chunks;
  for (const Tensor *tensor = tensors; tensor < tensors + count; tensor++) {
    for (long begin = 0; begin < tensor->count; begin += kChunk) {
      chunks.push_back({tensor, begin, tensor->count - begin < kChunk ? tensor->count - begin : kChunk});
    }
  }
  Parallel(static_cast<long>(chunks.size()), [&](long k) { body(*chunks[k].tensor, chunks[k].begin, chunks[k].length); });
}

// 1 - x as PyTorch has it, from the decimal that was written: 1 - 0.999f is 4.7e-5 off 0.001.
float OneMinus(float x) {
  for (double scale = 10; scale < 1e8; scale *= 10) {
    const double decimal = std::round(x * scale) / scale;
    if (static_cast<float>(decimal) == x) return static_cast<float>(1 - decimal);
  }
  return 1.0f - x;
}

// a + (b - a) weight
ABLATE_INLINE Vec Lerp(Vec a, Vec b, float weight) { return Fma(b - a, Broadcast(weight), a); }

}  // namespace

void AdamW(const float *hyper, const AdamWTensor *tensors, long count) {
  const float beta2 = hyper[2], epsilon = hyper[3], factor = hyper[6];
  const float toward1 = OneMinus(hyper[1]), toward2 = OneMinus(beta2), toward_parameter = OneMinus(hyper[7]);
  const float correction2 = std::sqrt(hyper[5]);
  EachChunk(tensors, count, [=](const AdamWTensor &t, long begin, long length) {
    const float rate = hyper[0] * t.rate_scale, step = rate / hyper[4];
    const float kept = static_cast<float>(1.0 - static_cast<double>(rate) * t.weight_decay);
    Vectors(length, [&](long i, auto width) ABLATE_INLINE_LAMBDA {
      i += begin;
      const Vec g = Load(t.g + i, width) * factor;
      const Vec m = Lerp(Load(t.m + i, width), g, toward1);
      const Vec v = Fma(g * toward2, g, Load(t.v + i, width) * beta2);
      const Vec p = Load(t.p + i, width) * kept - step * (m / (Sqrt(v) / correction2 + epsilon));
      Store(t.m + i, m, width);
      Store(t.v + i, v, width);
      Store(t.p + i, p, width);
      if (t.average) Store(t.average + i, Lerp(Load(t.average + i, width), p, toward_parameter), width);
    });
  });
}

void Sgd(const float *hyper, bool nesterov, const SgdTensor *tensors, long count) {
  const float momentum = hyper[1], factor = hyper[2], toward_parameter = OneMinus(hyper[3]);
  EachChunk(tensors, count, [=](const SgdTensor &t, long begin, long length) {
    const float rate = hyper[0] * t.rate_scale;
    Vectors(length, [&](long i, auto width) ABLATE_INLINE_LAMBDA {
      i += begin;
      const Vec old = Load(t.p + i, width);
      const Vec g = Fma(old, Broadcast(t.weight_decay), Load(t.g + i, width) * factor);
      const Vec buffer = Fma(Load(t.momentum + i, width), Broadcast(momentum), g);
      const Vec step = nesterov ? Fma(buffer, Broadcast(momentum), g) : buffer;
      const Vec p = Fma(step, Broadcast(-rate), old);
      Store(t.momentum + i, buffer, width);
      Store(t.p + i, p, width);
      if (t.average) Store(t.average + i, Lerp(Load(t.average + i, width), p, toward_parameter), width);
    });
  });
}

}  // namespace ablate
