"""Two editions of the PDF: EDITION=student and EDITION=instructor.

The student's leaves out the solutions of the exercises and the answers to the quick
checks; hints stay, and so does what is said after a prediction, for the text goes on
from there.  The instructor's has all of it, and a table of the exercises.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref, start_of_file
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ConfigError
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import texescape

from kit.boxes import boxes_in, folded_below, how_of, title_of
from tools import ROOT
from tools.book import load
from tools.pages.generated import rendered
from tools.programs import missing

NAMES = {"student": "Student’s edition", "instructor": "Instructor’s edition"}
PDF = "deep-learning-for-applied-mathematicians"


def asked() -> str:
    """Return which edition is asked for; nothing for the book as it is."""
    said = os.environ.get("EDITION", "")
    if said and said not in NAMES:
        raise ConfigError(f"EDITION={said}: expected {' or '.join(NAMES)}")
    return said


def name(app: Sphinx, config: Config) -> None:
    """Say on the title page which edition it is."""
    if said := asked():
        config.latex_elements = config.latex_elements | {"releasename": NAMES[said]}


class Edition(SphinxPostTransform):
    """Leave out what a student's edition does not show, or add the table."""

    default_priority = 4  # before references are resolved, and what is printed moves
    formats = ("latex",)

    def run(self, **_: Any) -> None:
        if asked() == "student":
            found = boxes_in(self.document)
            for n, (kind, _) in enumerate(found):
                answer = folded_below(found, n).get("answer")
                if kind in ("exercise", "quick check") and answer:
                    answer.parent.remove(answer)
        elif asked() == "instructor":
            self.table()

    def table(self) -> None:
        """Put a table of all exercises behind the last chapter that has any."""
        places = {
            label: [h.title for h in text.headings if h.line < line][-1]
            for text in load().chapters
            for label, line in text.labels.items()
        }
        numbers = self.env.toc_fignumbers.values()
        known = {k: n for its in numbers for k, n in its.get("exercise", {}).items()}
        found, rows = boxes_in(self.document), []
        for n, (kind, node) in enumerate(found):
            if kind == "exercise":
                number = ".".join(map(str, known[node["label"]]))
                how = how_of(node.next_node(nodes.paragraph).astext())
                its = [node, *folded_below(found, n).values()]
                about = (*title_of(node), how, drawn_on(its, places))
                rows.append((node["label"], number, *about))
                last = node
        # The outermost file that holds it: a node's own parents end at its file.
        files = self.document.findall(start_of_file)
        chapter = next(file for file in files if last in [*file.findall()])
        tex = rendered("exercises.tex", exercises=rows, tex=texescape.escape)
        raw = nodes.raw("", tex, format="latex")
        chapter.parent.insert(chapter.parent.index(chapter) + 1, raw)


def drawn_on(some: list[nodes.Element], places: dict[str, str]) -> str:
    """Return the sections whose equations, figures and theorems these boxes name."""
    refs = [ref.get("reftarget") for node in some for ref in node.findall(pending_xref)]
    its = dict.fromkeys(places[ref] for ref in refs if ref in places)
    return re.sub(
        r"\$|\s*\\\*", "", "; ".join(one for one in its if one != "Exercises")
    )


def write(folder: Path) -> None:
    """Print both editions, as `make pdf` does."""
    if sentence := missing("latexmk", "xelatex", "rsvg-convert"):
        sys.exit(sentence)
    program = Path(sys.executable).with_name("jupyter-book")
    options = ["--quiet", "-W", "-n", "--keep-going", "--builder", "pdflatex"]
    out = ROOT / "_build" / "editions"  # not where `make pdf` has printed the book
    options += ["--path-output", str(out)]
    for edition in NAMES:
        environment = os.environ | {"EDITION": edition}
        subprocess.run([program, "build", *options, ROOT], check=True, env=environment)
        shutil.copy(out / "_build" / "latex" / f"{PDF}.pdf", folder / f"{edition}.pdf")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("config-inited", name)
    app.add_post_transform(Edition)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
