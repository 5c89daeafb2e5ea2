"""What the index and the search are made of: terms, entries, and sections in words.

The search of Sphinx knows which words are on which page, and a page of this book has
thirty sections and more.  Ours knows sections (book/_static/search.js finds them): for
each its title, its entries in the index, and its prose, without code and formulas.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

from tools.book.model import CHAPTER, Text
from tools.pages.glossary import terms_of

SILENT = (nodes.title, nodes.literal_block, nodes.raw, nodes.comment)
FORMULAS = (nodes.math, nodes.math_block)
FOLDED = {"dropdown", "toctree-wrapper"}  # answers are not given away
KEPT = "{}.sections.json"  # of a page; they outlast a build that leaves the page alone


class TermsInTheIndex(SphinxTransform):
    """Enter each term into the index where it stands in bold, which defines it."""

    default_priority = 500

    def apply(self, **_: Any) -> None:
        path = Path(self.env.srcdir, f"{self.env.docname}.md")
        if not CHAPTER.match(path.name):
            return
        bold = list(self.document.findall(nodes.strong))
        for term in terms_of(Text.read(path)):
            form = term.spelt(r"\A", r"\Z")
            there = (node for node in bold if form.match(_plain(node)))
            if (node := next(there, None)) is not None:
                target = f"term-{nodes.make_id(term.name)}"
                node["ids"].append(target)
                entry = ("single", term.name, target, "main", None)
                place = node.parent.index(node)
                node.parent.insert(place, addnodes.index(entries=[entry]))


def _plain(node: nodes.Node) -> str:
    return str(node.astext()).replace("’", "'")


def titled(node: nodes.Node) -> bool:
    """Say whether a node is a section of the text; those of boxes have no title."""
    return isinstance(node, nodes.section) and isinstance(node[0], nodes.title)


def said(node: nodes.Node) -> str:
    """Return the prose of a node, with a mark for each formula."""
    if isinstance(node, nodes.Text):
        return str(node.astext())
    if isinstance(node, FORMULAS):
        return "…"
    if isinstance(node, SILENT) or "nb_element" in node.attributes or titled(node):
        return ""
    if FOLDED & {*node.get("classes", [])}:
        return ""
    between = "" if isinstance(node, nodes.TextElement) else "\n"
    return between.join(filter(None, map(said, node.children)))


def entries(section: nodes.section) -> Iterator[tuple[str, int]]:
    """Yield the entries of a section in the index, and whether each is a main one."""
    for index in section.findall(addnodes.index):
        above = index.parent
        while not titled(above):
            above = above.parent
        for kind, entry, _, main, _ in index["entries"] if above is section else ():
            yield entry.split(";")[0] if "see" in kind else entry, int(main == "main")


def keep(
    app: Sphinx, page: str, template: str, context: dict[str, Any], tree: Any
) -> None:
    """Keep what the search must know of a page: its sections, and what is numbered."""
    if tree is None:
        return
    numbers = app.env.toc_secnumbers.get(page, {})
    sections = []
    for section in tree.findall(titled):
        top = section.parent is tree
        anchor = "" if top else f"#{section['ids'][0]}"
        number = ".".join(map(str, numbers.get(anchor, ())))
        title = section[0].astext().removesuffix(" *")
        text = " ".join("\n".join(map(said, section.children)).split())
        sections.append([page, anchor, number, title, [*entries(section)], text])
    numbered = [
        [page, f"#{anchor}", ".".join(map(str, number)), kind]
        for kind, its in app.env.toc_fignumbers.get(page, {}).items()
        for anchor, number in its.items()
    ]
    path = Path(app.doctreedir, KEPT.format(page))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([sections, numbered]), "utf-8")


def write(app: Sphinx) -> None:
    """Write what is kept of all pages where the search finds it, in a folder too."""
    kept = [
        json.loads(path.read_text("utf-8"))
        for page in sorted(app.env.found_docs - {"genindex"})
        if (path := Path(app.doctreedir, KEPT.format(page))).exists()
    ]
    sections, numbered = ([row for page in kept for row in page[n]] for n in (0, 1))
    data = json.dumps([sections, numbered], ensure_ascii=False)
    Path(app.outdir, "_static", "sections.js").write_text(
        f"const [SECTIONS, NUMBERED] = {data};\n", "utf-8"
    )
