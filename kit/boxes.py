"""The boxes of the chapters, resolved as on the page, as Markdown and as HTML.

Sphinx reads the book once into _build/.kit/trees, and later what has changed
alone.  Every reference has its number, and leads to the page where that is known.
"""

from __future__ import annotations

import base64
import io
import pickle
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
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
from tools.pages.generated import rendered
from tools.pages.notebooks import Plain, pieces

TREES = ROOT / "_build" / ".kit" / "trees"
STAR = "★"
# What a box is by its first class, or by the title of a folded one.
KINDS = {"quick": "quick check", "predict": "prediction", "important": "results"}
KINDS |= {"proof": "statement", "exercise": "exercise", "solution": "answer"}
UNNAMED = {"quick", "predict", "important"}
FOLDED = {"Hint": "hint", "Answer": "answer", "Solution": "answer"}
PICTURE = re.compile(r'(<img src=")([^":/]+)(")')
Boxes = Sequence[tuple[str, nodes.Element]]


@dataclass(frozen=True)
class Box:
    """What a box of the book says, in Markdown with marks where a cell stands."""

    label: str
    kind: str  # exercise, quick check, prediction, results, or theorem, lemma, …
    number: str
    title: str
    page: str
    chapter: str
    section: str
    text: str
    stars: str = ""
    by: str = ""  # hand, machine, or both
    hint: str = ""
    answer: str = ""

    @property
    def name(self) -> str:
        """Its number and title, as the book has them."""
        return f"{self.kind.capitalize()} {self.number} {self.title}".strip()

    @property
    def cells(self) -> list[int]:
        """Which cells of the record its answer shows."""
        return [int(n) for kind, n, _ in pieces(self.answer) if kind == "cell"]


@cache
def record(page: str) -> NotebookNode:
    """Return the record of a page."""
    read: NotebookNode = nbformat.read(ROOT / "book" / f"{page}.ipynb", as_version=4)
    return read


def opened(trees: Path | None = None) -> Sphinx:
    """Return Sphinx with the book read, or with what another build has read."""
    said = {"latex_individualpages": False}
    config, _ = get_final_config(
        user_yaml=ROOT / "_config.yml", sourcedir=ROOT, cli_config=said
    )
    config |= {
        "markdown_http_base": (repository.site() or "").rstrip("/"),
        "markdown_uri_doc_suffix": ".html",
        "suppress_warnings": ["mystnb.mime_priority"],  # pictures are in the records
    }
    # Where sources and settings are, the outcome, the trees, and by which builder.
    where = (ROOT, None, TREES.with_name("markdown"), trees or TREES, "markdown")
    app = Sphinx(*where, config, status=io.StringIO(), warning=sys.stderr)
    app.builder.init()
    if trees is None:
        # What is asked here numbers equations, figures and boxes.
        [*app.env.check_dependents(app, {*app.builder.read()})]
        TREES.joinpath(ENV_PICKLE_FILENAME).write_bytes(pickle.dumps(app.env))
    return app


def boxes(app: Sphinx) -> Iterator[Box]:
    """Yield the boxes of all chapters, in the order of the book."""
    for chapter, text in chapters():
        yield from boxes_of(app, text, chapter)


def chapters() -> Iterator[tuple[str, Text]]:
    """Yield each text, with the title of the chapter to which it belongs."""
    chapter = ""
    for text in load().chapters:
        chapter = text.title if text.stem[2] == "-" else chapter
        yield chapter, text


def boxes_of(app: Sphinx, text: Text, chapter: str) -> Iterator[Box]:
    """Yield the boxes of one text."""
    page, seen = f"book/{text.stem}", dict[str, int]()
    tree = app.env.get_and_resolve_doctree(page, app.builder)
    app.builder.current_doc_name = page  # type: ignore[attr-defined]
    found = boxes_in(tree)
    for n, (kind, node) in enumerate(found):
        if kind in FOLDED.values():
            continue
        parts = {"text": node} | folded_below(found, n)
        told = {its: markdown(app, part) for its, part in parts.items()}
        heading = heading_of(node)
        if not (label := node.get("label")):
            label = f"{text.stem}-{kind.split()[0]}-{nodes.make_id(heading)}"
            seen[label] = seen.get(label, 0) + 1
            label += f"-{seen[label]}" * (seen[label] > 1)
        kind = node.get("realtype", kind)
        number = Plain.number(Plain(tree, app.builder), node)
        title, stars = title_of(node)
        about = (label, kind, number, title, text.stem, chapter, heading)
        yield Box(*about, stars=stars, by=how_of(told["text"]), **told)


