"""The cost of a network's mistakes: a loss at each point, and its mean."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlam._checks import finite, function, instance, numbers, untouched
from dlam.activations import Activation, identity, sigmoid
from dlam.network import Model, Network, _model, _parameters

__all__ = [
    "Loss",
    "binary_cross_entropy",
    "cost",
    "paired",
    "quadratic",
    "softmax_cross_entropy",
]

Array = NDArray[np.float64]


@dataclass(frozen=True, repr=False)
class Loss:
    """What an output a costs where y was wanted, together with its slope.

    Parameters
    ----------
    name : str
        How the loss is shown and looked up.
    function : callable
        From a and y of shape (…, n_L) to the losses, of shape (…), as new arrays;
        a and y are read-only.  An a may have axes before those of y.
    derivative : callable
        From a and y to the partial derivatives of the loss with respect to the
        components of a, shaped like a.
    output : Activation, optional
        The only activation of the output layer that the loss is meant for; None
        if any will do.
    logits : Loss, optional
        The same loss as a function of z, the weighted input of that layer.  It
        is used in place of the loss itself, and stays finite and exact where the
        output has reached the bounds of the activation in floating point.
    check : callable, optional
        It is given the targets and raises ValueError if they do not suit.

    Examples
    --------
    >>> absolute = Loss(
    ...     "absolute",
    ...     lambda a, y: np.abs(a - y).sum(axis=-1),
    ...     lambda a, y: np.sign(a - y),
    ... )
    >>> print(absolute([1.0, 2.0], [3.0, 2.0]))
    2.0
    """

    name: str
    function: Callable[[Array, Array], Array]
    derivative: Callable[[Array, Array], Array]
    output: Activation | None = None
    logits: Loss | None = None
    check: Callable[[Array], None] | None = None

    def __post_init__(self) -> None:
        instance(self.name, str, "name")
        function(self.function, "function")
        function(self.derivative, "derivative")

    def __call__(self, a: ArrayLike, y: ArrayLike) -> Array:
        return self._of(self.function, a, y)

    def slope(self, a: ArrayLike, y: ArrayLike) -> Array:
        """Return the derivative with respect to each component of a.

        Parameters
        ----------
        a, y : array, shape (…, n_L)
            Outputs, and what was wanted.  The outputs may have axes before those
            of y, as those of an ensemble.

        Returns
        -------
        ndarray, shaped like a

        Raises
        ------
        ValueError
            If a and y differ in shape otherwise.
        """
        return self._of(self.derivative, a, y)

    def _of(
        self, f: Callable[[Array, Array], Array], a: ArrayLike, y: ArrayLike
    ) -> Array:
        a, y = numbers(a, "a"), numbers(y, "y")
        if a.shape[max(0, a.ndim - y.ndim) :] != y.shape:
            raise ValueError(
                f"y: expected shape {a.shape} like a, or without its first axes, "
                f"got {y.shape}"
            )
        values: Array = untouched(f, self.name, a, y)[()]
        return values

    def __repr__(self) -> str:
        return self.name


def _quadratic(a: Array, y: Array) -> Array:
    half: Array = ((y - a) ** 2).sum(axis=-1) / 2
    return half


def _quadratic_slope(a: Array, y: Array) -> Array:
    return a - y


def _binary(a: Array, y: Array) -> Array:
    # A term whose factor is 0 is 0, whatever the logarithm.
    yes = y * np.log(np.where(y == 0, 1, a))
    no = (1 - y) * np.log(np.where(y == 1, 1, 1 - a))
    total: Array = -(yes + no).sum(axis=-1)
    return total


def _binary_slope(a: Array, y: Array) -> Array:
    slope: Array = (1 - y) / np.where(y == 1, 1, 1 - a) - y / np.where(y == 0, 1, a)
    return slope


def _binary_of_logits(z: Array, y: Array) -> Array:
    # −log σ(z) = log(1 + exp(−z)), with exp only of what has negative real part.
    right = z.real >= 0
    tail = np.log1p(np.exp(np.where(right, -z, z)))
    total: Array = (tail + np.where(right, (1 - y) * z, -y * z)).sum(axis=-1)
    return total


def _binary_of_logits_slope(z: Array, y: Array) -> Array:
    slope: Array = sigmoid(z) - y
    return slope


def _binary_check(Y: Array) -> None:
    if not ((Y >= 0) & (Y <= 1)).all():
        raise ValueError(
            f"Y: binary_cross_entropy expects targets from 0 to 1, "
            f"got {Y.min():.6g} to {Y.max():.6g}"
        )


def _softmax(a: Array) -> Array:
    e = np.exp(a - a.real.max(axis=-1, keepdims=True))
    share: Array = e / e.sum(axis=-1, keepdims=True)
    return share


def _softmax_loss(a: Array, y: Array) -> Array:
    shifted = a - a.real.max(axis=-1, keepdims=True)
    log_sum = np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    total: Array = (y * (log_sum - shifted)).sum(axis=-1)
    return total


def _softmax_loss_slope(a: Array, y: Array) -> Array:
    slope: Array = y.sum(axis=-1, keepdims=True) * _softmax(a) - y
    return slope


def _softmax_check(Y: Array) -> None:
    if not ((Y >= 0).all() and np.allclose(Y.sum(axis=-1), 1, rtol=0, atol=1e-6)):
        raise ValueError(
            "Y: softmax_cross_entropy expects a probability for each class, "
            "none below 0 and with sum 1 in each row"
        )


quadratic = Loss("quadratic", _quadratic, _quadratic_slope)
"""½‖y − a‖²; its mean over the points is HH's cost (3.3).

