"""How a step follows from the gradients so far: rules as pairs of pure functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlam._checks import function, real

__all__ = ["Rule", "momentum", "plain"]

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
    share = real(mu, "mu")
    if share.shape != () or not 0 <= share < 1:
        raise ValueError(f"mu: expected a number from 0 to below 1, got {mu!r}")
    kept = share.item()

    def update(
        v: Array, g: Array, p: Array, rate: float, t: int
    ) -> tuple[Array, Array]:
        v = kept * v + g
        return -rate * v, v

    return Rule("momentum", np.zeros_like, update, (kept,))
