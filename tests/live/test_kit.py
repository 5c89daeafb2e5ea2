"""The kit of the live figures computes what the library computes."""

from __future__ import annotations

import numpy as np
import pytest

from dlam import Network, activations, cost, costs, gradient, paper, sampling, sgd
from dlam.matlab import MatlabRandom
from live_pages import under_node

NAMES = ("sigmoid", "tanh", "relu", "identity")
ENDS = {  # the losses, and the activations of the last layer that they allow
    "quadratic": NAMES,
    "binary_cross_entropy": ("sigmoid",),
    "softmax_cross_entropy": ("identity",),
}
SEEDS = (5000, 0, 2**32 - 1)
STEPS = 1_000_000


def random_case(seed: int) -> dict:
    """Draw a network, a loss, points, and a way to train."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 7, size=rng.integers(2, 6)).tolist()
    loss = str(rng.choice(list(ENDS)))
    kinds = [str(rng.choice(NAMES)) for _ in sizes[2:]] + [str(rng.choice(ENDS[loss]))]
    N, m = int(rng.integers(1, 8)), int(rng.integers(1, 5))
    Y = rng.random((N, sizes[-1]))
    if loss == "softmax_cross_entropy":
        Y /= Y.sum(axis=1, keepdims=True)
    return {
        "sizes": sizes,
        "activations": kinds,
        "loss": loss,
        "p": 0.4 * rng.normal(size=Network(sizes).n_parameters),
        "X": rng.normal(size=(N, sizes[0])),
        "Y": Y,
        "order": sampling.minibatches(N, m, 40, rng),
        "m": m,
        "eta": 0.02,
    }


CASES = [random_case(seed) for seed in range(120)]
RUNS = [
    {"seed": 5000, "extra": False, "steps": STEPS},
    {"seed": 5000, "extra": True, "steps": STEPS},
    {"seed": 7, "extra": False, "steps": 20_000},
]


def of_library(case: dict) -> dict:
    net = Network(
        case["sizes"],
        activation=[getattr(activations, name) for name in case["activations"]],
    )
    loss = getattr(costs, case["loss"])
    p, X, Y = case["p"], case["X"], case["Y"]
    history = sgd(net, p, X, Y, case["order"], case["eta"], loss=loss)
    return {
        "outputs": net(p, X),
        "cost": cost(net, p, X, Y, loss=loss),
        "gradient": gradient(net, p, X, Y, loss=loss),
        "trained": history.parameters,
    }


@pytest.fixture(scope="module")
def computed() -> dict:
    """What the modules of live/ make of the cases, under Node."""
    given = {
        "networks": [
            {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in case.items()}
            for case in CASES
        ],
        "streams": [{"seed": seed, "n": 3000} for seed in SEEDS],
        "runs": RUNS,
    }
    return under_node("results.js", given)


# One truth


def test_the_cases_have_every_activation_loss_and_depth():
    assert {case["loss"] for case in CASES} == set(ENDS)
    hidden = {name for case in CASES for name in case["activations"][:-1]}
    assert hidden == set(NAMES)
    assert {len(case["sizes"]) for case in CASES} == {2, 3, 4, 5}
    assert {case["m"] for case in CASES} == {1, 2, 3, 4}


@pytest.mark.parametrize("part", ["outputs", "cost", "gradient", "trained"])
def test_the_core_agrees_with_the_library(computed, part):
    for case, ours in zip(CASES, computed["networks"], strict=True):
        expected = of_library(case)[part]
        np.testing.assert_allclose(ours[part], expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("n", range(len(SEEDS)), ids=lambda n: f"seed {SEEDS[n]}")
def test_the_random_numbers_are_those_of_the_library(computed, n):
    rng, ours = MatlabRandom(SEEDS[n]), computed["streams"][n]
    np.testing.assert_allclose(ours["randn"], rng.randn(3000), rtol=1e-12, atol=1e-12)
    assert ours["rand"] == rng.rand(3000).tolist()
    assert ours["randi"] == rng.randi(10, 3000).tolist()


@pytest.mark.parametrize("n", range(len(RUNS)))
def test_the_run_of_the_paper_is_repeated_exactly(computed, n):
    ours, wanted = computed["runs"][n], RUNS[n]
    run = paper.netbp(wanted["steps"], wanted["extra"], wanted["seed"])
    assert ours["X"] == run.X.ravel().tolist()
    assert ours["Y"] == run.Y.ravel().tolist()
    np.testing.assert_allclose(ours["start"], run.parameters, rtol=0, atol=1e-12)
    assert ours["order"] == run.order.tolist()
    history = sgd(run.net, run.parameters, run.X, run.Y, run.order, run.learning_rate)
    np.testing.assert_allclose([ours["first"], ours["last"]], history.cost, rtol=1e-9)
