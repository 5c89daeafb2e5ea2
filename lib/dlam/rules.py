"""How a step follows from the gradients so far: rules as pairs of pure functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlam._checks import function, real

__all__ = ["Rule", "adam", "adamw", "momentum", "nesterov", "plain", "rmsprop"]

Array = NDArray[np.float64]


@dataclass(frozen=True, repr=False)
class Rule:
    """A rule by which gradients become steps, without a memory of its own.

    What it remembers is a state that is handed in and given back, so that a run
    can be continued, and nothing is hidden.  p may be an ensemble of shape (k, s);
    the state then belongs to all of its networks.

    Parameters
    ----------
    name : str
        How the rule is shown.
    init : callable
        From the parameters p at the start to the state.
    update : callable
        From state, gradient g, p, learning rate and t, the number of the step from
        1, to the step, shaped like p, and the next state.  The next parameters are
        p + step.  Nothing that is passed may be changed.
    coefficients : tuple of float, optional
        The numbers that `name` stands for.

    Examples
    --------
    >>> rule, p = momentum(0.9), np.array([1.0, 2.0])
    >>> state = rule.init(p)
    >>> step, state = rule.update(state, np.array([1.0, 0.0]), p, 0.1, 1)
    >>> p + step
    array([0.9, 2. ])
    """

    name: str
    init: Callable[[Array], Any]
    update: Callable[[Any, Array, Array, float, int], tuple[Array, Any]]
    coefficients: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        function(self.init, "init")
        function(self.update, "update")

    def __repr__(self) -> str:
        inside = ", ".join(map(repr, self.coefficients))
        return f"{self.name}({inside})" if inside else self.name


def _nothing(p: Array) -> None:
    return None


def _steepest(
    state: None, g: Array, p: Array, rate: float, t: int
) -> tuple[Array, None]:
    return -rate * g, None


plain = Rule("plain", _nothing, _steepest)
"""The step −η g of steepest descent.

