"""The boxes of the chapters, resolved as on the page, as Markdown and as HTML.

Sphinx reads the book once into _build/kit/.doctrees, and later what has changed
alone.  Every reference has its number, and leads to the page where that is known.
"""

from __future__ import annotations

import io
import pickle
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
from docutils import nodes
from docutils.utils import new_document
from jupyter_book.config import get_final_config
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from mdit_py_plugins.dollarmath import dollarmath_plugin
from nbformat import NotebookNode
from sphinx.application import ENV_PICKLE_FILENAME, Sphinx
from sphinx_exercise.nodes import exercise_subtitle

from tools import ROOT
from tools.book import Text, load
from tools.pages import repository
from tools.pages.notebooks import Plain, pieces

TREES = ROOT / "_build" / "kit" / ".doctrees"
STAR = "★"
# What a box is by its first class, or by the title of a folded one.
KINDS = {"quick": "quick check", "predict": "prediction", "important": "results"}
KINDS |= {"proof": "statement", "exercise": "exercise", "solution": "answer"}
UNNAMED = {"quick", "predict", "important"}
FOLDED = {"Hint": "hint", "Answer": "answer", "Solution": "answer"}


@dataclass(frozen=True)
class Box:
    """What a box of the book says, in Markdown with marks where a cell stands."""

    label: str
    kind: str  # exercise, quick check, results, or theorem, lemma, …
    number: str
    title: str
    page: str
    chapter: str
    section: str
    text: str
    stars: int = 0
    by: str = ""  # hand, machine, or both
    hint: str = ""
    answer: str = ""

    @property
    def name(self) -> str:
        """Its number and title, as the book has them."""
        named = f"{self.kind.capitalize()} {self.number}".strip()
        return f"{named}: {self.title}" if self.title else named

    @property
    def record(self) -> NotebookNode:
        return _record(self.page)

    @property
    def cells(self) -> list[int]:
        """Which cells of the record its answer shows."""
        return [int(n) for kind, n, _ in pieces(self.answer) if kind == "cell"]


@cache
def _record(page: str) -> NotebookNode:
    record: NotebookNode = nbformat.read(ROOT / "book" / f"{page}.ipynb", as_version=4)
    return record


class Reader:
    """Reads boxes from the trees that Sphinx makes of the book.

    Parameters
    ----------
    trees : Path, optional
        Where a build has left its trees, which are then taken as they are.
    """

    def __init__(self, trees: Path | None = None) -> None:
        settings = {"latex_individualpages": False}
        config, _ = get_final_config(
            user_yaml=ROOT / "_config.yml", sourcedir=ROOT, cli_config=settings
        )
        config["markdown_http_base"] = (repository.site() or "").rstrip("/")
        config["markdown_uri_doc_suffix"] = ".html"
        # Pictures are taken from the records.
        config["suppress_warnings"] = ["mystnb.mime_priority"]
        self.app = Sphinx(
            srcdir=ROOT,
            confdir=None,
            outdir=TREES.with_name(".markdown"),
            doctreedir=trees or TREES,
            buildername="markdown",
            confoverrides=config,
            status=io.StringIO(),
            warning=sys.stderr,
        )
        self.app.builder.init()
        if trees is None:
            self.app.builder.read()
            TREES.joinpath(ENV_PICKLE_FILENAME).write_bytes(pickle.dumps(self.app.env))

    def boxes(self) -> Iterator[Box]:
        """Yield the boxes of all chapters, in the order of the book."""
        chapter = ""
        for text in load().chapters:
            if re.match(r"\d\d-", text.stem):
                chapter = text.title
            yield from self.boxes_of(text, chapter)

    def boxes_of(self, text: Text, chapter: str) -> Iterator[Box]:
        """Yield the boxes of one text."""
        page = f"book/{text.stem}"
        tree = self.app.env.get_and_resolve_doctree(page, self.app.builder)
        found = [(kind, node) for node in tree.findall() if (kind := _kind(node))]
        seen: dict[str, int] = {}
        for n, (kind, node) in enumerate(found):
            if kind in FOLDED.values():
                continue
            told = {"text": self.markdown(page, node)}
            for its, folded in found[n + 1 : n + 3]:
                if its in told or its not in FOLDED.values():
                    break
                told[its] = self.markdown(page, folded)
            how = re.match(r"\([^)]*\)", told["text"])
            by = re.findall(r"\bby (hand|machine)\b", how[0].lower()) if how else []
            heading = _heading(node)
            if not (label := node.get("label")):
                label = f"{text.stem}-{kind.split()[0]}-{nodes.make_id(heading)}"
                seen[label] = seen.get(label, 0) + 1
                label += f"-{seen[label]}" * (seen[label] > 1)
            title = _title(node)
            yield Box(
                label=label,
                kind=node.get("realtype", kind),
                number=Plain.number(self._translator(page), node),
                title=title.replace(STAR, "").strip(" ()"),
                page=text.stem,
                chapter=chapter,
                section=heading,
                stars=title.count(STAR),
                by=" and ".join(by),
                **told,
            )

    def _translator(self, page: str, document: Any = None) -> Plain:
        self.app.builder.current_doc_name = page
        return Plain(document or new_document(page), self.app.builder)

    def markdown(self, page: str, box: nodes.Element) -> str:
        """Return what stands in a box below its title."""
        document = new_document(page)
        for child in box.children:
            inside = child.children if isinstance(child, nodes.section) else [child]
            if not isinstance(child, nodes.title):
                document += [node.deepcopy() for node in inside]
        translator = self._translator(page, document)
        document.walkabout(translator)
        said = translator.astext()
        return re.sub(r"\s*\x02end[^\x03]*\x03\s*", "\n\n", said).strip()


