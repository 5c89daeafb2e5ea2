"""Leave in the fonts of icons, which the theme brings, what the pages show.

The theme loads whole fonts, 156 kB on every page and 118 kB for the mark of GitHub
alone; the book shows a dozen of their icons.
"""

from __future__ import annotations

import re
from pathlib import Path

import pydata_sphinx_theme
from fontTools import subset
from sphinx.application import Sphinx

THEME = Path(pydata_sphinx_theme.__file__).parent / "theme/pydata_sphinx_theme/static"
FONTS = {  # of each family, as style sheets name it
    family: f"vendor/fontawesome/webfonts/{file}.woff2"
    for family, file in (("Free", "fa-solid-900"), ("Brands", "fa-brands-400"))
}
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
    """Put smaller fonts in place of the theme's."""
    if error or app.builder.name != "html":
        return
    options, letters = subset.Options(flavor="woff2"), shown(Path(app.outdir))
    for path in FONTS.values():
        font = subset.load_font(THEME / path, options)
        chosen = subset.Subsetter(options)
        chosen.populate(unicodes=letters)
        chosen.subset(font)
        subset.save_font(font, Path(app.outdir, "_static", path), options)
