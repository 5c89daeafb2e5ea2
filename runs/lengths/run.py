"""Components or lengths of the misses: Levenberg–Marquardt from many more starts.

The experiment of chapter 3 on Higham and Higham's sites, ten and eleven, from ten sets
of a hundred starts; the first set is that of the chapter, from which SciPy's own
solver starts as well.  `python runs/record.py lengths` takes about two minutes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from dlam import Network, data
from dlam.landscape import jacobian, residuals

Array = NDArray[np.float64]
Kinds = tuple[Callable[..., Array], Callable[..., Array]]
NET = Network((2, 2, 3, 2))
SEEDS = (2019, 1, 2, 3, 4, 5, 6, 7, 8, 9)
STARTS, STEPS, MOST = 100, 300, 500


def solved(p: Array, X: Array, Y: Array) -> Array:
    """Return whether a network is right at every site, for each row of p."""
    F = NET(p, X)
    right: Array = (F[..., 0] > F[..., 1]) == (Y[:, 0] > Y[:, 1])
    return right.all(axis=-1)


def lengths(p: Array, X: Array, Y: Array) -> Array:
    """Return the lengths of the misses, one for each site."""
    r = residuals(NET, p, X, Y)
    return np.sqrt(r[..., 0::2] ** 2 + r[..., 1::2] ** 2)


def lengths_jacobian(p: Array, X: Array, Y: Array) -> Array:
    """Return their derivatives, a row for each site."""
    r, J = residuals(NET, p, X, Y)[..., None], jacobian(NET, p, X, Y)
    products = r[..., 0::2, :] * J[..., 0::2, :] + r[..., 1::2, :] * J[..., 1::2, :]
    return products / lengths(p, X, Y)[..., None]


def components(p: Array, X: Array, Y: Array) -> Array:
    """Return the components of the misses."""
    return residuals(NET, p, X, Y)


def components_jacobian(p: Array, X: Array, Y: Array) -> Array:
    """Return their derivatives."""
    return jacobian(NET, p, X, Y)


KINDS = {
    "components": (components, components_jacobian),
    "lengths": (lengths, lengths_jacobian),
}


def train(P: Array, X: Array, Y: Array, kinds: Kinds, steps: int) -> Array:
    """Do Levenberg–Marquardt for each row of P, until its cost is below 1e-10."""
    r, J = kinds
    P, R, mu = P.copy(), r(P, X, Y), np.full(len(P), 0.1)
    for _ in range(steps):
        on = np.flatnonzero(np.sum(R**2, axis=1) / (2 * len(X)) > 1e-10)
        if on.size == 0:
            break
        A, damping = J(P[on], X, Y), mu[on, None, None] * np.eye(R.shape[1])
        At = A.swapaxes(1, 2)
        Q = P[on] - (At @ np.linalg.solve(A @ At + damping, R[on, :, None]))[..., 0]
        S = r(Q, X, Y)
        better = np.sum(S**2, axis=1) < np.sum(R[on] ** 2, axis=1)
        P[on[better]], R[on[better]] = Q[better], S[better]
        mu[on] = np.where(better, mu[on] / 3, mu[on] * 2).clip(1e-12, 1e12)
    return P


def run(small: bool = False) -> dict[str, Any]:
    """Return how many of each hundred starts succeed, and what SciPy needs.

    SciPy stops after 500 evaluations at the latest.
    """
    seeds, n, steps = (SEEDS[:1], 2, 2) if small else (SEEDS, STARTS, STEPS)
    found: dict[str, Any] = {"seeds": seeds, "solved": {}, "scipy": {}}
    for extra in (False, True):
        sites = data.drilling_sites(extra_site=extra)
        for name, kinds in KINDS.items():
            key = f"{name}, {len(sites[0])}"
            sets = [NET.normal(np.random.default_rng(seed), 0.5, n) for seed in seeds]
            trained = [train(starts, *sites, kinds, steps) for starts in sets]
            found["solved"][key] = [int(solved(P, *sites).sum()) for P in trained]
            fits = [least_squares(kinds[0], start, kinds[1], args=sites, max_nfev=MOST)
                    for start in sets[0]]  # fmt: skip
            right = solved(np.array([fit.x for fit in fits]), *sites)
            found["scipy"][key] = {
                "solved": int(right.sum()),
                "evaluations": [int(fit.nfev) for fit in fits],
            }
    return found
