"""Copies of a network, the nearest of them, and barriers."""

from __future__ import annotations

from itertools import permutations, product
from math import exp

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlam import Activation, Network, cost, identity, relu, sigmoid, tanh
from dlam.matching import barrier, match, n_copies, rearrange

seeds = st.integers(0, 10_000)
kinds = st.sampled_from([sigmoid, tanh, relu])


@st.composite
def networks(draw, most: int = 4) -> Network:
    hidden = draw(st.lists(st.integers(1, most), min_size=1, max_size=3))
    activations = [draw(kinds) for _ in hidden]
    sizes = (draw(st.integers(1, 3)), *hidden, draw(st.integers(1, 3)))
    return Network(sizes, (*activations, identity))


def rearranged(net: Network, p, rng):
    """A copy of p, all hidden layers of it shuffled and negated at random."""
    for layer in range(2, net.n_layers):
        n = net.sizes[layer - 1]
        signs = rng.choice([-1, 1], n)
        if net.activations[layer - 2] is relu:
            signs = np.ones(n)
        p = rearrange(net, p, layer, rng.permutation(n), signs)
    return p


@settings(deadline=None)
@given(networks(), seeds)
def test_a_copy_computes_the_same_function(net, seed) -> None:
    rng = np.random.default_rng(seed)
    p, X = net.normal(rng, scale=1.0), rng.normal(size=(5, net.sizes[0]))
    original = p.copy()
    q = rearranged(net, p, rng)
    np.testing.assert_allclose(net(q, X), net(p, X), atol=1e-12)
    np.testing.assert_array_equal(p, original)


@settings(deadline=None)
@given(networks(), seeds)
def test_matching_does_not_change_the_function_nor_the_arguments(net, seed) -> None:
    rng = np.random.default_rng(seed)
    p, q = net.normal(rng, scale=1.0, size=2)
    X, before = rng.normal(size=(5, net.sizes[0])), (p.copy(), q.copy())
    matched = match(net, p, q)
    np.testing.assert_allclose(net(matched, X), net(q, X), atol=1e-12)
    np.testing.assert_array_equal((p, q), before)


@settings(deadline=None)
@given(st.integers(1, 8), kinds, seeds)
def test_a_copy_is_recognised(n, activation, seed) -> None:
    net, rng = Network((3, n, 2), (activation, identity)), np.random.default_rng(seed)
    p = net.normal(rng, scale=1.0)
    np.testing.assert_allclose(match(net, p, rearranged(net, p, rng)), p, atol=1e-12)


@settings(deadline=None)
@given(networks(), seeds)
def test_what_is_matched_stays_as_it_is(net, seed) -> None:
    p, q = net.normal(np.random.default_rng(seed), scale=1.0, size=2)
    once = match(net, p, q)
    np.testing.assert_array_equal(match(net, p, once), once)


def centred(net: Network, p):
    """The coordinates in which a change of sign keeps lengths."""
    parts, before = [], None
    for (W, b), activation in zip(net.unpack(p), net.activations, strict=True):
        shift = W.sum(axis=1) / 2 if before is sigmoid else 0
        parts.append((W, b + shift))
        before = activation
    return net.pack(parts)


def distance(net: Network, p, q) -> float:
    return np.linalg.norm(centred(net, p) - centred(net, q))


@settings(deadline=None)
@given(networks(), seeds)
def test_matching_never_leads_away(net, seed) -> None:
    p, q = net.normal(np.random.default_rng(seed), scale=1.0, size=2)
    matched, zero = match(net, p, q), np.zeros_like(p)
    assert distance(net, matched, zero) == pytest.approx(distance(net, q, zero))
    assert distance(net, p, matched) <= distance(net, p, q) + 1e-12


