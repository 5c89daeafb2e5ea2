"""Write what the live figure copying-network has learned, in few bytes.

`python runs/copying/page.py` writes it from `one.npy` and `two.npy`; a test holds them
to each other.  Of the four matrices of a layer only two products count, that of the
queries and keys and that of the values and what joins them.  Each matrix is given by
whole numbers from −127 to 127 and a scale of six digits, on which every processor
agrees.
"""

import base64
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent.parent / "live" / "figures" / "copying-network" / "learned.js"
TOKENS, WIDTH = 16, 32


def products(p: np.ndarray) -> list[np.ndarray]:
    """Return the embedding, two matrices for each layer, and the end."""
    sides = TOKENS * WIDTH
    layers = p[sides:-sides].astype(np.float64).reshape(-1, 4, WIDTH, WIDTH)
    embedding = p[:sides].astype(np.float64).reshape(TOKENS, WIDTH) * WIDTH**0.5
    pairs = [(Q @ K.T / WIDTH**0.5, V @ joins) for Q, K, V, joins in layers]
    flat = [matrix for pair in pairs for matrix in pair]
    return [embedding, *flat, p[-sides:].astype(np.float64).reshape(WIDTH, TOKENS)]


def network(name: str, p: np.ndarray) -> list[str]:
    """Return the lines of a network."""
    matrices = products(p)
    scales = [float(f"{np.abs(matrix).max() / 127:.6g}") for matrix in matrices]
    wholes = [np.rint(m / s) for m, s in zip(matrices, scales, strict=True)]
    bytes_ = b"".join(whole.astype(np.int8).tobytes() for whole in wholes)
    return [
        f"  {name}: {{",
        f'    scales: "{" ".join(map(repr, scales))}",',
        f'    wholes:\n      "{base64.b64encode(bytes_).decode()}",',
        "  },",
    ]


def text() -> str:
    """Return the module with the two networks."""
    lines = ["// Written by runs/copying/page.py.", "", "export const NETWORKS = {"]
    for name in ("one", "two"):
        lines += network(name, np.load(HERE / f"{name}.npy"))
    return "\n".join([*lines, "};"]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(text(), "utf-8")
