// Runs every kernel on plain memory, for builds under the sanitizers: buffers of exactly the right size, shapes at the
// edges, from one thread, from several, and from several callers at once. All must give the same bits.
#include <cstdio>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "../kernels.h"
#include "../pool.h"
#include "numbers.h"

namespace {

using namespace ablate;

struct Case {
  std::string name;
  std::function<Values()> run;
};

template <class... Parts>
Values Joined(const Parts &...parts) {
  Values all;
  for (const Values &part : {Widened(parts)...}) all.insert(all.end(), part.begin(), part.end());
  return all;
}

template <class T>
std::string Kind() {
  return std::is_same_v<T, Bfloat16> ? " of bfloat16" : "";
}

template <Activation A, class T>
void AddElementwise(std::vector<Case> &cases, long rows, long C, const std::string &shape) {
  const long n = rows * C;
  cases.push_back({"activation " + shape, [=] {
                     const Map<T> x = MapOf<T>(1, n), dy = MapOf<T>(2, n);
                     Map<T> y(n), dx(n), sum(n), again = x;
                     Add(x.data(), dy.data(), sum.data(), n);
                     ActivationForward<A>(x.data(), y.data(), n);
                     ActivationBackward<A>(dy.data(), x.data(), dx.data(), static_cast<T *>(nullptr), n);
                     ActivationBackward<A>(dy.data(), again.data(), dx.data(), again.data(), n);
                     return Joined(y, dx, sum, again);
                   }});
  cases.push_back({"bias " + shape, [=] {
                     const Map<T> x = MapOf<T>(1, n), dy = MapOf<T>(2, n);
                     const Values bias = Numbers(3, C);
                     Map<T> y(n), dx(n);
                     Values dbias(C);
                     BiasForward<A>(x.data(), bias.data(), y.data(), rows, C);
                     Map<T> again = x;
                     BiasBackward<A>(dy.data(), again.data(), bias.data(), dx.data(), dbias.data(), again.data(), rows, C);
                     return Joined(y, dx, dbias, again);
                   }});
  cases.push_back({"residual " + shape, [=] {
                     const Map<T> shortcut = MapOf<T>(1, n), branch = MapOf<T>(2, n), dy = MapOf<T>(3, n);
                     const Values gamma = Numbers(4, C), bias = Numbers(5, C), keep = Numbers(6, rows);
                     const ResidualScale scale{gamma.data(), keep.data(), bias.data(), rows};
                     Map<T> y(n), dshortcut(n), dbranch(n);
                     Values dgamma(C), dbias(C);
                     ResidualForward<A>(shortcut.data(), branch.data(), scale, y.data(), rows, C);
                     ResidualBackward<A>(dy.data(), y.data(), shortcut.data(), branch.data(), scale, dshortcut.data(),
                                         dbranch.data(), dgamma.data(), dbias.data(), rows, C);
                     return Joined(y, dshortcut, dbranch, dgamma, dbias);
                   }});
  cases.push_back({"batch norm " + shape, [=] {
                     const Map<T> x = MapOf<T>(1, n), dy = MapOf<T>(2, n);
                     const Values gamma = Numbers(3, C), beta = Numbers(4, C);
                     const Values mean0 = Numbers(5, C), variance0(C, 1.0f);
                     Map<T> y(n), dx(n), z(n);
                     Values mean(C), rstd(C), mean1(C), variance1(C), dgamma(C), dbeta(C);
                     const RunningStatistics running{mean0.data(), variance0.data(), mean1.data(), variance1.data(), 0.1f};
                     BatchNormForward<A>(x.data(), gamma.data(), beta.data(), 1e-5f, running, y.data(), mean.data(),
                                         rstd.data(), rows, C);
                     Map<T> again = x;
                     BatchNormBackward<A>(dy.data(), again.data(), gamma.data(), beta.data(), mean.data(), rstd.data(),
                                          false, dx.data(), dgamma.data(), dbeta.data(), again.data(), rows, C);
                     BatchNormInference<A>(x.data(), gamma.data(), beta.data(), mean0.data(), variance0.data(), 1e-5f,
                                           z.data(), rows, C);
                     Map<T> ended(n), onto = dy, onto_too = dy;
                     const Values keep = Numbers(6, rows);
                     BatchNormResidualForward<A>(x.data(), gamma.data(), beta.data(), 1e-5f, running, dy.data(), nullptr,
                                                 rows, ended.data(), mean.data(), rstd.data(), rows, C);
                     BatchNormResidualForward<A>(x.data(), gamma.data(), beta.data(), 1e-5f, running, onto.data(),
                                                 keep.data(), rows, onto.data(), mean.data(), rstd.data(), rows, C);
                     BatchNormResidualForward<A>(x.data(), gamma.data(), beta.data(), 1e-5f, running, onto_too.data(),
                                                 nullptr, rows, onto_too.data(), mean.data(), rstd.data(), rows, C);
                     return Joined(ended, onto, onto_too, y, mean, rstd, mean1, variance1, dx, dgamma, dbeta, z, again);
                   }});
}

template <class T>
void AddRows(std::vector<Case> &cases, long rows, long C) {
  const std::string shape = std::to_string(rows) + "x" + std::to_string(C) + Kind<T>();
  const long n = rows * C;
  AddElementwise<Activation::kNone, T>(cases, rows, C, shape);
  AddElementwise<Activation::kRelu, T>(cases, rows, C, shape + " relu");
  AddElementwise<Activation::kGelu, T>(cases, rows, C, shape + " gelu");
  cases.push_back({"layer norm " + shape, [=] {
                     const Map<T> x = MapOf<T>(1, n), dy = MapOf<T>(2, n);
                     const Values gamma = Numbers(3, C), beta = Numbers(4, C);
                     Map<T> y(n), dx(n);
                     Values mean(rows), rstd(rows), dgamma(C), dbeta(C);
                     LayerNormForward(x.data(), gamma.data(), beta.data(), 1e-6f, y.data(), mean.data(), rstd.data(),
                                      rows, C);
                     Map<T> again = x;
                     LayerNormBackward(dy.data(), again.data(), gamma.data(), beta.data(), mean.data(), rstd.data(),
                                       dx.data(), dgamma.data(), dbeta.data(), again.data(), rows, C);
                     return Joined(y, mean, rstd, dx, dgamma, dbeta, again);
                   }});
  cases.push_back({"average " + shape, [=] {
                     const Map<T> x = MapOf<T>(1, 2 * n);
                     Map<T> y(2 * C), dx(2 * n);
                     AverageForward(x.data(), y.data(), 2, rows, C);
                     AverageBackward(y.data(), dx.data(), 2, rows, C);
                     return Joined(y, dx);
                   }});
}

void AddFloats(std::vector<Case> &cases, long rows, long C) {
  const std::string shape = std::to_string(rows) + "x" + std::to_string(C);
  const long n = rows * C;
  cases.push_back({"loss " + shape, [=] {
                     const Values logits = Numbers(1, n), targets = Numbers(2, n);
                     Values loss(1), dlogits(n);
                     SoftmaxCrossEntropy(logits.data(), targets.data(), loss.data(), dlogits.data(), rows, C);
                     return Joined(loss, dlogits);
                   }});
  cases.push_back({"optimizers " + shape, [=] {
                     Values p = Numbers(1, n), m = Numbers(2, n), v(n, 0.5f), average = Numbers(3, n);
                     const Values g = Numbers(4, n), adam = {1e-3f, 0.9f, 0.999f, 1e-8f, 0.1f, 0.001f, 1, 0.99f};
                     const Values sgd = {0.1f, 0.9f, 1, 0.99f};
                     const AdamWTensor adams[] = {{p.data(), g.data(), m.data(), v.data(), average.data(), n, 0.05f, 1}};
                     AdamW(adam.data(), adams, 1);
                     const SgdTensor sgds[] = {{p.data(), g.data(), m.data(), nullptr, n, 0.05f, 0.5f}};
                     Sgd(sgd.data(), true, sgds, 1);
                     return Joined(p, m, v, average);
                   }});
}

Window WindowOf(long N, long H, long W, long C, long kernel, long stride, long padding) {
  return {N, H, W, C, (H + 2 * padding - kernel) / stride + 1, (W + 2 * padding - kernel) / stride + 1,
          kernel, stride, padding};
}

std::string NameOf(const Window &d) {
  return std::to_string(d.H) + "x" + std::to_string(d.W) + "x" + std::to_string(d.C) + " kernel " +
         std::to_string(d.kernel) + " stride " + std::to_string(d.stride);
}

template <class T>
void AddConvolutions(std::vector<Case> &cases, const Window &d, long groups) {
  const long in = d.N * d.H * d.W * d.C, out = d.N * d.OH * d.OW * d.C, taps = d.kernel * d.kernel;
  cases.push_back({"depthwise " + NameOf(d) + Kind<T>(), [=] {
                     const Map<T> x = MapOf<T>(1, in), dy = MapOf<T>(4, out);
                     const Values w = Numbers(2, taps * d.C), bias = Numbers(3, d.C);
                     Map<T> y(out), dx(in);
                     Values dw(w.size()), dbias(d.C);
                     DepthwiseForward(x.data(), w.data(), bias.data(), d, y.data());
                     DepthwiseInputGradient(dy.data(), w.data(), d, dx.data());
                     DepthwiseFilterGradient(dy.data(), x.data(), d, dw.data(), dbias.data());
                     return Joined(y, dx, dw, dbias);
                   }});
  if (!GroupedServes(d.kernel, d.stride) || d.C % groups) return;
  cases.push_back({"grouped " + NameOf(d) + " groups " + std::to_string(groups) + Kind<T>(), [=] {
                     const long O = 2 * d.C;
                     const Map<T> x = MapOf<T>(1, in), dy = MapOf<T>(4, 2 * out);
                     const Values w = Numbers(2, taps * (d.C / groups) * O), bias = Numbers(3, O);
                     Map<T> y(2 * out), dx(in);
                     Values dw(w.size());
                     GroupedForward(x.data(), w.data(), bias.data(), d, groups, O, y.data());
                     GroupedInputGradient(dy.data(), w.data(), d, groups, O, dx.data());
                     GroupedFilterGradient(dy.data(), x.data(), d, groups, O, dw.data());
                     return Joined(y, dx, dw);
                   }});
}

template <Activation A, class T>
void AddDenseOf(std::vector<Case> &cases, const Window &d, long O, Precision precision) {
  const char *const kinds[] = {"dense ", "bfloat16 dense ", "bfloat16x3 dense "};
  const std::string kind = kinds[static_cast<int>(precision)];
  cases.push_back({kind + NameOf(d) + " to " + std::to_string(O) + Kind<T>(), [=] {
                     const long out = d.N * d.OH * d.OW * O;
                     const Map<T> x = MapOf<T>(1, d.N * d.H * d.W * d.C), dy = MapOf<T>(4, out);
                     const Values w = Numbers(2, d.kernel * d.kernel * d.C * O), bias = Numbers(3, O);
                     Map<T> before(A == Activation::kGelu ? out : 0), y(out), dx(x.size()), sum = x;
                     Values dw(w.size()), dbias(O);
                     DenseForward<A>(x.data(), w.data(), bias.data(), d, O, precision, before.data(), y.data());
                     DenseInputGradient(dy.data(), w.data(), d, O, precision, dx.data());
                     const T *const onto = std::is_same_v<T, float> ? x.data() : sum.data();
                     DenseInputGradient(dy.data(), w.data(), d, O, precision, sum.data(), onto);
                     DenseFilterGradient(dy.data(), x.data(), d, O, precision, dw.data(), dbias.data());
                     return Joined(before, y, dx, sum, dw, dbias);
                   }});
}

template <Activation A>
void AddDense(std::vector<Case> &cases, const Window &d, long O) {
  AddDenseOf<A, float>(cases, d, O, Precision::kFloat32);
  AddDenseOf<A, float>(cases, d, O, Precision::kBfloat16);
  AddDenseOf<A, float>(cases, d, O, Precision::kBfloat16x3);
  AddDenseOf<A, Bfloat16>(cases, d, O, Precision::kBfloat16);
}

template <class T>
void AddPool(std::vector<Case> &cases, const Window &d) {
  cases.push_back({"max pool " + NameOf(d) + Kind<T>(), [=] {
                     const Map<T> x = MapOf<T>(1, d.N * d.H * d.W * d.C), dy = MapOf<T>(2, d.N * d.OH * d.OW * d.C);
                     Map<T> y(dy.size()), dx(x.size());
                     std::vector<uint8_t> at(dy.size());
                     MaxPoolForward(x.data(), d, y.data(), at.data());
                     MaxPoolBackward(dy.data(), at.data(), d, dx.data());
                     return Joined(y, dx);
                   }});
}

template <class T>
void AddAttention(std::vector<Case> &cases, const Attention &d) {
  const std::string name = "attention " + std::to_string(d.H) + "x" + std::to_string(d.W) + " heads " +
                           std::to_string(d.heads) + " window " + std::to_string(d.window) + Kind<T>();
  cases.push_back({name, [=] {
                     const long n = d.N * d.H * d.W * d.C, positions = d.window * d.window;
                     const Map<T> qkv = MapOf<T>(1, 3 * n), dy = MapOf<T>(3, n);
                     const Values bias = Numbers(2, d.heads * positions * positions);
                     Map<T> y(n), dqkv(3 * n);
                     Values dbias(bias.size());
                     AttentionForward(qkv.data(), bias.data(), d, y.data());
                     AttentionBackward(dy.data(), qkv.data(), bias.data(), d, dqkv.data(), dbias.data());
                     return Joined(y, dqkv, dbias);
                   }});
}

// Of maps of one element.
template <class T>
void AddMaps(std::vector<Case> &cases) {
  for (const long rows : {1, 7, 900}) {
    for (const long C : {1, 5, 16, 37, 96}) AddRows<T>(cases, rows, C);
  }
  for (const long kernel : {3, 5, 7, 9, 11}) {
    for (const long stride : {1, 2}) {
      for (const long side : {1, 2, 6, 17}) {
        for (const long C : {4, 24, 35}) {
          AddConvolutions<T>(cases, WindowOf(side == 17 ? 1 : 3, side, side + 1, C, kernel, stride, kernel / 2),
                             C % 4 ? 5 : 4);
        }
      }
    }
  }
  for (const Attention &d : std::initializer_list<Attention>{
           {1, 2, 3, 5, 1, 1, 0}, {2, 4, 8, 6, 2, 4, 2}, {3, 14, 7, 40, 5, 7, 3}, {40, 6, 6, 16, 1, 3, 1}}) {
    AddAttention<T>(cases, d);
  }
  for (const long C : {3, 16, 37}) AddPool<T>(cases, WindowOf(2, 7, 8, C, 3, 2, 1));
}

std::vector<Case> AllCases() {
  std::vector<Case> cases;
  AddMaps<float>(cases);
  AddMaps<Bfloat16>(cases);
  for (const long C : {1, 5, 16, 37, 96}) AddFloats(cases, 7, C);
  for (const long rows : {1, 7, 13, 700}) {
    AddDense<Activation::kNone>(cases, WindowOf(rows, 1, 1, 11, 1, 1, 0), 37);
    AddDense<Activation::kGelu>(cases, WindowOf(rows, 1, 1, 400, 1, 1, 0), 16);
  }
  AddDense<Activation::kRelu>(cases, WindowOf(3, 9, 8, 5, 3, 1, 1), 20);
  AddDense<Activation::kNone>(cases, WindowOf(3, 9, 8, 5, 3, 2, 1), 300);
  AddDense<Activation::kNone>(cases, WindowOf(2, 9, 10, 3, 4, 4, 0), 7);
  AddDense<Activation::kRelu>(cases, WindowOf(3, 9, 8, 27, 3, 1, 1), 130);
  AddDense<Activation::kGelu>(cases, WindowOf(20, 8, 7, 32, 3, 1, 0), 37);
  AddDense<Activation::kNone>(cases, WindowOf(2, 5, 27, 26, 3, 1, 1), 9);
  // Filter gradients of several taps: in shares, of many outputs, of tiles that are packed some at a time, of zeros all around.
  AddDense<Activation::kNone>(cases, WindowOf(60, 9, 9, 20, 4, 1, 0), 12);
  AddDense<Activation::kNone>(cases, WindowOf(2, 4, 4, 2, 3, 1, 1), 530);
  AddDense<Activation::kNone>(cases, WindowOf(100, 2, 2, 100, 3, 1, 1), 5);
  AddDense<Activation::kNone>(cases, WindowOf(2, 1, 4, 6, 3, 1, 3), 7);
  AddDense<Activation::kNone>(cases, WindowOf(2, 4, 4, 2, 1, 2, 0), 3);
  AddDense<Activation::kNone>(cases, WindowOf(2, 9, 8, 6, 7, 3, 0), 10);
  AddDense<Activation::kRelu>(cases, WindowOf(300, 1, 1, 1600, 1, 1, 0), 90);
  return cases;
}

}  // namespace

int main() {
  const std::vector<Case> cases = AllCases();
  std::vector<Values> expected;
  SetThreads(1);
  for (const Case &one : cases) expected.push_back(one.run());

  std::vector<std::string> different(4);
  auto compare = [&](std::string *differing) {
    for (size_t i = 0; i < cases.size(); i++) {
      const Values found = cases[i].run();
      const bool same = found.size() == expected[i].size() &&
                        memcmp(found.data(), expected[i].data(), found.size() * sizeof(float)) == 0;
      if (!same) *differing += "\n  " + cases[i].name;
    }
  };
  SetThreads(4);
  compare(&different[0]);
  SetThreads(2);
  std::vector<std::thread> callers;
  for (int i = 1; i < 4; i++) callers.emplace_back([&, i] { compare(&different[i]); });
  for (std::thread &caller : callers) caller.join();
  SetThreads(1);

  for (const std::string &differing : different) {
    if (differing.empty()) continue;
    printf("other bits with other threads:%s\n", differing.c_str());
    return 1;
  }
  printf("%zu cases\n", cases.size());
  return 0;
}
