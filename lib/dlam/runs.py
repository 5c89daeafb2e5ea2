"""What was measured in runs that are too long for a cell."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

__all__ = ["path", "result"]

HERE = Path(__file__).resolve().parent
# Beside the library's folder in the book; inside it where a notebook carries it.
PLACES = (HERE.parents[1] / "runs", HERE / "_runs")


def path(name: str) -> Path:
    """Return where a file of a run is.

    Parameters
    ----------
    name : str
        The name of the run and of the file, with a slash between them.

    Returns
    -------
    Path

    Raises
    ------
    FileNotFoundError
        If there is no such file: an installed library comes without the runs.

    Examples
    --------
    >>> path("language/prose.txt").name
    'prose.txt'
    """
    for place in PLACES:
        if (place / name).is_file():
            return place / name
    raise FileNotFoundError(
        f"name: expected a file of the folder runs/ of the book, such as "
        f"'copying/result.json', got {name!r}; the library alone comes without them"
    )


def result(name: str) -> Any:
    """Return what a run has measured.

    Parameters
    ----------
    name : str
        The name of the run: it is a folder of runs/, with its program and its result.

    Returns
    -------
    dict

    Raises
    ------
    FileNotFoundError
        If the run has no result here.

    Examples
    --------
    >>> len(result("copying")["runs"])
    30
    """
    return json.loads(path(f"{name}/result.json").read_text("utf-8"))["result"]