Equation: eq-point-loss
"""

binary_cross_entropy = Loss(
    "binary_cross_entropy",
    _binary,
    _binary_slope,
    output=sigmoid,
    logits=Loss("binary_of_logits", _binary_of_logits, _binary_of_logits_slope),
    check=_binary_check,
)
"""−Σ y log a + (1 − y) log(1 − a), for outputs of `sigmoid` and targets in [0, 1].

The sum is over the components of the output.

Equation: eq-binary-cross-entropy
"""

softmax_cross_entropy = Loss(
    "softmax_cross_entropy",
    _softmax_loss,
    _softmax_loss_slope,
    output=identity,
    check=_softmax_check,
)
"""−Σ y log softmax(a), for outputs of `identity` and a probability for each class.

The softmax is part of the loss, as in PyTorch's `CrossEntropyLoss`.

Equations: eq-softmax, eq-softmax-cross-entropy
"""


def cost(
    net: Model, p: ArrayLike, X: ArrayLike, Y: ArrayLike, loss: Loss = quadratic
) -> float | NDArray[np.float64]:
    """Return the mean over all points of the loss at one point.

    Parameters
    ----------
    net : Network, or another model
    p : array, shape (s,) or (k, s)
        The parameters, or those of k networks.
    X : array, shape (N, n_1) or (n_1,)
        One data point a row, or a single one.
    Y : array, shape (N, n_L) or (n_L,)
        Their targets.
    loss : Loss, optional

    Returns
    -------
    float, or ndarray of shape (k,) for an ensemble

    Raises
    ------
    ValueError
        If a shape does not fit the network, a number is not finite, or the loss
        does not fit the output layer or the targets.
    TypeError
        If `loss` is no Loss, or an array does not hold numbers.

    Notes
    -----
    Equations: eq-cost-example, eq-cost

    Source: HH (3.3).  HH's program plots the sum of the ‖y − a‖² instead, which
    is 2N times the quadratic cost.

    Equation: eq-cost-at-one-point

    Examples
    --------
    >>> net = Network((2, 1))
    >>> cost(net, np.zeros(3), [[0.0, 1.0], [1.0, 1.0]], [[1.0], [0.0]])
    0.125
    """
    X, Y = paired(net, X, Y, loss)
    mean = _mean_loss(*_of_logits(net, loss), _parameters(net, p), X, Y)
    single: float | Array = mean if mean.ndim else mean.item()
    return single


def _mean_loss(net: Model, loss: Loss, p: Array, X: Array, Y: Array) -> Array:
    """Return the cost, for arguments that have been checked."""
    output = net._output(p, X) if isinstance(net, Network) else net(p, X)
    mean: Array = loss(output, Y).mean(axis=-1)
    return mean


def _of_logits(net: Model, loss: Loss) -> tuple[Model, Loss]:
    """Return a model and a loss with the same cost, exact where σ is saturated.

    The factors σ′ and 1/σ′ cancel if the loss is taken of z, as it comes from the
    network without the last activation: there is no 0 · ∞.
    """
    if loss.logits is None or not isinstance(net, Network):
        return net, loss
    return Network(net.sizes, (*net.activations[:-1], identity)), loss.logits


def paired(
    net: Model, X: ArrayLike, Y: ArrayLike, loss: Loss = quadratic
) -> tuple[Array, Array]:
    """Return points and targets that fit each other, the network and the loss.

    Parameters
    ----------
    net : Network, or another model
    X : array, shape (N, n_1) or (n_1,)
    Y : array, shape (N, n_L) or (n_L,)
    loss : Loss, optional

    Returns
    -------
    X, Y : ndarray, shape (N, n_1) and (N, n_L), where a single point is a row

    Raises
    ------
    ValueError
        If they do not fit.
    TypeError
        If `net` is no model, or `loss` no Loss.
    """
    _model(net)
    instance(loss, Loss, "loss")
    if not isinstance(net, Network):
        X, Y = finite(X, "X"), finite(Y, "Y")
        if min(X.ndim, Y.ndim) < 2 or len(X) != len(Y) or X.size == 0:
            raise ValueError(
                f"X, Y: expected a point and a target in each row, as many of the one "
                f"as of the other, got shapes {X.shape} and {Y.shape}"
            )
        if loss.check is not None:
            loss.check(Y)
        return X, Y
    if loss.output not in (None, net.activations[-1]):
        raise ValueError(
            f"loss: {loss} fits an output layer with the activation {loss.output}, "
            f"this network's is {net.activations[-1]}"
        )
    X, Y = net._points(X), finite(Y, "Y")
    if Y.shape != (*X.shape[:-1], net.sizes[-1]):
        raise ValueError(
            f"Y: expected shape {(*X.shape[:-1], net.sizes[-1])} to go with X of "
            f"shape {X.shape}, got {Y.shape}"
        )
    if loss.check is not None:
        loss.check(Y)
    return np.atleast_2d(X), np.atleast_2d(Y)
