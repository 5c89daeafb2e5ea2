"""The activation functions of a neuron, each with its slope.

Every function works componentwise on arrays of any shape.  Integers and
float32 are taken as float64; complex numbers stay complex, so that a
derivative can be checked by the complex step (see `dlam.gradcheck`).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlam._checks import function, instance, numbers, untouched

__all__ = [
    "Activation",
    "identity",
    "leaky_relu",
    "relu",
    "sigmoid",
    "step",
    "tanh",
]

LEAK = 0.01  # the slope of leaky_relu on the left


@dataclass(frozen=True, repr=False)
class Activation:
    """A function applied to each component of z, together with its derivative.

    Parameters
    ----------
    name : str
        How the activation is shown and looked up.
    function, derivative : callable
        From an array to a new array of that shape; the argument is read-only.
        Where the derivative does not exist, it is a one-sided value by convention,
        the one that PyTorch takes.

    derivative_by_value : callable, optional
        The derivative as a function of the value, where that is cheaper.

    Examples
    --------
    >>> square = Activation("square", lambda z: z**2, lambda z: 2 * z)
    >>> square([1.0, 2.0, 3.0]), square.slope([1.0, 2.0, 3.0])
    (array([1., 4., 9.]), array([2., 4., 6.]))
    """

    name: str
    function: Callable[[NDArray[np.float64]], NDArray[np.float64]]
    derivative: Callable[[NDArray[np.float64]], NDArray[np.float64]]
    derivative_by_value: Callable[[NDArray[np.float64]], NDArray[np.float64]] | None = (
        None
    )

    def __post_init__(self) -> None:
        instance(self.name, str, "name")
        function(self.function, "function")
        function(self.derivative, "derivative")
        if self.derivative_by_value is not None:
            function(self.derivative_by_value, "derivative_by_value")

    def __call__(self, z: ArrayLike) -> NDArray[np.float64]:
        return self._of(self.function, numbers(z, "z"))

    def slope(self, z: ArrayLike, a: ArrayLike | None = None) -> NDArray[np.float64]:
        """Return the derivative at each component of `z`.

        Parameters
        ----------
        z : array
        a : array, optional
            The values there, if they are at hand: some slopes are cheaper with
            them.  The result has the same absolute accuracy.

        Returns
        -------
        ndarray, shaped like z
        """
        if a is not None and self.derivative_by_value is not None:
            return self._of(self.derivative_by_value, numbers(a, "a"))
        return self._of(self.derivative, numbers(z, "z"))

    def _of(
        self,
        f: Callable[[NDArray[np.float64]], NDArray[np.float64]],
        z: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        values: NDArray[np.float64] = untouched(f, self.name, z)[()]
        return values

    def __repr__(self) -> str:
        return self.name


class _Own(Activation):
    """One of this module: it need not be watched, and a step takes half the time."""

    def _of(
        self,
        f: Callable[[NDArray[np.float64]], NDArray[np.float64]],
        z: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        return f(z)[()]


def _tail(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the one of exp(−z) and exp(z) that is at most 1 in modulus.

    It cannot overflow, and with it the sigmoid keeps its relative accuracy far
    to the left, and the slope on both sides.
    """
    if z.dtype.kind == "c":
        return np.exp(np.where(z.real >= 0, -z, z))
    return np.exp(-np.abs(z))


def _sigmoid(z: NDArray[np.float64]) -> NDArray[np.float64]:
    e = _tail(z)
    if z.dtype.kind == "c":
        return np.where(z.real >= 0, 1, e) / (1 + e)
    return np.maximum(e, z >= 0) / (1 + e)  # the same numbers, in half the time


def _sigmoid_slope(z: NDArray[np.float64]) -> NDArray[np.float64]:
    e = _tail(z)
    slope = e / (1 + e) ** 2  # 1 − σ(z) would cancel far to the right
    return slope if slope.dtype.kind == "c" else np.minimum(slope, 0.25)  # rounding


def _sigmoid_slope_by_value(a: NDArray[np.float64]) -> NDArray[np.float64]:
    return a * (1 - a)


def _tanh_slope_by_value(a: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 - a**2


def _tanh_slope(z: NDArray[np.float64]) -> NDArray[np.float64]:
    e = _tail(z) ** 2  # 2z itself might overflow
    slope: NDArray[np.float64] = 4 * e / (1 + e) ** 2
    return slope


def _relu(z: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(z.real > 0, z, 0)


def _relu_slope(z: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(z.real > 0, 1.0, 0.0)


def _leaky_relu(z: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(z.real > 0, z, LEAK * z)


def _leaky_relu_slope(z: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(z.real > 0, 1.0, LEAK)


def _step(z: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.heaviside(z.real, 0.5)


def _step_slope(z: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.zeros(z.shape)


def _identity(z: NDArray[np.float64]) -> NDArray[np.float64]:
    return z.copy()


def _identity_slope(z: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.ones(z.shape)


sigmoid: Activation = _Own("sigmoid", _sigmoid, _sigmoid_slope, _sigmoid_slope_by_value)
"""1 / (1 + exp(−z)).

Equations: eq-sigmoid, eq-sigmoid-slope
"""

tanh: Activation = _Own("tanh", np.tanh, _tanh_slope, _tanh_slope_by_value)
"""The hyperbolic tangent.

Equation: eq-tanh-relu
"""

relu: Activation = _Own("relu", _relu, _relu_slope)
"""max(0, z).  Its slope at 0 is taken to be 0.

Equation: eq-tanh-relu
"""

leaky_relu: Activation = _Own("leaky_relu", _leaky_relu, _leaky_relu_slope)
"""z where it is positive, and `LEAK` times z elsewhere.

Equation: eq-leaky-relu-step
"""

step: Activation = _Own("step", _step, _step_slope)
"""0 to the left, 1 to the right, one half at 0.  Its slope is taken to be 0.

Equation: eq-leaky-relu-step
"""

identity: Activation = _Own("identity", _identity, _identity_slope)
"""z itself."""
