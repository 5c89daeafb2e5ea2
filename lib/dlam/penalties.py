"""What large parameters cost: penalties that are added to the cost of the mistakes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlam._checks import array, function, instance, real
from dlam.network import Network

__all__ = ["Penalty", "l1", "l2", "restricted", "weights"]

Array = NDArray[np.float64]


@dataclass(frozen=True, repr=False)
class Penalty:
    """A function of the parameters alone, with its gradient.

    Parameters
    ----------
    name : str
        How the penalty is shown.
    value : callable
        From p of shape (…, s) to the penalties, of shape (…).
    gradient : callable
        From p to the gradients, shaped like p; where there is none, one that
        stands in for it.
    proximal : callable, optional
        From p and η to the q, shaped like p, that makes η times the penalty of q
        plus ½‖q − p‖² as small as it can be.

    Examples
    --------
    >>> penalty, p = l2(0.1), np.array([3.0, 4.0])
    >>> print(penalty.value(p).round(6), penalty.gradient(p).round(6))
    1.25 [0.3 0.4]
    """

    name: str
    value: Callable[[Array], Array]
    gradient: Callable[[Array], Array]
    proximal: Callable[[Array, float], Array] | None = None

    def __post_init__(self) -> None:
        function(self.value, "value")
        function(self.gradient, "gradient")
        if self.proximal is not None:
            function(self.proximal, "proximal")

    def __repr__(self) -> str:
        return self.name


def l2(strength: float) -> Penalty:
    """Return the penalty ½λ‖p‖², whose gradient is λp.

    With the rule `plain` that is the weight decay of `torch.optim.SGD`.

    Parameters
    ----------
    strength : float
        λ ≥ 0.

    Returns
    -------
    Penalty

    Raises
    ------
    ValueError
        If `strength` is no number ≥ 0.

    Examples
    --------
    >>> l2(0.5)
    l2(0.5)
    """
    weight = _strength(strength)
    return Penalty(
        f"l2({weight})",
        lambda p: weight / 2 * (p**2).sum(axis=-1),
        lambda p: weight * p,
        lambda p, rate: p / (1 + rate * weight),
    )


def l1(strength: float) -> Penalty:
    """Return the penalty λ Σ |pᵢ|, whose gradient is λ sign(p), and 0 at 0.

    Parameters
    ----------
    strength : float
        λ ≥ 0.

    Returns
    -------
    Penalty
        Its proximal step moves each parameter by ηλ towards 0, and stops there.

    Raises
    ------
    ValueError
        If `strength` is no number ≥ 0.

    Notes
    -----
    Equation: eq-reg-soft

    Examples
    --------
    >>> l1(1.0).proximal(np.array([3.0, -0.5, -2.0]), 1.0) + 0.0
    array([ 2.,  0., -1.])
    """
    weight = _strength(strength)
    return Penalty(
        f"l1({weight})",
        lambda p: weight * np.abs(p).sum(axis=-1),
        lambda p: weight * np.sign(p),
        lambda p, rate: np.sign(p) * np.maximum(np.abs(p) - rate * weight, 0.0),
    )


def restricted(penalty: Penalty, where: ArrayLike) -> Penalty:
    """Return the penalty of some of the parameters; the others cost nothing.

    Parameters
    ----------
    penalty : Penalty
        One that is a sum over the parameters, as `l2` and `l1` are.
    where : array of bool, shape (s,)
        Which parameters it is for, as `weights` says them.

    Returns
    -------
    Penalty

    Raises
    ------
    TypeError
        If `penalty` is no Penalty, or `where` does not hold truth values.
    ValueError
        If `where` is no vector; and the penalty raises it at other parameters than s.

    Examples
    --------
    >>> penalty = restricted(l2(0.5), [True, False])
    >>> penalty.gradient(np.array([2.0, 2.0]))
    array([1., 0.])
    """
    instance(penalty, Penalty, "penalty")
    chosen = array(where, "where").copy()
    if chosen.dtype != bool:
        raise TypeError(f"where: expected truth values, got {chosen.dtype}")
    if chosen.ndim != 1:
        raise ValueError(f"where: expected shape (s,), got {chosen.shape}")

    def those(of_chosen: Array, of_others: ArrayLike) -> Array:
        if of_chosen.shape[-1:] != chosen.shape:
            raise ValueError(
                f"where: expected a truth value for each of {of_chosen.shape[-1]} "
                f"parameters, got {chosen.size}"
            )
        return np.where(chosen, of_chosen, of_others)

    proximal = penalty.proximal
    return Penalty(
        f"{penalty} restricted",
        lambda p: penalty.value(those(p, 0)),
        lambda p: those(penalty.gradient(p), 0),
        proximal and (lambda p, rate: those(proximal(p, rate), p)),
    )


def weights(net: Network) -> NDArray[np.bool_]:
    """Return which of a network's parameters are weights, and not biases.

    Parameters
    ----------
    net : Network

    Returns
    -------
    ndarray of bool, shape (s,)

    Raises
    ------
    TypeError
        If `net` is no Network.

    Examples
    --------
    >>> weights(Network((2, 1)))
    array([ True,  True, False])
    """
    p = np.zeros(instance(net, Network, "net").n_parameters)
    for layer in net.unpack(p):
        layer.W[...] = 1
    return p.astype(bool)


def _strength(strength: float) -> float:
    checked = real(strength, "strength")
    if checked.shape != () or checked < 0:
        raise ValueError(f"strength: expected a number ≥ 0, got {strength!r}")
    return checked.item()
