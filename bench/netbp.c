/* HH's run in C: the network 2-2-3-2, its sizes known to the compiler. */
#include <math.h>
#include <stdint.h>
#include <string.h>

static double sigma(double z) { return 1.0 / (1.0 + exp(-z)); }

/* a = sigma(W x + b) for n neurons that see m. */
#define FORWARD(n, m, W, b, x, a)                                              \
  for (int j = 0; j < n; j++) {                                                \
    double z = b[j];                                                           \
    for (int k = 0; k < m; k++) z += W[m * j + k] * x[k];                      \
    a[j] = sigma(z);                                                           \
  }

/* The error of m neurons from that of the n neurons they lead to. */
#define BACK(n, m, W, a, delta, before)                                        \
  for (int k = 0; k < m; k++) {                                                \
    double v = 0.0;                                                            \
    for (int j = 0; j < n; j++) v += W[m * j + k] * delta[j];                  \
    before[k] = a[k] * (1.0 - a[k]) * v;                                       \
  }

#define STEP(n, m, W, b, delta, x)                                             \
  for (int j = 0; j < n; j++) {                                                \
    for (int k = 0; k < m; k++) W[m * j + k] -= eta * delta[j] * x[k];         \
    b[j] -= eta * delta[j];                                                    \
  }

void train(double *restrict parameters, const double *X, const double *Y,
           const int64_t *order, int64_t steps, double eta) {
  double p[23];
  memcpy(p, parameters, sizeof p);
  double *W2 = p, *b2 = p + 4, *W3 = p + 6, *b3 = p + 12, *W4 = p + 15, *b4 = p + 21;
  for (int64_t t = 0; t < steps; t++) {
    const double *x = X + 2 * order[t], *y = Y + 2 * order[t];
    double a2[2], a3[3], a4[2], d2[2], d3[3], d4[2];
    FORWARD(2, 2, W2, b2, x, a2)
    FORWARD(3, 2, W3, b3, a2, a3)
    FORWARD(2, 3, W4, b4, a3, a4)
    for (int j = 0; j < 2; j++) d4[j] = a4[j] * (1.0 - a4[j]) * (a4[j] - y[j]);
    BACK(2, 3, W4, a3, d4, d3)
    BACK(3, 2, W3, a2, d3, d2)
    STEP(2, 2, W2, b2, d2, x)
    STEP(3, 2, W3, b3, d3, a2)
    STEP(2, 3, W4, b4, d4, a3)
  }
  memcpy(parameters, p, sizeof p);
}
