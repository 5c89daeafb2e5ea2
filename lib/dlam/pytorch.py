"""The same network in PyTorch, and back."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dlam.activations import (
    LEAK,
    Activation,
    identity,
    leaky_relu,
    relu,
    sigmoid,
    tanh,
)
from dlam.network import Network

if TYPE_CHECKING:
    from torch.nn import Module, Sequential

__all__ = ["to_module", "to_parameters"]


def to_module(net: Network, p: ArrayLike) -> Sequential:
    """Return a module of PyTorch that computes the same in float64.

    Parameters
    ----------
    net : Network
    p : array, shape (s,)
        The parameters; the module has a copy of them.

    Returns
    -------
    torch.nn.Sequential
        For each of the layers 2, …, L a Linear, and its activation unless that
        is the identity.

    Raises
    ------
    ValueError
        If p is not the parameters of a single network, or PyTorch has no such
        activation.
    TypeError
        If p is not real.
    ModuleNotFoundError
        If PyTorch is not installed.

    Examples
    --------
    >>> to_module(Network((2, 1)), np.zeros(3))
    Sequential(
      (0): Linear(in_features=2, out_features=1, bias=True)
      (1): Sigmoid()
    )
    """
    layers = net.unpack(p)
    if np.ndim(p) != 1:
        raise ValueError(
            f"p: expected the parameters of one network, got {np.shape(p)}"
        )
    if layers[0].W.dtype.kind == "c":
        raise TypeError("p: expected real numbers, got complex ones")
    torch = _torch()
    twins: dict[Activation, Any] = {
        sigmoid: torch.nn.Sigmoid,
        tanh: torch.nn.Tanh,
        relu: torch.nn.ReLU,
        leaky_relu: torch.nn.LeakyReLU,
        identity: None,
    }
    modules = []
    for (m, n), layer, activation in zip(
        pairwise(net.sizes), layers, net.activations, strict=True
    ):
        if activation not in twins:
            raise ValueError(
                f"net: PyTorch has no activation that is {activation}; "
                f"expected one of {', '.join(map(str, twins))}"
            )
        # Filled below: a start that is drawn would move torch's random stream.
        linear = torch.nn.utils.skip_init(torch.nn.Linear, m, n, dtype=torch.float64)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(np.array(layer.W)))
            linear.bias.copy_(torch.from_numpy(np.array(layer.b)))
        modules.append(linear)
        twin = twins[activation]
        if activation == leaky_relu:
            modules.append(torch.nn.LeakyReLU(LEAK))
        elif twin is not None:
            modules.append(twin())
    sequential: Sequential = torch.nn.Sequential(*modules)
    return sequential


def to_parameters(module: Module) -> NDArray[np.float64]:
    """Return the parameters of a module made of Linear layers.

    Parameters
    ----------
    module : torch.nn.Module

    Returns
    -------
    ndarray, shape (s,)
        A copy, in float64: for each Linear its weight row by row, then its bias.

    Raises
    ------
    TypeError
        If it is no module.
    ValueError
        If it has parameters other than weights and biases of Linear layers, or a
        Linear without bias.

    Examples
    --------
    >>> to_parameters(to_module(Network((2, 1)), np.array([1.0, 2.0, 3.0])))
    array([1., 2., 3.])
    """
    torch = _torch()
    if not isinstance(module, torch.nn.Module):
        raise TypeError(f"module: expected a torch.nn.Module, got {module!r}")
    linears = [one for one in module.modules() if isinstance(one, torch.nn.Linear)]
    expected = [parameter for one in linears for parameter in (one.weight, one.bias)]
    found = list(module.parameters())
    if not found or [*map(id, expected)] != [*map(id, found)]:
        raise ValueError(
            "module: expected Linear layers with bias and no other parameters, "
            f"got {module}"
        )
    with torch.no_grad():
        p = torch.nn.utils.parameters_to_vector(found).to("cpu", torch.float64)
    copied: NDArray[np.float64] = p.numpy().copy()
    return copied


def _torch() -> Any:
    try:
        import torch
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise ModuleNotFoundError(
            "dlam.pytorch needs PyTorch: pip install torch", name="torch"
        ) from None
    return torch
