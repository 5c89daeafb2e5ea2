"""CIFAR-10: sixty thousand small colour pictures of ten kinds of things.

They are not shipped with the book; a reader downloads them, in either form that the
authors of the data set publish, or has them as a tree of picture files.
"""

import hashlib
import pickle
from collections.abc import Callable, Iterator
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dlam._checks import needed

__all__ = ["CLASSES", "Cifar10", "cifar10"]

# In the order of the labels, 0 to 9.
CLASSES = [
    *["airplane", "automobile", "bird", "cat", "deer"],
    *["dog", "frog", "horse", "ship", "truck"],
]
SIDE = 32
PIXELS = 3 * SIDE * SIDE
BATCHES = [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]
PER_BATCH = 10_000
PER_CLASS = {"training": 5000, "test": 1000}
# The pickled batches as published, by MD5: that is what torchvision checks, too.
PUBLISHED = dict(
    zip(
        BATCHES,
        [
            "c99cafc152244af753f735de768cd75f",
            "d4bba439e000b95fd0a9bffe97cbabec",
            "54ebc095f3ab1f0389bbae665268c751",
            "634d18415352ddfa80567beed471001a",
            "482c414d41f54cd18b22e5b47cb7c3cb",
            "40351d587109b95175f43aff81a1287e",
        ],
        strict=True,
    )
)

Pictures = NDArray[np.uint8]
Labels = NDArray[np.int64]
Part = tuple[Pictures, Labels]


class Cifar10(NamedTuple):
    """Pictures with their labels, for training and for the test.

    Attributes
    ----------
    X : ndarray of uint8, shape (N, 3, 32, 32)
        Red, green and blue from 0 to 255, each row by row from the top.
    labels : ndarray of int, shape (N,)
        From 0 to 9, in the alphabetical order of the classes' names.
    X_test : ndarray of uint8, shape (M, 3, 32, 32)
    labels_test : ndarray of int, shape (M,)
    form : str
        What they were read from: `"binary"` or `"pickled"`, which are the pictures as
        published, or `"tree"`, whose files may have been compressed with losses.
    """

    X: Pictures
    labels: Labels
    X_test: Pictures
    labels_test: Labels
    form: str


def cifar10(folder: str | PathLike[str], complete: bool = True) -> Cifar10:
    """Return the pictures of CIFAR-10, read from a folder on your own disk.

    Parameters
    ----------
    folder : str or path
        A folder with the six binary batches (`data_batch_1.bin`, …, `test_batch.bin`)
        or the six pickled ones (`data_batch_1`, …, `test_batch`), or the folder above
        it, as the archive unpacks; or a folder with the subfolders `train` and
        `test`, in each of which a subfolder for each class, such as `airplane`,
        holds its pictures as files.
    complete : bool, optional
        Whether to accept nothing but the whole data set, 5000 pictures of each class
        for training and 1000 for the test, and pickled batches only as published.
        With False the same forms may hold fewer pictures.

    Returns
    -------
    Cifar10
        In the order of the files; in a tree, class by class.

    Raises
    ------
    FileNotFoundError
        If the folder, a batch or a class is missing; the error says which.
    ValueError
        If a file is none of CIFAR-10, or pictures are missing or too many.
    TypeError
        If `folder` is no path.
    ModuleNotFoundError
        If Pillow, which reads the files of a tree, is not installed.

    Notes
    -----
    A pickle can run any program when it is loaded.  What is loaded here is nothing
    but arrays, lists, numbers and texts; a file that asks for more is refused.

    Source: A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images,
    technical report, University of Toronto, 2009.

    Examples
    --------
    >>> cifar10("no-such-folder")
    Traceback (most recent call last):
    FileNotFoundError: folder: expected a folder, but no-such-folder is none
    """
    try:
        root = Path(folder)
    except TypeError:
        raise TypeError(f"folder: expected a path, got {folder!r}") from None
    if not root.is_dir():
        raise FileNotFoundError(f"folder: expected a folder, but {root} is none")
    form, where = _form(root)
    training, test = FORMS[form](where, complete)
    if complete:
        _counted("training", training[1])
        _counted("test", test[1])
    return Cifar10(*training, *test, form)


def _form(root: Path) -> tuple[str, Path]:
    """Say in which form the pictures are there, and where."""
    for form, inside, mark in (
        ("binary", "cifar-10-batches-bin", "*_batch*.bin"),
        ("pickled", "cifar-10-batches-py", "*_batch*"),
        ("tree", ".", "t*/airplane"),
    ):
        for where in (root, root / inside):
            if any(where.glob(mark)):
                return form, where
    raise FileNotFoundError(
        f"folder: expected batches of CIFAR-10 (data_batch_1, … or data_batch_1.bin, "
        f"…) or the folders train and test with a folder for each class; {root} has "
        "none of these"
    )


def _batches(where: Path, ending: str, read: Callable[[Path], Part]) -> list[Part]:
    paths = [where / f"{name}{ending}" for name in BATCHES]
    if missing := [path.name for path in paths if not path.is_file()]:
        raise FileNotFoundError(f"folder: {where} lacks {', '.join(missing)}")
    parts = [read(path) for path in paths]
    for path, (_, labels) in zip(paths, parts, strict=True):
        if labels.min(initial=0) < 0 or labels.max(initial=0) > 9:
            raise ValueError(f"folder: {path} has labels other than 0, …, 9")
    return parts