def markdown(app: Sphinx, box: nodes.Element) -> str:
    """Return what stands in a box below its title."""
    document = new_document("")
    for child in box.children:
        inside = child.children if isinstance(child, nodes.section) else [child]
        if not isinstance(child, nodes.title):
            document += [node.deepcopy() for node in inside]
    translator = Plain(document, app.builder)
    document.walkabout(translator)
    return re.sub(r"\s*\x02end[^\x03]*\x03\s*", "\n\n", translator.astext()).strip()


def boxes_in(tree: nodes.Element) -> Boxes:
    """Return the boxes in a tree, each with its kind."""
    return [(kind, node) for node in tree.findall() if (kind := kind_of(node))]


def folded_below(found: Boxes, n: int) -> dict[str, nodes.Element]:
    """Return the hint and the answer below the n-th box, if it has them."""
    its: dict[str, nodes.Element] = {}
    for kind, node in found[n + 1 : n + 3]:
        if kind in its or kind not in FOLDED.values():
            break
        if heading_of(node) != heading_of(found[n][1]):
            break  # it belongs to what this section says without a box
        its[kind] = node
    return its


def kind_of(node: nodes.Node) -> str:
    """Return what kind of box a node is; nothing for what is none."""
    if not isinstance(node, nodes.Admonition) or not node["classes"]:
        return ""
    if "dropdown" in node["classes"] and "solution" not in node["classes"]:
        return FOLDED.get(title_of(node)[0], "")
    return KINDS.get(node["classes"][0], "") if node["classes"] != ["proof"] * 2 else ""


def title_of(node: nodes.Element) -> tuple[str, str]:
    """Return title and stars of a box; no title that only says what kind it is."""
    title = node.next_node(nodes.title)
    if title is None or node["classes"][0] in UNNAMED:
        return "", ""
    said = (title.next_node(exercise_subtitle) or title).astext()
    return said.replace(STAR, "").strip(" ()"), STAR * said.count(STAR)


def heading_of(node: nodes.Element) -> str:
    """Return the title of the section in which a box stands."""
    while not isinstance(node, nodes.section):
        node = node.parent
    # A star marks a section that can be skipped.
    return str(node.next_node(nodes.title).astext()).rstrip(" *")


def how_of(text: str) -> str:
    """Return how an exercise is to be done: what it says in brackets in front."""
    said = re.match(r"\([^)]*\)", text)
    how = re.findall(r"\bby (hand|machine)\b", said[0].lower()) if said else []
    return " and ".join(how)


def shown(box: Box) -> tuple[Box, dict[str, bytes]]:
    """Return a box with its cells as the page shows them, and their pictures."""
    files: dict[str, bytes] = {}

    def cell(n: int) -> Iterator[str]:
        its = record(box.page).cells[n]
        yield f"```python\n{its.source}\n```"
        for output in its.outputs:
            if svg := output.get("data", {}).get("image/svg+xml"):
                files[f"{box.label}-{n}.svg"] = svg.encode()
                alt = its.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
                yield f"![{' '.join(alt.split())}]({box.label}-{n}.svg)"
            elif printed := output.get("text"):
                yield f"```text\n{printed.rstrip()}\n```"

    def said(text: str) -> Iterator[str]:
        for kind, about, below in pieces(text):
            yield from cell(int(about)) if kind == "cell" else ()
            yield below

    parts = {name: getattr(box, name) for name in ("text", "hint", "answer")}
    parts = {its: "\n\n".join(filter(None, said(t))) for its, t in parts.items()}
    return replace(box, **parts), files


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


def moodle(questions: Sequence[tuple[Sequence[str], list[Mapping[str, Any]]]]) -> str:
    """Return questions by their categories as Moodle's XML, pictures inside."""

    filters: dict[str, Callable[..., str]] = {
        "linked": lambda html: PICTURE.sub(r"\1@@PLUGINFILE@@/\2\3", html),
        "enclosed": lambda html: html.replace("]]>", "]]]]><![CDATA[>"),
        "encoded": lambda content: base64.b64encode(content).decode(),
    }
    return rendered("moodle.xml", questions=questions, **filters)
