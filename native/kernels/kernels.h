// The kernels on plain pointers: what the ops call, and what runs under the sanitizers without TensorFlow. Activations
// are [rows, C] with the channels last; a row is one position of one sample. Outputs do not overlap inputs unless said.
// T is what maps are made of, float or Bfloat16; parameters, statistics and their gradients are floats.
#ifndef ABLATE_KERNELS_KERNELS_H_
#define ABLATE_KERNELS_KERNELS_H_

#include <cstdint>

#include "activation.h"
#include "bfloat16.h"

namespace ablate {

// Backward passes that take a `y` give in it what the forward pass gave, with its bits, if it is not null. It may be x,
// and so may what else may be x where there is none.

// ---- elementwise.cc. `y` may be `x`, and `dx` may be `dy` or `x`.
template <Activation A, class T>
void ActivationForward(const T *x, T *y, long count);
template <Activation A, class T>
void ActivationBackward(const T *dy, const T *x, T *dx, T *y, long count);
// y = a + b; y may be either.
template <class T>
void Add(const T *a, const T *b, T *y, long count);
// y = activation(x + bias)
template <Activation A, class T>
void BiasForward(const T *x, const float *bias, T *y, long rows, long C);
// x is the forward's input; not read, and may be null, without an activation. dx may be null then too.
template <Activation A, class T>
void BiasBackward(const T *dy, const T *x, const float *bias, T *dx, float *dbias, T *y, long rows, long C);

// ---- residual.cc: y = activation(shortcut + keep[sample] gamma[c] (branch + bias[c])).
// Each of gamma, keep and bias may be null: ones, ones, zeros.
struct ResidualScale {
  const float *gamma, *keep, *bias;
  long samples;
};
template <Activation A, class T>
void ResidualForward(const T *shortcut, const T *branch, const ResidualScale &, T *y, long rows, long C);
// `at` is the output for ReLU, unused without an activation; GELU computes its input again from shortcut and branch.
// Any of the outputs may be null. dshortcut may be dy, but not dbranch.
template <Activation A, class T>
void ResidualBackward(const T *dy, const T *at, const T *shortcut, const T *branch, const ResidualScale &, T *dshortcut,
                      T *dbranch, float *dgamma, float *dbias, long rows, long C);

// ---- layer-norm.cc. mean and rstd: one a row.
template <class T>
void LayerNormForward(const T *x, const float *gamma, const float *beta, float epsilon, T *y, float *mean, float *rstd,
                      long rows, long C);
// beta is read for y alone.
template <class T>
void LayerNormBackward(const T *dy, const T *x, const float *gamma, const float *beta, const float *mean,
                       const float *rstd, T *dx, float *dgamma, float *dbeta, T *y, long rows, long C);

// ---- batch-norm.cc. mean and rstd: one a channel.
struct RunningStatistics {
  const float *mean, *variance;
  float *next_mean, *next_variance;
  float momentum;
};
template <Activation A, class T>
void BatchNormForward(const T *x, const float *gamma, const float *beta, float epsilon, const RunningStatistics &, T *y,
                      float *mean, float *rstd, long rows, long C);
// The same with the end of a residual block after it: y = activation(shortcut + keep[sample] norm), which may be the
// shortcut. keep may be null. The bits are those of ResidualForward after BatchNormForward without an activation.
template <Activation A, class T>
void BatchNormResidualForward(const T *x, const float *gamma, const float *beta, float epsilon,
                              const RunningStatistics &, const T *shortcut, const float *keep, long samples, T *y,
                              float *mean, float *rstd, long rows, long C);
// `frozen`: mean and rstd were given, not the batch's own, so x does not act through them.
template <Activation A, class T>
void BatchNormBackward(const T *dy, const T *x, const float *gamma, const float *beta, const float *mean,
                       const float *rstd, bool frozen, T *dx, float *dgamma, float *dbeta, T *y, long rows, long C);
// With the running statistics. y may be x.
template <Activation A, class T>
void BatchNormInference(const T *x, const float *gamma, const float *beta, const float *mean, const float *variance,
                        float epsilon, T *y, long rows, long C);

// ---- pooling.cc. Windows: PyTorch's padding, output = floor((input + 2 padding - kernel) / stride) + 1.
struct Window {
  long N, H, W, C;  // of the input
  long OH, OW;      // of the output
  long kernel, stride, padding;
};
// `at`: where in its window, row by row, each maximum was first found; kernel <= 15. NaN is greater than anything.
template <class T>
void MaxPoolForward(const T *x, const Window &, T *y, uint8_t *at);
template <class T>
void MaxPoolBackward(const T *dy, const uint8_t *at, const Window &, T *dx);
// [N, positions, C] -> [N, C]
template <class T>
void AverageForward(const T *x, T *y, long N, long positions, long C);
template <class T>
void AverageBackward(const T *dy, T *dx, long N, long positions, long C);

// ---- depthwise.cc. Odd kernels from 3 to 11, strides 1 and 2; w: [kernel, kernel, C]. bias and dbias may be null.
inline bool DepthwiseServes(long kernel, long stride) {
  return kernel % 2 == 1 && kernel >= 3 && kernel <= 11 && (stride == 1 || stride == 2);
}
template <class T>
void DepthwiseForward(const T *x, const float *w, const float *bias, const Window &, T *y);
template <class T>
void DepthwiseInputGradient(const T *dy, const float *w, const Window &, T *dx);
template <class T>
void DepthwiseFilterGradient(const T *dy, const T *x, const Window &, float *dw, float *dbias);

// ---- grouped.cc. Kernels 3, 5, 7, strides 1 and 2; window.C are the input's channels, O the output's, both multiples
// of `groups`; w: [kernel, kernel, C / groups, O]. bias may be null.
inline bool GroupedServes(long kernel, long stride) {
  return (kernel == 3 || kernel == 5 || kernel == 7) && (stride == 1 || stride == 2);
}
template <class T>
void GroupedForward(const T *x, const float *w, const float *bias, const Window &, long groups, long O, T *y);
template <class T>
void GroupedInputGradient(const T *dy, const float *w, const Window &, long groups, long O, T *dx);
template <class T>
void GroupedFilterGradient(const T *dy, const T *x, const Window &, long groups, long O, float *dw);

// ---- attention.cc. qkv: [N, H, W, 3 C], queries, keys and values; bias: [heads, window^2, window^2], added to every
// window's scores. The map is cut into windows after a cyclic shift by `shift` < window; what that makes neighbours is
// masked. The window divides H and W, and `heads` divides C.
struct Attention {
  long N, H, W, C, heads, window, shift;
};
template <class T>
void AttentionForward(const T *qkv, const float *bias, const Attention &, T *y);
template <class T>
void AttentionBackward(const T *dy, const T *qkv, const float *bias, const Attention &, T *dqkv, float *dbias);

// ---- dense.cc, dense-filter.cc. Any square kernel up to 16, stride and padding; w: [kernel, kernel, C, O]. A matrix
// product [rows, C] x [C, O] is a window of kernel 1 over [rows, 1, 1, C]. y = activation(convolution + bias); bias and
// dbias may be null; so may `onto`, which is added to dx as it is rounded, and may be dx where that is of bfloat16. Factors are
// of the precision, but for windows that Winograd's algorithm serves; maps of bfloat16 are factors as they are, of that
// precision. Sums and what is added to them are float32.
inline bool DenseServes(long kernel, long stride) { return kernel >= 1 && kernel <= 16 && stride >= 1; }
// GELU's gradient needs what stood before the bias: `before`, which the others do not write.
template <Activation A, class T>
void DenseForward(const T *x, const float *w, const float *bias, const Window &, long O, Precision, T *before, T *y);
template <class T>
void DenseInputGradient(const T *dy, const float *w, const Window &, long O, Precision, T *dx, const T *onto = nullptr);
template <class T>
void DenseFilterGradient(const T *dy, const T *x, const Window &, long O, Precision, float *dw, float *dbias);

// ---- loss.cc. Mean over N of the cross-entropy of targets [N, K] (any weights, soft labels) with softmax(logits), and
// its gradient by the logits.
void SoftmaxCrossEntropy(const float *logits, const float *targets, float *loss, float *dlogits, long N, long K);

// ---- optimizer.cc. One step over many tensors, in place.
struct AdamWTensor {
  float *p;
  const float *g;
  float *m, *v, *average;  // average: null without EMA
  long count;
  float weight_decay, rate_scale;
};
// hyper: learning rate, beta1, beta2, epsilon, 1 - beta1^t, 1 - beta2^t, gradient factor, EMA decay.
void AdamW(const float *hyper, const AdamWTensor *tensors, long count);
struct SgdTensor {
  float *p;
  const float *g;
  float *momentum, *average;
  long count;
  float weight_decay, rate_scale;
};
// hyper: learning rate, momentum, gradient factor, EMA decay.
void Sgd(const float *hyper, bool nesterov, const SgdTensor *tensors, long count);

}  // namespace ablate

#endif
