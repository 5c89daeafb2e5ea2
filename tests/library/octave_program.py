"""Runs the program in `octave/`, written to check the library from outside."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.io import savemat

from dlam.paper import Run

PROGRAM = Path(__file__).parent / "octave" / "netbp.m"


def descend(
    run: Run, report: Sequence[int], folder: Path
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Let GNU Octave do the steps of a run.

    Returns the costs at the start and after the steps in `report`, then the
    parameters at the end.  The files to and from Octave are left in `folder`.
    """
    layers = run.net.unpack(run.parameters)
    start = {
        "W": _cells(W for W, _ in layers),
        "b": _cells(b[:, np.newaxis] for _, b in layers),
        "sites": float(len(run.X)),
        "order": run.order + 1.0,
        "eta": run.learning_rate,
        "report": np.array(report, float),
    }
    given, found = folder / "given.mat", folder / "found.txt"
    savemat(given, start)
    # With a history it would complain at the end that it cannot write one.  Where it
    # is stopped, it leaves its memory in the folder that it runs in.
    command = ["octave-cli", "--norc", "--no-history", PROGRAM, given, found]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, cwd=folder)
    costs, parameters = np.split(np.loadtxt(found), [1 + len(report)])
    return costs, parameters


def _cells(arrays: Iterable[NDArray[np.float64]]) -> NDArray[np.object_]:
    """Return what Octave reads as a row of cells, of which the first is empty."""
    listed = [np.empty((0, 0)), *arrays]
    cells = np.empty((1, len(listed)), dtype=object)
    for l, array in enumerate(listed):  # noqa: E741
        cells[0, l] = array
    return cells
