"""Chapter 9, "Does it help to share?": residual layers, and what the runs say."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlam import identity
from dlam.convolution import Convolution, ConvolutionalNetwork, Dense, Residual
from needed import ROOT
from runs.record import changed
from tools.book import Text, numbers

TEXT = Text.read(ROOT / "book" / "09b-seeing.md")
seeds = st.integers(0, 10_000)


def test_the_numbers_of_the_page_are_claimed_or_given() -> None:
    assert TEXT.executed
    assert numbers.check(TEXT) == []


@pytest.mark.equation("eq-cnn-residual")
@settings(deadline=None, max_examples=20)
@given(seeds)
def test_a_residual_layer_adds_its_branch_to_its_input(seed) -> None:
    rng = np.random.default_rng(seed)
    branch = Convolution(2, 3, padding=1)
    shape = (2, 4, 4)
    alone = ConvolutionalNetwork(shape, (branch,))
    both = ConvolutionalNetwork(shape, (Residual((branch,)),))
    p, a = alone.normal(rng), rng.normal(size=(3, *shape))
    printed = [x + y for x, y in zip(a.ravel(), alone(p, a).ravel(), strict=True)]
    assert both(p, a).ravel() == pytest.approx(printed, abs=1e-12)


@pytest.mark.equation("eq-cnn-residual-bound")
@settings(deadline=None, max_examples=30)
@given(seeds, st.integers(1, 6), st.floats(0, 0.9))
def test_errors_through_residual_layers_stay_within_the_powers(seed, D, q) -> None:
    rng = np.random.default_rng(seed)
    after = error = rng.normal(size=5)
    from_the_last = []
    for _ in range(D):
        J = rng.normal(size=(5, 5))
        J *= q / max(np.linalg.norm(J, 2), 1e-300)
        error = error + J.T @ error
        from_the_last.append(J)
    # It is the error: δ·a = δ'·z if the layers, the first one first, take a to z.
    a = z = rng.normal(size=5)
    for J in reversed(from_the_last):
        z = z + J @ z
    assert sum(error * a) == pytest.approx(sum(after * z), abs=1e-9)
    length = sum(x * x for x in after) ** 0.5
    found = sum(x * x for x in error) ** 0.5
    slack = 1e-12 * length
    assert (1 - q) ** D * length - slack <= found <= (1 + q) ** D * length + slack


def test_the_powers_for_branches_of_one_over_the_depth_stay_within_four() -> None:
    for D in range(2, 200):
        upper, lower = (1 + 1 / D) ** D, (1 - 1 / D) ** D
        assert 1 / 4 <= lower < upper < np.e


def test_the_table_of_the_recipe_has_the_numbers_of_the_program() -> None:
    """The dense layer at the end of the recipe is one of kernels of side 1."""
    rng = np.random.default_rng(0)
    a = rng.normal(size=(2, 4, 1, 1))
    one = ConvolutionalNetwork((4, 1, 1), (Convolution(3, 1, activation=identity),))
    other = ConvolutionalNetwork((4, 1, 1), (Dense(3, identity),))
    p = one.normal(rng)
    assert one(p, a) == pytest.approx(other(p, a), abs=1e-12)


# The run


def test_the_result_is_that_of_the_program_and_the_library_as_they_are() -> None:
    assert changed("shifts") == []


def test_every_rate_that_was_chosen_lies_inside_the_grid() -> None:
    found = json.loads((ROOT / "runs/shifts/result.json").read_text())["result"]
    for arm in found["arms"].values():
        assert arm["rate"] in arm["rates"][1:-1]
        assert arm["tried"][arm["rates"].index(arm["rate"])] == min(arm["tried"])