def _joined(parts: list[Part]) -> tuple[Part, Part]:
    """Return the first five batches as one, and the last."""
    X, labels = zip(*parts[:-1], strict=True)
    return (np.concatenate(X), np.concatenate(labels)), parts[-1]


def _binary(where: Path, complete: bool) -> tuple[Part, Part]:
    """Read records of one byte for the label, and 3072 for the picture."""

    def read(path: Path) -> Part:
        content = np.fromfile(path, np.uint8)
        rows, rest = divmod(content.size, 1 + PIXELS)
        if rest or (complete and rows != PER_BATCH):
            raise ValueError(
                f"folder: expected {PER_BATCH} records of {1 + PIXELS} bytes in "
                f"{path}, got {content.size} bytes"
            )
        records = content.reshape(rows, 1 + PIXELS)
        return (
            records[:, 1:].reshape(rows, 3, SIDE, SIDE),
            records[:, 0].astype(np.int64),
        )

    return _joined(_batches(where, ".bin", read))


def _pickled(where: Path, complete: bool) -> tuple[Part, Part]:
    """Read dictionaries with the pictures as rows, and a list of labels."""

    def read(path: Path) -> Part:
        found = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
        if complete and found != PUBLISHED[path.name]:
            raise ValueError(
                f"folder: {path} is not as published: its MD5 is {found} and should "
                f"be {PUBLISHED[path.name]}; download it again"
            )
        with path.open("rb") as file:
            content = _NothingButData(file, encoding="latin1").load()
        try:
            X, labels = content["data"], np.array(content["labels"], np.int64)
            return X.reshape(labels.size, 3, SIDE, SIDE), labels
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f"folder: expected pictures as rows of {PIXELS} bytes under 'data' and "
                f"as many numbers under 'labels' in {path}; {error}"
            ) from None

    return _joined(_batches(where, "", read))


class _NothingButData(pickle.Unpickler):
    """Loads arrays of bytes, and nothing that could run a program."""

    def find_class(self, module: str, name: str) -> Any:
        known: dict[tuple[str, str], Any] = {
            ("numpy.core.multiarray", "_reconstruct"): _no_bytes_yet,
            ("numpy", "ndarray"): _no_bytes_yet,
            ("numpy", "dtype"): _bytes,
            ("_codecs", "encode"): _encoded,  # how Python 3 writes bytes for Python 2
        }
        try:
            return known[module.replace("numpy._core", "numpy.core"), name]
        except KeyError:
            raise pickle.UnpicklingError(
                f"a file of CIFAR-10 holds arrays of bytes, lists, numbers and texts; "
                f"this one asks for {module}.{name}, and is not loaded"
            ) from None


def _no_bytes_yet(*_: object) -> Pictures:
    """Return an array to which the pickle then gives its shape and content."""
    return np.empty(0, np.uint8)


def _bytes(code: str, *_: object) -> np.dtype[np.uint8]:
    """Return the one kind of numbers that a file of CIFAR-10 has."""
    if code != "u1":
        raise pickle.UnpicklingError(f"expected bytes, 'u1', got numbers {code!r}")
    return np.dtype(np.uint8)


def _encoded(text: str, encoding: str) -> bytes:
    return text.encode(encoding)


def _tree(where: Path, complete: bool) -> tuple[Part, Part]:
    """Read one picture a file, class by class, in the order of their names."""
    image = needed("PIL.Image", "book")

    def pictures(part: str) -> Iterator[tuple[Pictures, int]]:
        for label, name in enumerate(CLASSES):
            kind = where / part / name
            if not kind.is_dir():
                raise FileNotFoundError(f"folder: {where} lacks {part}/{name}")
            for path in sorted(kind.iterdir()):
                with image.open(path) as file:
                    picture = np.asarray(file.convert("RGB"))
                if picture.shape != (SIDE, SIDE, 3):
                    raise ValueError(
                        f"folder: expected {SIDE} × {SIDE} pixels, got "
                        f"{picture.shape[1]} × {picture.shape[0]} in {path}"
                    )
                yield picture.transpose(2, 0, 1), label

    def read(part: str) -> Part:
        found = [*pictures(part)]
        X = np.array([x for x, _ in found], np.uint8).reshape(-1, 3, SIDE, SIDE)
        return X, np.array([label for _, label in found], np.int64)

    return read("train"), read("test")


FORMS = {"binary": _binary, "pickled": _pickled, "tree": _tree}


def _counted(part: str, labels: Labels) -> None:
    counts = np.bincount(labels, minlength=10)
    wrong = np.flatnonzero(counts != PER_CLASS[part])
    if wrong.size:
        i = wrong[0]
        raise ValueError(
            f"folder: expected {PER_CLASS[part]} {part} pictures of each class, got "
            f"{counts[i]} of class {i}, {CLASSES[i]}"
        )
