"""The data sets are those of the sources, row for row."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from dlam import data

SITES = {
    "A": {(0.1, 0.1), (0.3, 0.4), (0.1, 0.5), (0.6, 0.9), (0.4, 0.2)},
    "B": {(0.6, 0.3), (0.5, 0.6), (0.9, 0.2), (0.4, 0.4), (0.7, 0.6)},
}
TARGETS = {"A": (1, 0), "B": (0, 1)}
each = pytest.mark.parametrize(
    "load",
    [data.drilling_sites, data.xor, data.logistic_points],
    ids=lambda f: f.__name__,
)


def test_the_drilling_sites_are_five_of_either_category() -> None:
    X, Y = data.drilling_sites()
    assert (X.shape, Y.shape) == ((10, 2), (10, 2))
    for category, sites in SITES.items():
        of_it = (TARGETS[category] == Y).all(axis=1)
        assert {tuple(x) for x in X[of_it].tolist()} == sites
    assert Y[:5, 0].all()
    assert Y[5:, 1].all()


def test_the_sites_are_in_the_order_of_the_program_of_hh() -> None:
    """Its vectors x1 and x2, on which the order of a seeded run depends."""
    X, _ = data.drilling_sites()
    assert X.T.tolist() == [
        [0.1, 0.3, 0.1, 0.6, 0.4, 0.6, 0.5, 0.9, 0.4, 0.7],
        [0.1, 0.4, 0.5, 0.9, 0.2, 0.3, 0.6, 0.2, 0.4, 0.6],
    ]


def test_the_extra_site_is_one_more_b_at_the_end() -> None:
    ten, eleven = data.drilling_sites(), data.drilling_sites(extra_site=True)
    assert np.array_equal(eleven.X[:10], ten.X)
    assert np.array_equal(eleven.Y[:10], ten.Y)
    assert eleven.X[10:].tolist() == [[0.3, 0.7]]
    assert eleven.Y[10:].tolist() == [[0, 1]]


def test_xor_is_one_where_exactly_one_input_is() -> None:
    X, Y = data.xor()
    assert X.tolist() == [list(pair) for pair in itertools.product([0, 1], repeat=2)]
    assert Y.tolist() == [[int(a) ^ int(b)] for a, b in X]


def test_the_logistic_points_are_their_own_mirror_image() -> None:
    """The targets at x and −x are 1 and 0: the best answer is always one half."""
    X, Y = data.logistic_points()
    assert X.ravel().tolist() == [-3, -2, -1, 1, 2, 3]
    at = dict(zip(X.ravel().tolist(), Y.ravel().tolist(), strict=True))
    assert at == {-3: 1, -2: 0, -1: 0, 1: 1, 2: 1, 3: 0}
    assert all(at[x] + at[-x] == 1 for x in at)


@each
def test_each_call_gives_arrays_of_its_own(load) -> None:
    one, two = load(), load()
    for a, b in zip(one, two, strict=True):
        assert a.dtype == np.float64
        assert np.array_equal(a, b)
        assert not np.shares_memory(a, b)
        a[:] = 7
    assert not np.array_equal(one.X, load().X)


@each
def test_points_and_targets_are_rows_that_belong_together(load) -> None:
    X, Y = load()
    assert X.ndim == Y.ndim == 2
    assert len(X) == len(Y)
    assert set(Y.ravel()) == {0, 1}
