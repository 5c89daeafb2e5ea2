"""Write what the live figure draw-a-digit has learned, in few bytes.

`python runs/shifts/page.py` writes it from `convolutional.npy`; a test holds the two
to each other.  Each part of the parameters is given by whole numbers from −127 to 127
and a scale, each example by a digit from 0 to f for each pixel.
"""

import base64
from pathlib import Path

import numpy as np

from dlam import data

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent.parent / "live" / "figures" / "draw-a-digit" / "learned.js"
PARTS = (200, 8, 3200, 16, 2560, 10)
FIRST = 4000  # the first picture that the network has not learned from


def rounded(p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the whole numbers, and the scale of each part."""
    parts = np.split(p.astype(np.float64), np.cumsum(PARTS)[:-1])
    scales = np.array([np.abs(part).max() / 127 for part in parts])
    wholes = [np.rint(q / s) for q, s in zip(parts, scales, strict=True)]
    return np.concatenate(wholes).astype(np.int8), scales


def text(p: np.ndarray) -> str:
    """Return the module with these parameters."""
    wholes, scales = rounded(p)
    greys = np.rint(15 * data.mnist().X[FIRST : FIRST + 10]).astype(int)
    examples = ["".join(f"{g:x}" for g in one).rstrip("0") for one in greys]
    lines = [
        "// Written by runs/shifts/page.py; the examples are of MNIST.",
        "",
        "export const SCALES =",
        f'  "{" ".join(map(repr, scales.tolist()))}"',
        '    .split(" ")',
        "    .map(Number);",
        "export const WEIGHTS =",
        f'  "{base64.b64encode(wholes.tobytes()).decode()}";',
        "export const EXAMPLES = [",
        *(f'  "{one}",' for one in examples),
        "];",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(text(np.load(HERE / "convolutional.npy")), "utf-8")
