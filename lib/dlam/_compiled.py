# mypy: allow-untyped-defs, allow-untyped-calls, no-check-untyped-defs
"""Stochastic gradient descent in compiled loops, the same formulas as `backprop`.

The loops run over flat arrays.  The units of all layers are counted through, the
components of the input first; p is laid out as in `Network`.  Sums are taken in
one order, always the same, and by one thread a network: the result depends on no
number of threads.  Importing this module loads Numba.

Indices are unsigned, because for signed ones Numba asks at each access whether
it is to count from the end; that would double the time of a step.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import lru_cache
from math import exp, log, log1p, tanh

import numpy as np
from numba import njit

from dlam import activations, costs

__all__ = ["ACTIVATIONS", "LOSSES", "batch_steps", "point_steps", "specialised"]

SIGMOID, TANH, RELU, LEAKY_RELU, STEP, IDENTITY = range(6)
QUADRATIC, BINARY_OF_LOGITS, SOFTMAX = range(3)

ACTIVATIONS = {
    activations.sigmoid: SIGMOID,
    activations.tanh: TANH,
    activations.relu: RELU,
    activations.leaky_relu: LEAKY_RELU,
    activations.step: STEP,
    activations.identity: IDENTITY,
}
# The cross-entropy of sigmoid outputs is that of logits, with `identity` outputs.
LOSSES = {
    costs.quadratic: QUADRATIC,
    costs.binary_cross_entropy: BINARY_OF_LOGITS,
    costs.softmax_cross_entropy: SOFTMAX,
}
LEAK = activations.LEAK
UNKEPT = (
    "Numba can write into no folder, so that it compiles anew in every process, "
    "which takes seconds; NUMBA_CACHE_DIR names a folder for what it has compiled"
)
HUGE = float(np.finfo(np.float64).max)


def compiled(function, **options):
    """Return the function compiled, its code kept on disk if there is a place."""
    options = {"nogil": True, "error_model": "numpy"} | options
    try:
        return njit(cache=True, **options)(function)
    except RuntimeError:  # no folder that can be written
        warnings.warn(UNKEPT, RuntimeWarning, stacklevel=1)  # shown once
        return njit(**options)(function)


def inlined(function):
    """Return the function compiled into whatever calls it."""
    return compiled(function, forceinline=True)


U = np.uint64
O, I = U(0), U(1)  # noqa: E741


@compiled
def activate(kind, a, slope, first, last):
    """Turn z, which stands in a[first:last], into σ(z) and σ′(z)."""
    if kind == SIGMOID:
        for j in range(first, last):
            e = exp(-a[j])
            s = 1.0 / (1.0 + e)
            a[j] = s
            slope[j] = min(e, HUGE) * s * s  # e may be infinite, where s is 0
    elif kind == TANH:
        for j in range(first, last):
            e = exp(-2.0 * abs(a[j]))
            slope[j] = 4.0 * e / ((1.0 + e) * (1.0 + e))
            a[j] = tanh(a[j])
    elif kind == RELU:
        for j in range(first, last):
            slope[j] = 1.0 if a[j] > 0.0 else 0.0
            a[j] = a[j] if a[j] > 0.0 else 0.0
    elif kind == LEAKY_RELU:
        for j in range(first, last):
            slope[j] = 1.0 if a[j] > 0.0 else LEAK
            a[j] = a[j] if a[j] > 0.0 else LEAK * a[j]
    elif kind == STEP:
        for j in range(first, last):
            slope[j] = 0.0
            a[j] = 1.0 if a[j] > 0.0 else (0.0 if a[j] < 0.0 else 0.5)
    else:
        for j in range(first, last):
            slope[j] = 1.0


@inlined
def activate_plain(kind, a, slope, first, last):
    """Do what `activate` does for sigmoid and identity, the rest left out."""
    if kind == SIGMOID:
        for j in range(first, last):
            e = exp(-a[j])
            s = 1.0 / (1.0 + e)
            a[j] = s
            slope[j] = min(e, HUGE) * s * s
    else:
        for j in range(first, last):
            slope[j] = 1.0


@inlined
def output_error(loss, a, slope, delta, first, last, y, i):
    """Set δ of the output layer, whose a and σ′ are known; y[i] is the target."""
    if loss == QUADRATIC:
        for j in range(first, last):
            delta[j] = slope[j] * (a[j] - y[i, j - first])  # (5.5)
    elif loss == BINARY_OF_LOGITS:
        for j in range(first, last):
            delta[j] = 1.0 / (1.0 + exp(-a[j])) - y[i, j - first]
    else:
        top, total, mass = a[first], 0.0, 0.0
        for j in range(first, last):
            top = max(top, a[j])
        for j in range(first, last):
            delta[j] = exp(a[j] - top)
            total += delta[j]
            mass += y[i, j - first]
        for j in range(first, last):
            delta[j] = mass * delta[j] / total - y[i, j - first]


@compiled
def loss_at(loss, a, first, last, y, i):
    """Return the loss of the output a[first:last], where y[i] was wanted."""
    total = 0.0
    if loss == QUADRATIC:
        for j in range(first, last):
            total += (y[i, j - first] - a[j]) ** 2
        total /= 2.0
    elif loss == BINARY_OF_LOGITS:
        for j in range(first, last):
            z, t = a[j], y[i, j - first]
            total += log1p(exp(-abs(z))) + ((1.0 - t) * z if z >= 0.0 else -t * z)
    else:
        top, mass = a[first], 0.0
        for j in range(first, last):
            top = max(top, a[j])
        for j in range(first, last):
            mass += exp(a[j] - top)
        for j in range(first, last):
            total += y[i, j - first] * (log(mass) - (a[j] - top))
    return total


@inlined
def weighted(p, a, w, x, y, n):
    """Set z of the n units from y on, whose weights start at p[w]; see (5.2)."""
    m = y - x
    b = w + n * m
    for j in range(y, y + n):
        z = p[b]
        b += I
        for k in range(x, y):
            z += p[w] * a[k]
            w += I
        a[j] = z


@compiled
def weighted_wide(p, a, w, x, y, n):
    """Do what `weighted` does, four units at a time: their sums overlap."""
    m = y - x
    b = w + n * m
    j = O
    while j + U(4) <= n:
        z0, z1, z2, z3 = p[b + j], p[b + j + I], p[b + j + U(2)], p[b + j + U(3)]
        w0 = w + j * m
        w1 = w0 + m
        w2 = w1 + m
        w3 = w2 + m
        for k in range(O, m):
            v = a[x + k]
            z0 += p[w0 + k] * v
            z1 += p[w1 + k] * v
            z2 += p[w2 + k] * v
            z3 += p[w3 + k] * v
        a[y + j] = z0
        a[y + j + I] = z1
        a[y + j + U(2)] = z2
        a[y + j + U(3)] = z3
        j += U(4)
    while j < n:
        z = p[b + j]
        for k in range(O, m):
            z += p[w + j * m + k] * a[x + k]
        a[y + j] = z
        j += I


@inlined
def error(p, slope, delta, w, x, y, n):
    """Set δ of the units x, …, y − 1 from that of the n units from y on."""
    m = y - x
    for k in range(O, m):
        h = w + k
        v = p[h] * delta[y]
        for j in range(y + I, y + n):
            h += m
            v += p[h] * delta[j]
        delta[x + k] = v * slope[x + k]  # (5.6)


@compiled
def error_wide(p, slope, delta, w, x, y, n):
    """Do what `error` does, along the rows of W."""
    m = y - x
    for k in range(x, y):
        delta[k] = 0.0
    for j in range(O, n):
        v = delta[y + j]
        for k in range(O, m):
            delta[x + k] += p[w + j * m + k] * v
    for k in range(x, y):
        delta[k] *= slope[k]  # (5.6)


@inlined
def forward(full, sizes, kinds, p, X, i, a, slope):
    """Set a and σ′ of all units at the point X[i], layer by layer.

    Returns where in p the weights end, and where in a the output starts and ends.
    """
    n_in = U(X.shape[1])
    for k in range(O, n_in):
        a[k] = X[i, k]
    w, x, y = O, O, n_in
    for l in range(1, len(sizes)):  # noqa: E741
        n = U(sizes[l])
        if full is None:
            weighted(p, a, w, x, y, n)
            activate_plain(kinds[l], a, slope, y, y + n)
        else:
            weighted_wide(p, a, w, x, y, n)
            activate(kinds[l], a, slope, y, y + n)
        w += n * (y - x) + n
        x = y
        y += n
    return w, x, y


@compiled
def due_index(due, recorded, first):
    """Return the t after which the next record is due; the largest if there is none."""
    return U(due[recorded] - first - 1) if recorded < due.size else U(2**63)


@compiled
def mean_loss(full, sizes, kinds, loss, p, X, Y, a, slope):
    """Return the cost over all rows of X."""
    total = 0.0
    for i in range(O, U(X.shape[0])):
        _, x, y = forward(full, sizes, kinds, p, X, i, a, slope)
        total += loss_at(loss, a, x, y, Y, i)
    return total / X.shape[0]


@inlined
def point_steps(
    full, sizes, kinds, loss, p, X, Y, order, eta, first, due, costs, path, mu, velocity
):
    """Do the steps first + 1, first + 2, … on p, each on the point order[t].

    If `full` is None, the code for wide layers and for activations other than
    sigmoid and identity is left out.  The cost after each step whose number is in
    `due` is put into `costs`, and p into the rows of `path` if it has any.  If
    `velocity` is None, the code for momentum is left out; it is changed otherwise.
    """
    L = len(sizes)
    n_out = U(Y.shape[1])
    units = O
    for l in range(L):  # noqa: E741
        units += U(sizes[l])
    a, slope, delta = np.empty(units), np.empty(units), np.empty(units)
    recorded = 0
    last = due_index(due, recorded, first)
    for t in range(O, U(order.size)):
        i, rate = U(order[t]), eta[t]
        w, x, y = forward(full, sizes, kinds, p, X, i, a, slope)
        output_error(loss, a, slope, delta, x, x + n_out, Y, i)
        for g in range(1, L):
            l = L - g  # noqa: E741
            m, n = U(sizes[l - 1]), U(sizes[l])
            y = x
            x = y - m
            b = w - n
            w = b - n * m
            if l > 1:
                if full is None:
                    error(p, slope, delta, w, x, y, n)
                else:
                    error_wide(p, slope, delta, w, x, y, n)
            h = w
            for j in range(O, n):
                if velocity is None:
                    v = rate * delta[y + j]
                    for k in range(x, y):
                        p[h] -= v * a[k]  # (5.8)
                        h += I
                    p[b + j] -= v  # (5.7)
                else:
                    v = delta[y + j]
                    for k in range(x, y):
                        velocity[h] = mu * velocity[h] + v * a[k]
                        p[h] -= rate * velocity[h]
                        h += I
                    velocity[b + j] = mu * velocity[b + j] + v
                    p[b + j] -= rate * velocity[b + j]
        if t == last:
            costs[recorded] = mean_loss(full, sizes, kinds, loss, p, X, Y, a, slope)
            if path.shape[0] > 0:
                for k in range(p.size):  # path[recorded] = p compiles for seconds
                    path[recorded, k] = p[k]
            recorded += 1
            last = due_index(due, recorded, first)


@compiled
def axpy4(out, o, v0, v1, v2, v3, a, a0, a1, a2, a3, n):
    """Add v0 a[a0:] + … + v3 a[a3:] to n numbers of out, from the left."""
    for k in range(O, n):
        s = out[o + k] + v0 * a[a0 + k]
        s += v1 * a[a1 + k]
        s += v2 * a[a2 + k]
        s += v3 * a[a3 + k]
        out[o + k] = s


@compiled
def batch_steps(
    full, sizes, kinds, loss, p, X, Y, order, eta, first, due, costs, path, mu, velocity
):
    """Do the steps first + 1, first + 2, … on p, each on the points order[t].

    All inner loops run along a row of numbers that lie side by side, so that the
    compiler can do several at once without changing the order of any sum.
    """
    L = len(sizes)
    M = U(order.shape[1])
    n_out = U(Y.shape[1])
    units, widest = O, O
    for l in range(L):  # noqa: E741
        units += U(sizes[l])
        if l > 0:
            widest = max(widest, U(sizes[l]) * U(sizes[l - 1]))
    a, slope, delta = np.empty(M * units), np.empty(M * units), np.empty(M * units)
    WT, g = np.empty(widest), np.empty(p.size)
    target = np.empty((np.int64(M), np.int64(n_out)))
    recorded = 0
    last = due_index(due, recorded, first)
    for t in range(O, U(order.shape[0])):
        # Layer l holds its rows from M * (the units before it) on.
        n = U(sizes[0])
        for i in range(O, M):
            row = U(order[t, i])
            for k in range(O, n):
                a[i * n + k] = X[row, k]
            for k in range(O, n_out):
                target[i, k] = Y[row, k]
        w, x = O, O
        for l in range(1, L):  # noqa: E741
            m, n = U(sizes[l - 1]), U(sizes[l])
            b, y = w + n * m, x + M * m
            for j in range(O, n):
                for k in range(O, m):
                    WT[k * n + j] = p[w + j * m + k]
            for i in range(O, M):
                r, q = y + i * n, x + i * m
                for j in range(O, n):
                    a[r + j] = p[b + j]
                k = O
                while k + U(4) <= m:
                    axpy4(
                        a, r,
                        a[q + k], a[q + k + I], a[q + k + U(2)], a[q + k + U(3)],
                        WT, k * n, (k + I) * n, (k + U(2)) * n, (k + U(3)) * n, n,
                    )  # fmt: skip
                    k += U(4)
                while k < m:
                    v = a[q + k]
                    for j in range(O, n):
                        a[r + j] += v * WT[k * n + j]
                    k += I
            activate(kinds[l], a, slope, y, y + M * n)
            w = b + n
            x = y
        for i in range(O, M):
            r = x + i * n_out
            output_error(loss, a, slope, delta, r, r + n_out, target, i)
        for c in range(1, L):
            l = L - c  # noqa: E741
            m, n = U(sizes[l - 1]), U(sizes[l])
            y = x
            x = y - M * m
            b = w - n
            w = b - n * m
            if l > 1:
                for i in range(O, M):
                    r, q = y + i * n, x + i * m
                    for k in range(O, m):
                        delta[q + k] = 0.0
                    j = O
                    while j + U(4) <= n:
                        h = w + j * m
                        axpy4(
                            delta, q, delta[r + j], delta[r + j + I],
                            delta[r + j + U(2)], delta[r + j + U(3)],
                            p, h, h + m, h + m + m, h + m + m + m, m,
                        )  # fmt: skip
                        j += U(4)
                    while j < n:
                        v = delta[r + j]
                        for k in range(O, m):
                            delta[q + k] += v * p[w + j * m + k]
                        j += I
                    for k in range(O, m):
                        delta[q + k] *= slope[q + k]  # (5.6)
            for j in range(O, n):
                h = w + j * m
                for k in range(O, m):
                    g[h + k] = 0.0
                i = O
                while i + U(4) <= M:
                    r, q = y + i * n + j, x + i * m
                    axpy4(
                        g, h, delta[r], delta[r + n],
                        delta[r + n + n], delta[r + n + n + n],
                        a, q, q + m, q + m + m, q + m + m + m, m,
                    )  # fmt: skip
                    i += U(4)
                while i < M:
                    v, q = delta[y + i * n + j], x + i * m
                    for k in range(O, m):
                        g[h + k] += v * a[q + k]  # (5.8)
                    i += I
                g[b + j] = 0.0
                for i in range(O, M):
                    g[b + j] += delta[y + i * n + j]  # (5.7)
        rate = eta[t] / M
        for k in range(O, U(p.size)):
            if velocity is None:
                p[k] -= rate * g[k]
            else:
                velocity[k] = mu * velocity[k] + g[k] / M
                p[k] -= eta[t] * velocity[k]
        if t == last:
            costs[recorded] = mean_loss(full, sizes, kinds, loss, p, X, Y, a, slope)
            if path.shape[0] > 0:
                for k in range(p.size):  # path[recorded] = p compiles for seconds
                    path[recorded, k] = p[k]
            recorded += 1
            last = due_index(due, recorded, first)


@lru_cache(maxsize=64)
def specialised(
    sizes: tuple[int, ...], kinds: tuple[int, ...], loss: int
) -> Callable[..., None]:
    """Return `point_steps` compiled for one small network, its loops unrolled.

    The activations must be sigmoid or identity.  The results are those of
    `point_steps`, to the last bit; a step takes half the time.
    """

    @compiled
    def run(p, X, Y, order, eta, first, due, costs, path, mu, velocity):
        point_steps(
            None, sizes, kinds, loss,
            p, X, Y, order, eta, first, due, costs, path, mu, velocity,
        )  # fmt: skip

    steps: Callable[..., None] = run
    return steps
