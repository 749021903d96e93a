#include <vector>

#include "kernels.h"
#include "pool.h"

namespace ablate {
namespace {

// The row's loss; its gradient, divided by N, goes to dlogits.
double Row(const float *logits, const float *targets, float *dlogits, long N, long K) {
  float greatest = logits[0];
  for (long k = 1; k < K; k++) greatest = logits[k] > greatest ? logits[k] : greatest;
  Vec exponentials = {}, weights = {}, products = {};
  Vectors(K, [&](long k, auto width) {
    const Vec shifted = Load(logits + k, width) - greatest, target = Load(targets + k, width);
    Vec e = ExpOfNegative(shifted);
    if (width < kWidth) {
      for (int i = width; i < kWidth; i++) e[i] = 0;
    }
    exponentials += e;
    weights += target;
    products += target * shifted;
    Store(dlogits + k, e, width);
  });
  const float sum = Sum(exponentials), weight = Sum(weights);
  const float scale = weight / (sum * static_cast<float>(N)), share = 1.0f / static_cast<float>(N);
  Vectors(K, [&](long k, auto width) {
    Store(dlogits + k, Load(dlogits + k, width) * scale - Load(targets + k, width) * share, width);
  });
  return std::log(static_cast<double>(sum)) * weight - Sum(products);
}

}  // namespace

void SoftmaxCrossEntropy(const float *logits, const float *targets, float *loss, float *dlogits, long N, long K) {
  std::vector<double> losses(N);
  double *const each = losses.data();
  const Chunks chunks(N, K);
  Parallel(chunks.count, [=](long chunk) {
    for (long n = chunks.Begin(chunk); n < chunks.End(chunk); n++) {
      each[n] = Row(logits + n * K, targets + n * K, dlogits + n * K, N, K);
    }
  });
  double sum = 0;
  for (const double one : losses) sum += one;
  *loss = static_cast<float>(sum / N);
}

}  // namespace ablate