def _kind(node: nodes.Node) -> str:
    """Return what kind of box a node is; nothing for what is none."""
    if not isinstance(node, nodes.Admonition) or not node["classes"]:
        return ""
    if "dropdown" in node["classes"] and "solution" not in node["classes"]:
        return FOLDED.get(_title(node), "")
    return KINDS.get(node["classes"][0], "") if node["classes"] != ["proof"] * 2 else ""


def _title(node: nodes.Element) -> str:
    for title in node.findall(nodes.title):
        its = [*title.findall(exercise_subtitle)] or [title]
        return "" if node["classes"][0] in UNNAMED else its[0].astext()
    return ""


def _heading(node: nodes.Element) -> str:
    """Return the title of the section in which a box stands."""
    while not isinstance(node, nodes.section):
        node = node.parent
    return str(node.next_node(nodes.title).astext())


def shown(box: Box, said: str) -> tuple[str, dict[str, bytes]]:
    """Return Markdown with its cells as the page shows them, and their pictures."""
    parts, files = [], {}
    for kind, about, text in pieces(said):
        if kind == "cell":
            cell = box.record.cells[int(about)]
            parts.append(f"```python\n{cell.source}\n```")
            for output in cell.outputs:
                if svg := output.get("data", {}).get("image/svg+xml"):
                    name = f"{box.label}-{about}.svg"
                    files[name] = svg.encode()
                    alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt")
                    alt = " ".join((alt or "What the cell draws.").split())
                    parts.append(f"![{alt}]({name})")
                elif printed := output.get("text"):
                    parts.append(f"```text\n{printed.rstrip()}\n```")
        parts.append(text)
    return "\n\n".join(part for part in parts if part), files


def delimited(tex: str, display: bool) -> str:
    r"""Return a formula as MathJax finds it: `\( … \)`, or `\[ … \]` if displayed."""
    opened, closed = (r"\[", r"\]") if display else (r"\(", r"\)")
    return f"{opened}{escapeHtml(tex)}{closed}"


def html(text: str, formula: Callable[[str, bool], str] = delimited) -> str:
    """Return Markdown as HTML; `formula` sets a formula, displayed or not."""

    def put(tex: str, options: dict[str, Any]) -> str:
        return formula(tex.strip(), options["display_mode"])

    parser = MarkdownIt("commonmark").enable("table")
    parser.use(dollarmath_plugin, renderer=put, double_inline=False)
    return str(parser.render(text)).strip()


def written(folder: Path, files: dict[str, bytes]) -> None:
    """Put pictures into a folder."""
    for name, content in files.items():
        folder.joinpath(name).write_bytes(content)
