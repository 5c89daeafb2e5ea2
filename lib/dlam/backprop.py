# ruff: noqa: E741
"""Back propagation: the gradient of the cost, layer by layer from the output.

The formulas stand in `dlam._lemma`; here arguments are checked.  A quantity of
layer l stands under its number l in a dictionary, with l = 1 the input.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlam import _lemma
from dlam._checks import instance
from dlam.activations import identity
from dlam.costs import Loss, _of_logits, paired, quadratic
from dlam.network import Model, Network, Pullback, _parameters

__all__ = ["errors", "forward", "gradient"]

Array = NDArray[np.float64]
Layers = dict[int, Array]


def forward(net: Network, p: ArrayLike, X: ArrayLike) -> tuple[Layers, Layers]:
    """Return the weighted inputs and the outputs of all layers.

    Parameters
    ----------
    net : Network
    p : array, shape (s,) or (k, s)
        The parameters, or those of k networks.
    X : array, shape (N, n_1) or (n_1,)
        One data point a row, or a single one.

    Returns
    -------
    z : dict
        `z[l]` of shape (N, n_l), or (n_l,) for a single point, for l = 2, …, L;
        with a leading k for an ensemble.
    a : dict
        `a[l]`, the same for l = 1, …, L, where `a[1]` is X itself.

    Raises
    ------
    ValueError
        If a shape does not fit the network, or a number is not finite.

    Notes
    -----
    Equations: eq-weighted-input, eq-layer-output

    Source: HH (5.2), (5.3).

    Examples
    --------
    >>> net = Network((2, 3, 1))
    >>> z, a = forward(net, np.zeros(net.n_parameters), [0.1, 0.2])
    >>> z[2], a[3]
    (array([0., 0., 0.]), array([0.5]))
    """
    X = instance(net, Network, "net")._points(X)
    z, a = _lemma.forward(*net._named(_parameters(net, p)), np.atleast_2d(X))
    return (z, a) if X.ndim == 2 else (_unrow(z), _unrow(a))


def errors(
    net: Network,
    p: ArrayLike,
    z: Layers,
    a: Layers,
    Y: ArrayLike,
    loss: Loss = quadratic,
) -> Layers:
    """Return the error δ of every layer, the slope of the loss with respect to z.

    Parameters
    ----------
    net : Network
    p : array, shape (s,) or (k, s)
        The parameters, or those of k networks.
    z, a : dict
        What `forward` returned.
    Y : array, shape (N, n_L) or (n_L,)
        The targets.
    loss : Loss, optional

    Returns
    -------
    delta : dict
        `delta[l]` for l = L, …, 2, shaped like `z[l]`: a row holds the
        derivatives of the loss at one point.

    Raises
    ------
    ValueError
        If a shape does not fit the network, a number is not finite, or the loss
        does not fit the output layer or the targets.

    Notes
    -----
    Equations: eq-error, eq-backprop-output, eq-backprop-hidden, eq-error-product

    Source: HH (5.4), Lemma 5.1.

    Examples
    --------
    >>> net = Network((2, 1))
    >>> z, a = forward(net, np.zeros(3), [0.1, 0.2])
    >>> errors(net, np.zeros(3), z, a, [0.0])
    {2: array([0.125])}
    """
    instance(net, Network, "net")
    _, Y = paired(net, a[1], Y, loss)
    single = a[1].ndim == 1
    if single:
        z, a = _row(z), _row(a)
    W, _, sigma = net._named(_parameters(net, p))
    L = net.n_layers
    if loss.logits is None:
        slope = loss.slope(a[L], Y)
    else:
        slope, sigma = loss.logits.slope(z[L], Y), {**sigma, L: identity}
    delta = _lemma.backward(W, sigma, z, a, slope)
    return _unrow(delta) if single else delta


def gradient(
    net: Model, p: ArrayLike, X: ArrayLike, Y: ArrayLike, loss: Loss = quadratic
) -> NDArray[np.float64]:
    """Return the gradient of the cost with respect to all parameters.

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
    ndarray, shape (s,) or (k, s)
        The gradient of `cost(net, p, X, Y, loss)`, laid out like p.

    Raises
    ------
    ValueError
        If a shape does not fit the network, a number is not finite, or the loss
        does not fit the output layer or the targets.
    TypeError
        If `loss` is no Loss, or an array does not hold numbers.

    Notes
    -----
    Equations: eq-backprop-bias, eq-backprop-weight, eq-outer-product, eq-batch-gradient
    Equation: eq-gradient-is-mean

    Source: HH, Lemma 5.1 and (4.5).

    Examples
    --------
    >>> gradient(Network((2, 1)), np.zeros(3), [[1.0, 2.0]], [[0.0]])
    array([0.125, 0.25 , 0.125])
    """
    X, Y = paired(net, X, Y, loss)
    return _slope_of_cost(*_of_logits(net, loss))(_parameters(net, p), X, Y)


def _slope_of_cost(net: Model, loss: Loss) -> Callable[[Array, Array, Array], Array]:
    """Return the gradient as a function of p, X and Y, which it does not check."""
    if isinstance(net, Network):
        return _mean_slope(net._pullback, loss)
    return _mean_slope(net.pullback, loss, points=0)


def _mean_slope(
    pullback: Callable[[Array, Array], Pullback], loss: Loss, points: int = -2
) -> Callable[[Array, Array, Array], Array]:
    """Return the gradient of the mean loss, given the pullback of the model.

    The points stand along one axis of X, in a network that before last: X may
    differ from network to network.
    """

    def gradient(p: Array, X: Array, Y: Array) -> Array:
        output, back = pullback(p, X)
        g = back(loss.slope(output, Y))
        g /= X.shape[points]  # the mean
        return g

    return gradient


def _row(layers: Layers) -> Layers:
    return {l: v[..., np.newaxis, :] for l, v in layers.items()}


def _unrow(layers: Layers) -> Layers:
    return {l: v[..., 0, :] for l, v in layers.items()}
