"""CIFAR-10 is read from each form in which it comes, and from nothing else.

The folders are made up here: small, or of the full size where that is counted.
"""

from __future__ import annotations

import os
import pickle
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dlam import _cifar
from dlam.data import Cifar10, cifar10

NAMES = [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]
Batches = list[tuple[np.ndarray, np.ndarray]]


def made_up(rows: int = 7) -> Batches:
    """Return six batches of pictures and labels."""
    rng = np.random.default_rng(9)
    return [
        (
            rng.integers(256, size=(rows, 3, 32, 32), dtype=np.uint8),
            rng.permutation(np.arange(rows) % 10),
        )
        for _ in NAMES
    ]


def write_binary(folder: Path, batches: Batches) -> None:
    for name, (X, labels) in zip(NAMES, batches, strict=True):
        records = [bytes([k]) + x.tobytes() for x, k in zip(X, labels, strict=True)]
        (folder / f"{name}.bin").write_bytes(b"".join(records))


def write_pickled(folder: Path, batches: Batches) -> None:
    for name, (X, labels) in zip(NAMES, batches, strict=True):
        (folder / name).write_bytes(as_python_2(X.reshape(len(X), -1), labels.tolist()))


def as_python_2(X: np.ndarray, labels: list[int]) -> bytes:
    """Write what Python 2 wrote: its texts are bytes, which Python 3 calls latin1."""

    def text(x: bytes) -> bytes:
        return b"T" + struct.pack("<i", len(x)) + x

    def number(n: int) -> bytes:
        return b"J" + struct.pack("<i", n)

    array = (
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n"
        + (number(0) + b"\x85" + text(b"b") + b"tR")  # an array with no bytes yet
        + (b"(" + number(1) + number(X.shape[0]) + number(X.shape[1]) + b"\x86")
        + (b"cnumpy\ndtype\n(" + text(b"u1") + number(0) + number(1) + b"tR")
        + (b"(" + number(3) + text(b"|") + b"NNN" + number(-1) + number(-1) + number(0))
        + (b"tb\x89" + text(X.tobytes()) + b"tb")
    )
    entries = [text(b"batch_label"), text(b"one of six"), text(b"data"), array]
    entries += [text(b"labels"), b"(" + b"".join(map(number, labels)) + b"l"]
    return b"\x80\x02}(" + b"".join(entries) + b"u."


def write_as_python_3(folder: Path, batches: Batches, protocol: int = 2) -> None:
    for name, (X, labels) in zip(NAMES, batches, strict=True):
        content = {"data": X.reshape(len(X), -1), "labels": labels.tolist()}
        (folder / name).write_bytes(pickle.dumps(content, protocol))


def write_tree(folder: Path, batches: Batches) -> None:
    for i, (X, labels) in enumerate(batches):
        part = folder / ("test" if NAMES[i] == "test_batch" else "train")
        for name in _cifar.CLASSES:
            (part / name).mkdir(parents=True, exist_ok=True)
        for row, (x, label) in enumerate(zip(X, labels, strict=True)):
            path = part / _cifar.CLASSES[label] / f"{i}-{row:04}.png"
            Image.fromarray(x.transpose(1, 2, 0)).save(path)


FORMS = {"binary": write_binary, "pickled": write_pickled, "tree": write_tree}
each_form = pytest.mark.parametrize("form", FORMS)


def same(found: Cifar10, batches: Batches, form: str) -> bool:
    X = np.concatenate([x for x, _ in batches[:5]])
    labels = np.concatenate([k for _, k in batches[:5]])
    X_test, labels_test = batches[5]
    if form == "tree":  # class by class
        first, test = labels.argsort(kind="stable"), labels_test.argsort(kind="stable")
        X, labels = X[first], labels[first]
        X_test, labels_test = X_test[test], labels_test[test]
    expected = (X, labels, X_test, labels_test)
    return found.form == form and all(map(np.array_equal, found[:4], expected))


