"""Serve the page, and make it anew and load it again whenever a text is saved."""

from __future__ import annotations

import argparse

from tools import ROOT
from tools.pages.generated import is_generated

SAVED = ("book/*.md", "book/*.bib", "book/_static/*", "live/**/*.*", "_*.yml")


def main(arguments: list[str] | None = None) -> int:
    """Serve until it is interrupted."""
    parser = argparse.ArgumentParser(prog="tools preview", description=__doc__)
    parser.add_argument("port", type=int, nargs="?", default=8000)
    port = parser.parse_args(arguments).port
    from livereload import Server, shell

    server = Server()
    again = shell("make record book", cwd=str(ROOT))
    for part in SAVED:
        for path in ROOT.glob(part):
            if not is_generated(path):
                server.watch(str(path), again)
    server.serve(root=str(ROOT / "_build" / "html"), port=port)
    return 0
