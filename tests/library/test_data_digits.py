"""The handwritten digits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits

from dlam.data import digits


def test_the_digits_are_those_of_scikit_learn_from_0_to_1() -> None:
    X, Y = digits()
    images, labels = load_digits(return_X_y=True)
    np.testing.assert_array_equal(16 * X, images)
    np.testing.assert_array_equal(Y, np.eye(10)[labels])
    assert (X.min(), X.max()) == (0, 1)
    assert X.dtype == Y.dtype == np.float64


def test_chosen_classes_have_a_column_each_in_the_order_given() -> None:
    X, Y = digits()
    some = digits((8, 3))
    rows = (Y[:, 8] == 1) | (Y[:, 3] == 1)
    np.testing.assert_array_equal(some.X, X[rows])
    np.testing.assert_array_equal(some.Y, Y[rows][:, [8, 3]])


def test_every_call_gives_arrays_of_its_own() -> None:
    digits().X[:] = 5
    assert digits().X.max() == 1


@pytest.mark.parametrize("classes", [(), (1, 10), (-1,), (3, 3)])
def test_classes_that_there_are_not_are_refused(classes: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="classes: expected different numbers"):
        digits(classes)


@pytest.mark.parametrize("classes", [3, (1.5,), "a"])
def test_classes_that_are_no_integers_are_refused(classes: Any) -> None:
    with pytest.raises(TypeError, match=r"classes: expected (an integer|integers)"):
        digits(classes)
