"""Attention: each query takes a weighted mean of the values, by its keys."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlam._checks import array, real

__all__ = ["AttentionGradient", "attention", "attention_gradient"]

Array = NDArray[np.float64]

NEVER = -np.inf  # the score of a pair that the mask leaves out: its weight is 0


class AttentionGradient(NamedTuple):
    """The derivatives with respect to the queries, the keys and the values."""

    Q: Array
    K: Array
    V: Array


def attention(
    Q: ArrayLike, K: ArrayLike, V: ArrayLike, mask: ArrayLike | None = None
) -> Array:
    """Return the weighted means of the values, one for each query.

    The weights of a query are the softmax of its scalar products with all keys,
    divided by √d.  It is what `torch.nn.functional.scaled_dot_product_attention`
    computes.

    Parameters
    ----------
    Q : array, shape (n, d)
        The queries, one a row.
    K : array, shape (m, d)
        The keys.
    V : array, shape (m, d_v)
        The values.
    mask : array of bool, shape (n, m), optional
        Whether a query may look at a key; each may look at one at least.

    Returns
    -------
    ndarray, shape (n, d_v)

    Raises
    ------
    ValueError, TypeError
        If a shape does not fit, an entry is not finite, the mask holds other things
        than truth values, or a query may look at nothing.

    Notes
    -----
    Equation: eq-att-matrix

    Source: Vaswani et al., Attention is all you need, NeurIPS 2017.

    Examples
    --------
    >>> attention([[0.0, 0.0]], [[1.0, 0.0], [0.0, 1.0]], [[2.0], [4.0]])
    array([[3.]])
    """
    queries, keys, values, allowed = _checked(Q, K, V, mask)
    return _weights(queries, keys, allowed) @ values


def attention_gradient(
    Q: ArrayLike,
    K: ArrayLike,
    V: ArrayLike,
    slope: ArrayLike,
    mask: ArrayLike | None = None,
) -> AttentionGradient:
    """Return the derivatives of a function of what `attention` returns.

    Parameters
    ----------
    Q, K, V, mask
        As for `attention`.
    slope : array, shape (n, d_v)
        The derivatives of the function with respect to the weighted means.

    Returns
    -------
    AttentionGradient
        Shaped like Q, K and V.

    Raises
    ------
    ValueError, TypeError
        As `attention`, or if the slope has another shape.

    Notes
    -----
    Equation: eq-att-lemma

    Examples
    --------
    >>> attention_gradient([[0.0]], [[1.0], [-1.0]], [[2.0], [4.0]], [[1.0]]).Q
    array([[-1.]])
    """
    queries, keys, values, allowed = _checked(Q, K, V, mask)
    given = real(slope, "slope")
    if given.shape != (len(queries), values.shape[1]):
        raise ValueError(
            f"slope: expected shape {(len(queries), values.shape[1])}, "
            f"got {given.shape}"
        )
    P = _weights(queries, keys, allowed)
    return AttentionGradient(*_slopes(queries, keys, values, P, given))


def _weights(Q: Array, K: Array, allowed: NDArray[np.bool_]) -> Array:
    """Return the weight P that each query gives to each key."""
    S = np.where(allowed, Q @ K.mT / np.sqrt(Q.shape[-1]), NEVER)
    E = np.exp(S - S.max(axis=-1, keepdims=True))
    P: Array = E / E.sum(axis=-1, keepdims=True)
    return P


def _slopes(
    Q: Array, K: Array, V: Array, P: Array, D: Array
) -> tuple[Array, Array, Array]:
    """Return the derivatives by Q, K and V of what has the slope D at P V."""
    dV = P.mT @ D
    dP = D @ V.mT
    dS = P * (dP - (dP * P).sum(axis=-1, keepdims=True))
    dQ = dS @ K / np.sqrt(Q.shape[-1])
    dK = dS.mT @ Q / np.sqrt(Q.shape[-1])
    return dQ, dK, dV


def _checked(Q: Any, K: Any, V: Any, mask: Any) -> tuple[Array, Array, Array, Any]:
    """Return queries, keys, values and mask, whose shapes fit."""
    queries, keys, values = real(Q, "Q"), real(K, "K"), real(V, "V")
    for name, given in (("Q", queries), ("K", keys), ("V", values)):
        if given.ndim != 2 or 0 in given.shape:
            raise ValueError(f"{name}: expected rows of numbers, got {given.shape}")
    if keys.shape[1] != queries.shape[1] or len(values) != len(keys):
        raise ValueError(
            f"K, V: expected keys of {queries.shape[1]} numbers, and a value for each "
            f"key; got shapes {keys.shape} and {values.shape}"
        )
    shape = len(queries), len(keys)
    if mask is None:
        return queries, keys, values, np.ones(shape, bool)
    allowed = array(mask, "mask")
    if allowed.dtype != bool:
        raise TypeError(f"mask: expected truth values, got {allowed.dtype}")
    if allowed.shape != shape or not allowed.any(axis=1).all():
        raise ValueError(
            f"mask: expected shape {shape} with a key for each query, "
            f"got {allowed.shape}"
        )
    return queries, keys, values, allowed