@each_form
def test_pictures_and_labels_are_read_from(form: str, tmp_path: Path) -> None:
    batches = made_up()
    FORMS[form](tmp_path, batches)
    found = cifar10(tmp_path, complete=False)
    assert same(found, batches, form)
    assert found.X.dtype == found.X_test.dtype == np.uint8
    assert found.labels.dtype == found.labels_test.dtype == np.int64


@pytest.mark.parametrize(
    ("form", "inside"),
    [("binary", "cifar-10-batches-bin"), ("pickled", "cifar-10-batches-py")],
)
def test_the_folder_above_is_enough(form: str, inside: str, tmp_path: Path) -> None:
    (tmp_path / inside).mkdir()
    FORMS[form](tmp_path / inside, batches := made_up(3))
    (tmp_path / inside / "batches.meta").write_bytes(b"not read")
    assert same(cifar10(os.fspath(tmp_path), complete=False), batches, form)


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_batches_pickled_again_by_python_3_are_read(
    protocol: int, tmp_path: Path
) -> None:
    write_as_python_3(tmp_path, batches := made_up(), protocol)
    assert same(cifar10(tmp_path, complete=False), batches, "pickled")


def test_our_imitation_of_python_2_is_a_pickle_that_everybody_reads() -> None:
    X = np.arange(12, dtype=np.uint8).reshape(2, 6)
    content = pickle.loads(as_python_2(X, [3, 1]), encoding="latin1")
    assert np.array_equal(content["data"], X)
    assert content["labels"] == [3, 1]


# A pickle that would do something


class Deed:
    """Its pickle calls a function when it is loaded."""

    def __init__(self, deed: Callable[..., Any], *arguments: Any) -> None:
        self.deed = (deed, arguments)

    def __reduce__(self) -> Any:
        return self.deed


