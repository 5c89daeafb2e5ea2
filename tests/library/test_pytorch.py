"""The same network in PyTorch: outputs, gradients, and the way back."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given

from dlam import Network, forward, leaky_relu, relu, sigmoid, step, tanh
from dlam.pytorch import to_module, to_parameters
from shapes import SMOOTH, Case, cases, check

TWINS = [*SMOOTH, relu, leaky_relu]


@check()
@given(cases(TWINS))
def test_the_module_gives_the_output_of_the_network(case: Case) -> None:
    net, p, X, *_ = case
    output = to_module(net, p)(torch.tensor(X)).detach().numpy()
    assert output.dtype == np.float64
    np.testing.assert_allclose(output, net(p, X), rtol=1e-12, atol=1e-12)
    assert forward(net, p, X)[1][net.n_layers].shape == output.shape


@check()
@given(cases(TWINS))
def test_the_parameters_come_back_as_they_went(case: Case) -> None:
    module = to_module(case.net, case.p)
    np.testing.assert_array_equal(to_parameters(module), case.p)
    theirs = torch.nn.utils.parameters_to_vector(module.parameters())
    np.testing.assert_array_equal(theirs.detach().numpy(), case.p)


def test_module_and_vector_share_no_memory() -> None:
    net = Network((2, 1))
    p = np.ones(3)
    p.flags.writeable = False
    module = to_module(net, p)
    back = to_parameters(module)
    back[:] = 7
    with torch.no_grad():
        module[0].bias.zero_()
    np.testing.assert_array_equal(p, 1)
    np.testing.assert_array_equal(to_parameters(module), [1, 1, 0])


def test_making_a_module_draws_no_random_number() -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    to_module(Network((2, 3, 1)), np.zeros(13))
    assert torch.equal(before, torch.get_rng_state())


def test_the_parameters_can_be_trained() -> None:
    module = to_module(Network((2, 1), tanh), np.zeros(3))
    assert all(parameter.requires_grad for parameter in module.parameters())


def test_a_module_in_float32_gives_float64() -> None:
    module = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Linear(3, 1))
    p = to_parameters(module)
    assert p.dtype == np.float64
    assert p.shape == (13,)


def test_an_activation_without_a_twin_is_refused() -> None:
    with pytest.raises(ValueError, match="PyTorch has no activation that is step"):
        to_module(Network((2, 2, 1), (step, sigmoid)), np.zeros(9))


def test_an_ensemble_is_refused() -> None:
    with pytest.raises(ValueError, match="p: expected the parameters of one network"):
        to_module(Network((2, 1)), np.zeros((4, 3)))
    with pytest.raises(TypeError, match="p: expected real"):
        to_module(Network((2, 1)), np.zeros(3) * 1j)


@pytest.mark.parametrize(
    "module",
    [
        torch.nn.Sequential(torch.nn.Linear(2, 1, bias=False)),
        torch.nn.Sequential(torch.nn.Linear(2, 1), torch.nn.BatchNorm1d(1)),
        torch.nn.Conv2d(1, 1, 3),
        torch.nn.Tanh(),
    ],
    ids=str,
)
def test_a_module_of_another_build_is_refused(module: torch.nn.Module) -> None:
    with pytest.raises(ValueError, match="module: expected Linear layers with bias"):
        to_parameters(module)


def test_what_is_no_module_is_refused() -> None:
    with pytest.raises(TypeError, match=r"module: expected a torch\.nn\.Module"):
        to_parameters(np.zeros(3))  # type: ignore[arg-type]


def test_without_torch_the_error_names_it() -> None:
    program = """
import sys
sys.modules["torch"] = None
from dlam import Network
from dlam.pytorch import to_module
try:
    to_module(Network((1, 1)), [0.0, 0.0])
except ModuleNotFoundError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "pip install torch" in done.stdout
