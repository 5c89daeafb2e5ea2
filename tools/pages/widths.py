"""How wide a formula in MathML is, so that an e-reader can make it fit the page.

A page of an e-reader cannot be moved sideways, and nobody knows beforehand how wide
it is.  So each displayed formula says how wide it is by itself, and the style sheet
makes it smaller where that is more than there is.  The width is estimated from the
signs; a test compares the estimates with what a browser measures.
"""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

__all__ = ["ems"]

SCRIPT = 0.72  # the size of what is raised or lowered
RELATION = 1.3  # the width of = or +, with its space, in em
OTHERS = dict.fromkeys(",;:.|∣!/′", 0.45) | dict.fromkeys(("", "\u2061", "\u2062"), 0.0)
OTHERS |= {"∑": 1.5, "∏": 1.35, "∫": 1.0, "⋅": 0.75, "∥": 0.6, "∂": 0.6, "∇": 0.8}
BRACKETS = {*"()[]{}⟨⟩⌊⌋⌈⌉"}


def ems(node: Element) -> float:
    """Estimate the width of MathML, in em."""
    tag, parts, said = node.tag.rpartition("}")[2], [*node], node.text or ""
    if tag in ("mi", "mn", "mtext"):
        spaces = sum(map(str.isspace, said))
        letter = 0.57 if tag == "mi" and len(said) == 1 else 0.5
        return letter * (len(said) - spaces) + 0.22 * spaces
    if tag == "mo":
        if said in BRACKETS:
            fixed = node.get("stretchy") == "false"
            return 0.42 if fixed else 0.6 if node.get("minsize") else 0.8
        return OTHERS.get(said, RELATION)
    if tag == "mspace":
        return float(re.sub(r"em$", "", node.get("width", "0em")))
    widths = [ems(part) for part in parts if not part.tag.endswith("annotation")]
    if tag in ("msub", "msup", "msubsup"):
        return widths[0] + SCRIPT * max(widths[1:])
    if tag in ("munder", "mover", "munderover"):
        around = 0 if node.get("accent") == "true" else SCRIPT * max(widths[1:])
        return max(widths[0], around)
    if tag == "mfrac":
        return max(widths) + 0.25
    if tag == "mtable":
        rows = [[ems(cell) for cell in row] for row in parts]
        columns = max(map(len, rows))
        each = [max(row[n] for row in rows if n < len(row)) for n in range(columns)]
        return sum(each) + 0.8 * columns
    return sum(widths) + (0.9 if tag in ("msqrt", "mroot", "menclose") else 0)
