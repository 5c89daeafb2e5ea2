# ruff: noqa: E741
"""Back propagation: the gradient of the cost, layer by layer from the output.

A quantity of layer l stands under its number l in a dictionary, so that the
formulas read as they are printed: `z[l]`, `a[l]`, `delta[l]`, with l = 1 the input.
Rows are data points, so that Wa is written `a @ W.mT`, and Wᵀδ `delta @ W`.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlam.activations import Activation
from dlam.costs import Loss, paired, quadratic
from dlam.network import Network

__all__ = ["errors", "forward", "gradient"]

Layers = dict[int, NDArray[np.float64]]


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
    X = net._points(X)
    W, b, activation = _named(net, p)
    z, a = {}, {1: np.atleast_2d(X)}
    for l in range(2, net.n_layers + 1):
        z[l] = a[l - 1] @ W[l].mT + b[l]  # (5.2)
        a[l] = activation[l](z[l])  # (5.3)
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
    _, Y = paired(net, a[1], Y, loss)
    L = net.n_layers
    W, _, activation = _named(net, p)
    single = a[1].ndim == 1
    if single:
        z, a = _row(z), _row(a)
    if loss.logits is not None:  # the factors cancel: no 0 · ∞ where σ is saturated
        delta = {L: loss.logits.slope(z[L], Y)}
    else:
        delta = {L: activation[L].slope(z[L], a[L]) * loss.slope(a[L], Y)}  # (5.5)
    for l in range(L - 1, 1, -1):
        delta[l] = activation[l].slope(z[l], a[l]) * (delta[l + 1] @ W[l + 1])  # (5.6)
    return _unrow(delta) if single else delta


def gradient(
    net: Network, p: ArrayLike, X: ArrayLike, Y: ArrayLike, loss: Loss = quadratic
) -> NDArray[np.float64]:
    """Return the gradient of the cost with respect to all parameters.

    Parameters
    ----------
    net : Network
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
    z, a = forward(net, p, X)
    delta = errors(net, p, z, a, Y, loss)
    g = np.empty((*delta[2].shape[:-2], net.n_parameters), delta[2].dtype)
    for l, (dW, db) in enumerate(net._views(g), start=2):
        db[...] = delta[l].mean(axis=-2)  # (5.7), the mean over the points
        dW[...] = delta[l].mT @ a[l - 1] / len(X)  # (5.8)
    return g


def _named(net: Network, p: ArrayLike) -> tuple[Layers, Layers, dict[int, Activation]]:
    """Return W, b and the activation of each layer under its number.

    Each b has an axis of length 1 for the data points.
    """
    layers = dict(enumerate(net.unpack(p), start=2))
    W = {l: layer.W for l, layer in layers.items()}
    b = {l: layer.b[..., np.newaxis, :] for l, layer in layers.items()}
    return W, b, dict(enumerate(net.activations, start=2))


def _row(layers: Layers) -> Layers:
    return {l: v[..., np.newaxis, :] for l, v in layers.items()}


def _unrow(layers: Layers) -> Layers:
    return {l: v[..., 0, :] for l, v in layers.items()}
