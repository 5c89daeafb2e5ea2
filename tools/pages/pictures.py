"""Make the pictures light to send, and say which have panels side by side.

Matplotlib writes each place with six decimals and its distance from the corner.
A hundredth of a point is finer than any screen, and steps from one place to the
next are small numbers, often the same: compressed, a map of many shades is a
third of what it was.
"""

from __future__ import annotations

import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

DATA = re.compile(r'(?<= d=")[^"]+')
PART = re.compile(r"([A-Za-z])([^A-Za-z]*)")
WIDTH = re.compile(r'<svg [^>]*\bwidth="([\d.]+)pt"')
# The frame of a pair of axes; that of a scale of colours is narrow.
FRAME = re.compile(r'<g id="axes_\d+">\s*<g id="patch_\d+">\s*<path d="([^"]+)"')
NARROW = 0.12  # of the picture


def shortened(data: str) -> str:
    """Return the data of a path with steps in hundredths in place of its places."""
    said: list[str] = []
    at = start = [0, 0]
    before = ""
    for command, words in PART.findall(data):
        if command == "z":
            said.append(command)
            at, before = start, command
            continue
        if command not in "MLQC":
            return data
        places = [round(100 * float(word)) for word in words.split()]
        steps = [place - at[i % 2] for i, place in enumerate(places)]
        text = " ".join(f"{step / 100:g}" for step in steps).replace(" -", "-")
        said.append((command.lower() if command != before else " ") + text)
        at, before = places[-2:], command
        if command == "M":
            start, before = at, ""
    return "".join(said).replace(" -", "-")


def thin(app: Sphinx, error: Exception | None) -> None:
    """Shorten the paths of all pictures that are drawn."""
    if error or app.builder.format != "html":
        return
    out = Path(app.outdir)
    for picture in [*out.glob("_images/*.svg"), *out.glob("_static/live/**/*.svg")]:
        text = picture.read_text("utf-8")
        if "figure_1" in text:
            picture.write_text(DATA.sub(lambda d: shortened(d[0]), text), "utf-8")


def panels(text: str) -> int:
    """Count the panels of a picture that stand beside each other."""
    width = WIDTH.search(text)
    count, right = 0, float("-inf")
    for frame in sorted(
        [float(x) for x in re.findall(r"[ML] (\S+) ", data)]
        for data in FRAME.findall(text)
    ):
        wide = width is None or max(frame) - min(frame) > NARROW * float(width[1])
        if wide and min(frame) >= right:
            count, right = count + 1, max(frame)
    return count


class SideBySide(SphinxPostTransform):
    """Mark the pictures whose panels a narrow page shows one after the other."""

    default_priority = 400  # after each cell's output has been chosen
    formats = ("html",)

    def run(self, **_: object) -> None:
        for image in self.document.findall(nodes.image):
            file = Path(self.app.srcdir, image["uri"])
            if file.suffix == ".svg" and panels(file.read_text("utf-8")) > 1:
                image["classes"].append("panels")