@pytest.mark.parametrize(
    ("deed", "named"),
    [
        (Deed(os.mkdir, "made"), f"{os.mkdir.__module__}.mkdir"),
        (Deed(eval, "1"), "builtins.eval"),
        (Deed(getattr, 3, "real"), "builtins.getattr"),
        (Deed(np.dtype, "O"), r"kind of numbers|'O'"),
    ],
)
def test_a_pickle_that_does_something_is_not_loaded(
    deed: Deed, named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_as_python_3(tmp_path, made_up())
    (tmp_path / NAMES[2]).write_bytes(pickle.dumps({"data": deed, "labels": []}))
    with pytest.raises(pickle.UnpicklingError, match=named):
        cifar10(tmp_path, complete=False)
    assert not (tmp_path / "made").exists()


def test_what_is_no_pickle_of_pictures_is_refused(tmp_path: Path) -> None:
    for content in (["data"], {"data": 3}, {"labels": [1]}, {"data": [], "labels": 3}):
        write_as_python_3(tmp_path, made_up())
        (tmp_path / NAMES[0]).write_bytes(pickle.dumps(content))
        with pytest.raises(ValueError, match="'data' and as many numbers under"):
            cifar10(tmp_path, complete=False)


# What is missing, or too much


@pytest.mark.parametrize("form", ["binary", "pickled"])
def test_missing_batches_are_named(form: str, tmp_path: Path) -> None:
    FORMS[form](tmp_path, made_up(2))
    ending = ".bin" if form == "binary" else ""
    for name in (NAMES[1], NAMES[5]):
        (tmp_path / f"{name}{ending}").unlink()
    missing = f"lacks data_batch_2{ending}, test_batch{ending}$"
    with pytest.raises(FileNotFoundError, match=missing):
        cifar10(tmp_path)


@pytest.mark.parametrize("lacking", ["test/airplane", "train/frog"])
def test_a_missing_class_is_named(lacking: str, tmp_path: Path) -> None:
    write_tree(tmp_path, [(x[:0], k[:0]) for x, k in made_up()])
    (tmp_path / lacking).rmdir()
    with pytest.raises(FileNotFoundError, match=f"lacks {lacking}"):
        cifar10(tmp_path)


def test_a_folder_with_something_else_or_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(FileNotFoundError, match="has none of these"):
        cifar10(tmp_path)
    for place in ("elsewhere", "file"):
        with pytest.raises(FileNotFoundError, match=f"{place} is none"):
            cifar10(tmp_path / place)
    with pytest.raises(TypeError, match="folder: expected a path, got 3"):
        cifar10(3)  # type: ignore[arg-type]


def test_the_whole_set_is_counted(tmp_path: Path) -> None:
    """Five batches with 5000 of each class, and one with 1000, of 3073 bytes each."""
    records = np.zeros((10_000, 3073), np.uint8)
    records[:, 0] = np.arange(10_000) % 10
    for name in NAMES:
        records.tofile(tmp_path / f"{name}.bin")
    found = cifar10(tmp_path)
    assert (found.X.shape, found.X_test.shape) == (
        (50_000, 3, 32, 32),
        (10_000, 3, 32, 32),
    )
    for name, part in ((NAMES[5], "1000 test"), (NAMES[3], "5000 training")):
        with (tmp_path / f"{name}.bin").open("r+b") as file:
            file.write(b"\4")  # the first picture is no longer an airplane
        with pytest.raises(ValueError, match=f"expected {part} pictures of each class"):
            cifar10(tmp_path)


def test_a_tree_with_pictures_missing_says_of_which_class(tmp_path: Path) -> None:
    write_tree(tmp_path, made_up(3))
    with pytest.raises(ValueError, match="of class 0, airplane"):
        cifar10(tmp_path)


def test_batches_of_another_length_are_refused(tmp_path: Path) -> None:
    write_binary(tmp_path, made_up(2))
    with pytest.raises(ValueError, match=r"10000 records of 3073 .* 6146 bytes"):
        cifar10(tmp_path)
    with (tmp_path / "test_batch.bin").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(ValueError, match=r"test_batch.bin, got 6147 bytes"):
        cifar10(tmp_path, complete=False)


def test_pickled_batches_that_are_not_as_published_are_refused(tmp_path: Path) -> None:
    write_pickled(tmp_path, made_up(2))
    with pytest.raises(ValueError, match="data_batch_1 is not as published: its MD5"):
        cifar10(tmp_path)


@pytest.mark.parametrize("form", ["binary", "pickled"])
def test_a_label_that_there_is_not_is_refused(form: str, tmp_path: Path) -> None:
    batches = made_up()
    batches[4][1][3] = 10
    FORMS[form](tmp_path, batches)
    with pytest.raises(ValueError, match=r"data_batch_5\S* has labels other than"):
        cifar10(tmp_path, complete=False)


def test_a_picture_of_another_size_is_refused(tmp_path: Path) -> None:
    write_tree(tmp_path, made_up(2))
    Image.new("RGB", (32, 31)).save(tmp_path / "test" / "ship" / "a.png")
    with pytest.raises(ValueError, match="32 × 32 pixels, got 32 × 31"):
        cifar10(tmp_path, complete=False)


def test_grey_pictures_of_a_tree_become_colours(tmp_path: Path) -> None:
    write_tree(tmp_path, [(x[:0], k[:0]) for x, k in made_up()])
    Image.new("L", (32, 32), 77).save(tmp_path / "train" / "cat" / "a.png")
    found = cifar10(tmp_path, complete=False)
    assert np.array_equal(found.X, np.full((1, 3, 32, 32), 77))
    assert found.labels.tolist() == [3]


def test_without_pillow_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tree(tmp_path, made_up(1))
    for name in [n for n in sys.modules if n.split(".")[0] == "PIL"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "PIL", None)  # type: ignore[arg-type]
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'dlam\[book\]'"):
        cifar10(tmp_path, complete=False)


def test_the_digests_published_belong_to_the_six_batches() -> None:
    assert [*_cifar.PUBLISHED] == NAMES
    assert len({*_cifar.PUBLISHED.values()}) == 6
    assert all(len(bytes.fromhex(md5)) == 16 for md5 in _cifar.PUBLISHED.values())