@pytest.mark.parametrize("first", [sigmoid, tanh, relu])
@pytest.mark.parametrize("second", [sigmoid, tanh, relu])
@pytest.mark.parametrize("seed", range(5))
def test_no_other_order_of_one_layer_is_nearer(first, second, seed) -> None:
    """With two hidden layers, where biases count behind the first."""
    net = Network((1, 3, 3, 1), (first, second, identity))
    p, q = net.normal(np.random.default_rng(seed), scale=1.0, size=2)
    matched = match(net, p, q)
    least = distance(net, p, matched)
    for layer, activation in ((2, first), (3, second)):
        signs = [1] if activation is relu else [1, -1]
        for order in permutations(range(3)):
            for e in product(signs, repeat=3):
                other = rearrange(net, matched, layer, order, e)
                assert distance(net, p, other) >= least - 1e-12


@pytest.mark.parametrize("activation", [tanh, relu])
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("scale", [1e-8, 0.1, 1.0])
def test_no_copy_is_nearer_than_the_match(activation, seed, scale) -> None:
    net = Network((2, 3, 2), (activation, identity))
    p, q = net.normal(np.random.default_rng(seed), scale=scale, size=2)
    signs = [1, -1] if activation is tanh else [1]
    copies = np.array(
        [
            rearrange(net, q, 2, order, e)
            for order in permutations(range(3))
            for e in product(signs, repeat=3)
        ]
    )
    assert len(np.unique(copies, axis=0)) == len(copies) == n_copies(net)
    nearest = np.linalg.norm(copies - p, axis=1).min()
    assert np.linalg.norm(match(net, p, q) - p) == pytest.approx(nearest)


def test_an_activation_without_a_known_symmetry_gets_no_signs() -> None:
    plain = Activation("another tanh", np.tanh, tanh.derivative)
    net = Network((2, 3, 1), (plain, identity))
    p = net.normal(np.random.default_rng(1), scale=1.0)
    q = rearrange(Network((2, 3, 1), (tanh, identity)), p, 2, [0, 1, 2], [1, -1, 1])
    assert n_copies(net) == 6
    np.testing.assert_array_equal(match(net, p, p), p)
    assert not np.allclose(match(net, p, q), p)


def test_an_ensemble_is_matched_pair_by_pair() -> None:
    net = Network((2, 4, 3, 1), tanh)
    P, Q = net.normal(np.random.default_rng(2), scale=1.0, size=10).reshape(2, 5, -1)
    together = match(net, P, Q)
    for k in range(5):
        np.testing.assert_array_equal(together[k], match(net, P[k], Q[k]))


@pytest.mark.parametrize(
    ("sizes", "activation", "copies"),
    [
        ((2, 2, 3, 2), sigmoid, 384),
        ((4, 3, 4, 5, 2), tanh, 70_778_880),
        ((2, 4, 1), relu, 24),
        ((5, 3), sigmoid, 1),
    ],
)
def test_copies_are_counted(sizes, activation, copies) -> None:
    assert n_copies(Network(sizes, activation)) == copies


def test_networks_of_zeros_are_matched_as_they_are() -> None:
    np.testing.assert_array_equal(match(NET, P, P), P)


# Barriers


def two_wells(P):
    return ((P**2 - 1) ** 2).sum(axis=-1)


def test_a_barrier_is_the_height_above_the_chord() -> None:
    assert barrier(two_wells, [-1.0], [1.0]) == 1
    assert barrier(two_wells, [-1.0], [1.0], points=2) == 0
    tilted = barrier(lambda P: two_wells(P) + 5 * P[:, 0], [-1.0], [1.0])
    assert tilted == pytest.approx(1)


@given(seeds)
def test_a_convex_function_has_no_barrier(seed) -> None:
    p, q, c = np.random.default_rng(seed).normal(size=(3, 4))
    heights = barrier(lambda P: np.exp(P @ c) + (P**2).sum(axis=-1), p, q)
    assert 0 <= heights < 1e-9


