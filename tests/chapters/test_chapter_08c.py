"""Chapter 8, "What helps a network?": equations as printed, and theorems."""

from __future__ import annotations

import json
import math
from runpy import run_path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlam import Network, data, identity, relu, rules
from dlam.normalisation import NormalisedNetwork
from needed import ROOT
from tools.book import Text, numbers

TEXT = Text.read(ROOT / "book" / "08c-networks.md")
RUN = ROOT / "runs" / "what-helps"
seeds = st.integers(0, 10_000)
quick = settings(deadline=None, max_examples=25)


def test_the_numbers_of_the_page_are_claimed_or_given() -> None:
    assert TEXT.executed
    assert numbers.check(TEXT) == []


@pytest.mark.equation("eq-reg-balance")
@quick
@given(seeds)
def test_the_least_sum_of_squares_is_the_product_of_the_lengths(seed) -> None:
    rng = np.random.default_rng(seed)
    u, v = rng.normal(size=3), rng.normal(size=2)

    def half(c: float) -> float:
        return (sum((c * u) ** 2) + sum((v / c) ** 2)) / 2

    product = math.sqrt(sum(u**2)) * math.sqrt(sum(v**2))
    best = math.sqrt(math.sqrt(sum(v**2)) / math.sqrt(sum(u**2)))
    assert half(best) == pytest.approx(product)
    assert all(half(c) >= product - 1e-12 for c in np.geomspace(0.01, 100, 101))
    # ... and the function is the same for every c.
    net, x = Network((3, 1, 2), activation=(relu, identity)), rng.normal(size=3)
    one = net(net.pack([(u[None], [0]), (v[:, None], [0, 0])]), x)
    other = net(net.pack([(2 * u[None], [0]), (v[:, None] / 2, [0, 0])]), x)
    assert one == pytest.approx(other)


@pytest.mark.equation("eq-reg-decoupled")
@quick
@given(seeds)
def test_decoupled_decay_shrinks_beside_the_step(seed) -> None:
    rng = np.random.default_rng(seed)
    p, g, eta, alpha = rng.normal(size=4), rng.normal(size=4), 0.01, 0.3
    rule, bare = rules.adamw(alpha), rules.adam()
    found = p + rule.update(rule.init(p), g, p, eta, 1)[0]
    step = bare.update(bare.init(p), g, p, eta, 1)[0]
    assert found == pytest.approx((1 - eta * alpha) * p + step)


@pytest.mark.equation("eq-reg-batchnorm")
@quick
@given(seeds)
def test_a_normalised_neuron_is_as_printed(seed) -> None:
    rng = np.random.default_rng(seed)
    net = NormalisedNetwork(Network((2, 1, 1), activation=(identity, identity)))
    X = rng.normal(size=(5, 2))
    w, gamma, beta = rng.normal(size=2), 1.7, -0.4
    layers = net.unpack(net.normal(rng))
    first = type(layers[0])(
        w[None], np.array([9.0]), np.array([gamma]), np.array([beta])
    )
    last = type(layers[1])(np.ones((1, 1)), np.zeros(1), None, None)
    z = [sum(w * x) for x in X]
    bar = sum(z) / 5
    v = sum((one - bar) ** 2 for one in z) / 5
    printed = [gamma * (one - bar) / math.sqrt(v + 1e-5) + beta for one in z]
    assert net(net.pack([first, last]), X)[:, 0] == pytest.approx(printed)


def scale_invariant(seed: int):
    """A cost that only looks at the direction of w, with its gradient."""
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(3, 3))

    def cost(w) -> float:
        return float(np.sin(A @ (w / math.sqrt(sum(w**2)))).sum())

    def slope(w):
        e = 1e-6 * np.eye(3)
        return np.array([(cost(w + h) - cost(w - h)) / 2e-6 for h in e])

    return cost, slope, rng.normal(size=3)


@pytest.mark.equation("eq-reg-growth")
@pytest.mark.equation("eq-reg-rotation")
@quick
@given(seeds, st.floats(0.05, 0.5), st.floats(0, 0.5))
def test_the_product_of_the_cosines_is_as_printed(seed, eta, alpha) -> None:
    cost, slope, w = scale_invariant(seed)
    assert cost(3 * w) == pytest.approx(cost(w))
    start, product = w, 1.0
    for _ in range(6):
        g = slope(w)
        after = (1 - eta * alpha) * w - eta * g
        assert sum(w * g) == pytest.approx(0, abs=1e-6)
        grown = (1 - eta * alpha) ** 2 * sum(w**2) + eta**2 * sum(g**2)
        assert sum(after**2) == pytest.approx(grown, rel=1e-5)
        product *= sum(w * after) / math.sqrt(sum(w**2) * sum(after**2))
        w = after
    ratio = math.sqrt(sum(start**2)) / math.sqrt(sum(w**2))
    assert product == pytest.approx((1 - eta * alpha) ** 6 * ratio, rel=1e-4, abs=1e-6)


@pytest.mark.equation("eq-reg-ambiguity")
@given(st.lists(st.integers(-9, 9), min_size=1, max_size=6), st.integers(-9, 9))
def test_an_ensemble_gains_its_ambiguity(f, y) -> None:
    B = len(f)
    bar = sum(f) / B
    right = (
        sum((one - y) ** 2 for one in f) / B - sum((one - bar) ** 2 for one in f) / B
    )
    assert (bar - y) ** 2 == pytest.approx(right, abs=1e-9)


@pytest.mark.equation("eq-reg-correlated")
@pytest.mark.parametrize("B", [1, 2, 7])
def test_correlated_members_have_the_variance_that_is_printed(B) -> None:
    V, r = 1.7, 0.3
    covariance = [[V if i == j else r * V for j in range(B)] for i in range(B)]
    of_mean = sum(sum(row) for row in covariance) / B**2
    assert of_mean == pytest.approx(r * V + (1 - r) / B * V)


def test_the_gradient_of_the_run_is_that_of_the_library() -> None:
    from dlam import gradient, softmax_cross_entropy

    program = run_path(str(RUN / "run.py"))
    X, Y = data.digits()
    p = program["start"](np.random.default_rng(8))
    ours = program["gradient"](p, X[:20], Y[:20], 1.0)
    theirs = gradient(program["NET"], p, X[:20], Y[:20], softmax_cross_entropy)
    assert ours == pytest.approx(theirs, abs=1e-12)


def test_the_run_of_the_table_is_whole_and_the_ambiguity_adds_up() -> None:
    found = json.loads((RUN / "result.json").read_text("utf-8"))["result"]
    for labels in ("clean", "wrong"):
        assert len(found[labels]) == 10
        for one in found[labels]:
            more = one["more"]
            together = more["square of members"] - more["ambiguity"]
            assert more["square of ensemble"] == pytest.approx(together, abs=3e-5)
            assert one["test"]["best moment, by the test set"] == min(more["curve"])