Equations: eq-steepest-descent, eq-single-point-step
"""


def _number(value: float, name: str, least: float, below: float) -> float:
    """Return a coefficient from `least` on that is smaller than `below`."""
    found = real(value, name)
    if found.shape != () or not least <= found < below:
        upper = f"to below {below}" if np.isfinite(below) else "on"
        raise ValueError(
            f"{name}: expected a number from {least} {upper}, got {value!r}"
        )
    return found.item()


def momentum(mu: float) -> Rule:
    """Return the rule that goes on in the directions of the steps before.

    The state is the velocity v, zero at the start.  A step sets v ← μv + g and
    goes −ηv, as `torch.optim.SGD(momentum=mu)` does.

    Parameters
    ----------
    mu : float
        The share μ of the velocity that is kept, from 0, as `plain`, to below 1.

    Returns
    -------
    Rule

    Raises
    ------
    ValueError
        If `mu` is not a number from 0 to below 1.

    Examples
    --------
    >>> momentum(0.9)
    momentum(0.9)
    """
    kept = _number(mu, "mu", 0, 1)

    def update(
        v: Array, g: Array, p: Array, rate: float, t: int
    ) -> tuple[Array, Array]:
        v = kept * v + g
        return -rate * v, v

    return Rule("momentum", np.zeros_like, update, (kept,))


def nesterov(mu: float) -> Rule:
    """Return Nesterov's rule, which looks ahead along the velocity.

    A step sets v ← μv + g and goes −η(g + μv), as
    `torch.optim.SGD(momentum=mu, nesterov=True)` does.

    Parameters
    ----------
    mu : float
        The share μ of the velocity that is kept, from 0, as `plain`, to below 1.

    Returns
    -------
    Rule

    Raises
    ------
    ValueError
        If `mu` is not a number from 0 to below 1.

    Examples
    --------
    >>> nesterov(0.9)
    nesterov(0.9)
    """
    kept = _number(mu, "mu", 0, 1)

    def update(
        v: Array, g: Array, p: Array, rate: float, t: int
    ) -> tuple[Array, Array]:
        v = kept * v + g
        return -rate * (g + kept * v), v

    return Rule("nesterov", np.zeros_like, update, (kept,))


def rmsprop(alpha: float = 0.99, epsilon: float = 1e-8) -> Rule:
    """Return the rule that divides each derivative by its size of late.

    The state is s, a moving mean of the squares, zero at the start.  A step sets
    s ← αs + (1 − α)g² and goes −ηg / (√s + ε), as `torch.optim.RMSprop` does.

    Parameters
    ----------
    alpha : float
        The share α of the mean that is kept, from 0 to below 1.
    epsilon : float
        The number ε ≥ 0 that keeps the quotient finite.

    Returns
    -------
    Rule

    Raises
    ------
    ValueError
        If one of them is outside its bounds.

    Examples
    --------
    >>> rmsprop()
    rmsprop(0.99, 1e-08)
    """
    kept = _number(alpha, "alpha", 0, 1)
    small = _number(epsilon, "epsilon", 0, np.inf)

    def update(
        s: Array, g: Array, p: Array, rate: float, t: int
    ) -> tuple[Array, Array]:
        s = kept * s + (1 - kept) * g * g
        return -rate * g / (np.sqrt(s) + small), s

    return Rule("rmsprop", np.zeros_like, update, (kept, small))


def adam(beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8) -> Rule:
    """Return Adam, momentum divided by the size of the derivatives of late.

    The state is m and s, moving means of g and of g², zero at the start.  Step t
    sets m ← β₁m + (1 − β₁)g and s ← β₂s + (1 − β₂)g², corrects both for their start
    by m̂ = m / (1 − β₁ᵗ) and ŝ = s / (1 − β₂ᵗ), and goes −ηm̂ / (√ŝ + ε), as
    `torch.optim.Adam` does.

    Parameters
    ----------
    beta1, beta2 : float
        The shares β₁, β₂ of the means that are kept, from 0 to below 1.
    epsilon : float
        The number ε ≥ 0 that keeps the quotient finite.

    Returns
    -------
    Rule

    Raises
    ------
    ValueError
        If one of them is outside its bounds.

    Notes
    -----
    Source: Kingma and Ba, the paper that introduced Adam, ICLR 2015.

    Examples
    --------
    >>> adam()
    adam(0.9, 0.999, 1e-08)
    """
    return _adam("adam", 0.0, beta1, beta2, epsilon)


def adamw(
    decay: float, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8
) -> Rule:
    """Return AdamW: Adam, and besides the parameters shrink by the share ηλ.

    The decay is no part of the gradient, so that it is not divided by its size, as
    in `torch.optim.AdamW(weight_decay=decay)`.

    Parameters
    ----------
    decay : float
        The strength λ ≥ 0 of the decay.
    beta1, beta2, epsilon : float
        As for `adam`.

    Returns
    -------
    Rule

    Raises
    ------
    ValueError
        If one of them is outside its bounds.

    Notes
    -----
    Source: Loshchilov and Hutter, on decoupled weight decay, ICLR 2019.

    Examples
    --------
    >>> adamw(0.01)
    adamw(0.01, 0.9, 0.999, 1e-08)
    """
    shrink = _number(decay, "decay", 0, np.inf)
    return _adam("adamw", shrink, beta1, beta2, epsilon)


def _adam(name: str, decay: float, beta1: float, beta2: float, epsilon: float) -> Rule:
    b1, b2 = _number(beta1, "beta1", 0, 1), _number(beta2, "beta2", 0, 1)
    small = _number(epsilon, "epsilon", 0, np.inf)

    def init(p: Array) -> tuple[Array, Array]:
        return np.zeros_like(p), np.zeros_like(p)

    def update(
        state: tuple[Array, Array], g: Array, p: Array, rate: float, t: int
    ) -> tuple[Array, tuple[Array, Array]]:
        m, s = state
        m = b1 * m + (1 - b1) * g
        s = b2 * s + (1 - b2) * g * g
        direction = (m / (1 - b1**t)) / (np.sqrt(s / (1 - b2**t)) + small)
        return -rate * (direction + decay * p), (m, s)

    given = (decay,) if name == "adamw" else ()
    return Rule(name, init, update, (*given, b1, b2, small))
