"""Leave in the font of icons, which the theme brings, what the pages show.

The theme loads the whole font, 156 kB, on every page; the book shows a dozen of it.
"""

from __future__ import annotations

import re
from pathlib import Path

import pydata_sphinx_theme
from fontTools import subset
from sphinx.application import Sphinx

THEME = Path(pydata_sphinx_theme.__file__).parent / "theme/pydata_sphinx_theme/static"
FONT = "vendor/fontawesome/webfonts/fa-solid-900.woff2"
RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")


def shown(out: Path) -> set[int]:
    """Return the letters of the icons that the style sheets or the pages name."""
    pages = "".join(page.read_text("utf-8") for page in out.rglob("*.html"))
    named = {*re.findall(r"\bfa-([\w-]+)", pages)}
    letters = set()
    for sheet in (out / "_static").rglob("*.css"):
        for selector, said in RULE.findall(sheet.read_text("utf-8")):
            names = {*re.findall(r"\.fa-([\w-]+)", selector)}
            if not names or names & named:
                letters |= {*re.findall(r'"\\(f[0-9a-f]{3})"', said)}
    return {int(letter, 16) for letter in letters}


def thin(app: Sphinx, error: Exception | None) -> None:
    """Put the smaller font in place of the theme's."""
    if error or app.builder.name != "html":
        return
    options = subset.Options(flavor="woff2")
    font = subset.load_font(THEME / FONT, options)
    chosen = subset.Subsetter(options)
    chosen.populate(unicodes=shown(Path(app.outdir)))
    chosen.subset(font)
    subset.save_font(font, Path(app.outdir, "_static", FONT), options)