def test_a_barrier_is_the_same_from_both_ends_and_grows_with_more_points() -> None:
    net = Network((2, 2, 1))
    p, q = net.normal(np.random.default_rng(5), scale=2.0, size=2)
    X, Y = [[0.0, 0.0], [0.0, 1.0], [1.0, 1.0]], [[0.0], [1.0], [0.0]]

    def f(P):
        return cost(net, P, X, Y)

    assert barrier(f, p, q) == pytest.approx(barrier(f, q, p))
    assert barrier(f, p, q, 21) >= barrier(f, p, q, 11) >= barrier(f, p, q, 6)
    both = barrier(f, [p, q], [q, q])
    assert both == pytest.approx([barrier(f, p, q), 0.0])


# What is refused

NET = Network((2, 3, 1), (tanh, identity))
P = np.zeros(NET.n_parameters)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: n_copies("net"), TypeError, "net: expected a Network"),
        (lambda: match(None, P, P), TypeError, "net: expected a Network"),
        (lambda: rearrange(None, P, 2, [0]), TypeError, "net: expected a Network"),
        (lambda: match(NET, P[1:], P), ValueError, r"p: expected shape \(13,\)"),
        (lambda: match(NET, P, P[1:]), ValueError, "q: expected shape"),
        (lambda: match(NET, P, P + np.nan), ValueError, "q: expected finite"),
        (lambda: match(NET, P[None, None], P), ValueError, "p: expected shape"),
        (lambda: rearrange(NET, P[1:], 2, [0, 1, 2]), ValueError, "p: expected shape"),
        (lambda: rearrange(NET, [P, P], 2, [0, 1, 2]), ValueError, "p: expected sh"),
        (lambda: rearrange(NET, P, 3, [0]), ValueError, "layer: expected a hidden"),
        (lambda: rearrange(NET, P, 1, [0, 1]), ValueError, "layer: expected a hidden"),
        (lambda: rearrange(NET, P, 2.0, [0, 1, 2]), TypeError, "layer: expected an"),
        (lambda: rearrange(NET, P, 2, [0, 1]), ValueError, "order: expected each"),
        (lambda: rearrange(NET, P, 2, [0, 1, 1]), ValueError, "order: expected each"),
        (lambda: rearrange(NET, P, 2, [0.0, 1, 2]), TypeError, "order: expected int"),
        (
            lambda: rearrange(NET, P, 2, [0, 1, 2], [1, 1]),
            ValueError,
            "signs: expected 1 or -1",
        ),
        (
            lambda: rearrange(NET, P, 2, [0, 1, 2], [1, 1, 2]),
            ValueError,
            "signs: expected 1 or -1",
        ),
        (
            lambda: rearrange(Network((2, 3, 1), relu), P, 2, [0, 1, 2], [1, 1, -1]),
            ValueError,
            "the activation relu cannot be negated",
        ),
        (lambda: barrier(two_wells, [0.0], [1.0], 1), ValueError, "points: expected"),
        (lambda: barrier(two_wells, [0.0], [1.0], 2.5), TypeError, "points: expected"),
        (lambda: barrier(two_wells, 0.0, 1.0), ValueError, "p: expected shape"),
        (lambda: barrier(two_wells, [0.0], [1.0, 2.0]), ValueError, "q: expected"),
        (lambda: barrier(1.0, P, P), TypeError, "f: expected a function"),
    ],
)
def test_wrong_input_is_refused(call, error, words) -> None:
    with pytest.raises(error, match=words):
        call()


def test_a_negated_sigmoid_moves_the_biases_behind_it() -> None:
    """In scalars: v σ(z) + c = −v σ(−z) + (c + v)."""
    net = Network((1, 1, 1), (sigmoid, identity))
    w, b, v, c, x = 0.3, -0.2, 1.7, 0.4, 2.5
    q = rearrange(net, [w, b, v, c], 2, [0], [-1])
    assert q == pytest.approx([-w, -b, -v, c + v])
    assert net(q, [x]) == pytest.approx([v / (1 + exp(-w * x - b)) + c])
