"""What a build of many pages would do again for each reference, done once.

- A reference by number reads the tree of the whole page that it leads to.
- A citation asks every installed package for styles of bibliographies.
- Sphinx's search is left out: ours finds sections (finding.py).
- Python looks for circles of unused objects, of which the trees of a book are full
  and which it needs until the end: a third of the time of a build.
"""

from __future__ import annotations

import gc
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import pybtex.plugin
from sphinx.application import Sphinx
from sphinx.domains.std import StandardDomain

TREES = 16  # kept at a time: what a page leads to is mostly near it


class Reader:
    """The environment of a build, for whoever reads the trees and changes none."""

    def __init__(self, env: Any) -> None:
        self._env = env
        self.get_doctree = lru_cache(TREES)(env.get_doctree)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._env, name)


class References(StandardDomain):
    """Sphinx's own references, which read a page for many of them at once."""

    _reader: Any = None

    def _resolve_numref_xref(self, env: Any, *asked: Any, **named: Any) -> Any:
        self._reader = self._reader or Reader(env)
        env = self._reader
        return super()._resolve_numref_xref(env, *asked, **named)


def leave_search(app: Sphinx) -> None:
    """Keep the page of the search, without an index of words."""
    if app.builder.name == "html":
        app.builder.search = False  # type: ignore[attr-defined]
        app.config.html_additional_pages["search"] = "search.html"


def discard_search(app: Sphinx, _: Exception | None) -> None:
    """Take away the scripts that would read the index of words."""
    for name in ("language_data.js", "searchtools.js"):
        Path(app.outdir, "_static", name).unlink(missing_ok=True)


def look_again(*_: Any) -> None:
    gc.enable()


def setup(app: Sphinx) -> None:
    gc.disable()
    app.add_domain(References, override=True)
    pybtex.plugin._load_entry_point = cache(pybtex.plugin._load_entry_point)
    app.connect("builder-inited", leave_search)
    app.connect("build-finished", discard_search)
    app.connect("build-finished", look_again)
