"""The book for an e-reader, by Sphinx's builder of EPUB and with the book's pages.

What a page folds away stands at the end of its chapter, with links there and back;
code that a page folds away is left out, as in print.  Formulas are MathML with
their TeX.  There is no script, and nothing that has to be fetched.
"""

from __future__ import annotations

import html
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import yaml
from docutils import nodes
from jinja2 import Environment
from sphinx.application import Sphinx
from sphinx.builders.epub3 import Epub3Builder
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx_exercise.nodes import solution_node

from tools import ROOT
from tools.pages import extension

NAME = "deep-learning-for-applied-mathematicians"
END = "solutions-and-answers"
HERE = Path(__file__).parent
SHEETS = ("pygments.css", "epub.css")  # the latter is the name of the theme's, too
COVER = ROOT / "book" / "images" / "cover-tall.png"
LICENCE = "https://creativecommons.org/licenses/by/4.0/"
METADATA = """\
    <meta property="dcterms:license">{{ licence }}</meta>
    {%- for mode in ("textual", "visual") %}
    <meta property="schema:accessMode">{{ mode }}</meta>
    {%- endfor %}
    <meta property="schema:accessModeSufficient">textual</meta>
    {%- for feature in ("alternativeText", "MathML", "latex", "readingOrder",
                        "structuralNavigation", "tableOfContents", "index") %}
    <meta property="schema:accessibilityFeature">{{ feature }}</meta>
    {%- endfor %}
    <meta property="schema:accessibilityHazard">none</meta>
    <meta property="schema:accessibilitySummary">Every figure has a description,
      every formula is MathML with its TeX, and solutions are linked from the
      exercises and back.</meta>
  </metadata>"""


class Book(Epub3Builder):  # type: ignore[misc, unused-ignore]
    """Sphinx's builder, without what only a browser needs."""

    html_tag = Epub3Builder.html_tag.replace(">", ' lang="en-GB" xml:lang="en-GB">')

    def add_css_file(self, filename: str, **attributes: Any) -> None:
        if filename in SHEETS:
            super().add_css_file(filename)

    def add_js_file(self, filename: str, **attributes: Any) -> None:
        """Leave out whatever an extension wants to run."""

    def prepare_writing(self, docnames: set[str]) -> None:
        super().prepare_writing(docnames)
        self.domain_indices = []

    def copy_static_files(self) -> None:
        static = Path(self.outdir, "_static")
        static.mkdir(exist_ok=True)
        self.create_pygments_style_file()
        shutil.copy(HERE / "epub.css", static)
        shutil.copy(COVER, static / "cover.png")

    def get_toc(self) -> None:
        root = self.config.root_doc
        self.refnodes = [*self.entries(root, 1)]
        for page in self.env.toctree_includes.get(root, ()):
            self.refnodes += self.entries(page, 1)

    def entries(self, page: str, level: int) -> Iterator[dict[str, Any]]:
        """Yield what the table of contents has of a page, and of those below it."""
        root = page == self.config.root_doc
        for place in self.env.tocs[page].findall(nodes.reference):
            depth = level - 1
            around = place.parent
            while around is not None:
                depth += isinstance(around, nodes.bullet_list)
                around = around.parent
            if depth <= (1 if root else self.config.epub_tocdepth):
                anchor = place["anchorname"]
                number = self.env.toc_secnumbers.get(page, {}).get(anchor, ())
                title = " ".join([".".join(map(str, number)), place.astext()]).strip()
                yield {
                    "level": depth,
                    "refuri": html.escape(self.get_target_uri(page) + anchor),
                    "text": html.escape(title),
                }
        for below in () if root else self.env.toctree_includes.get(page, ()):
            yield from self.entries(below, level + 1)

    def content_metadata(self) -> dict[str, Any]:
        day = f"{cited()['date-released']}T00:00:00Z"
        return super().content_metadata() | {"date": day}

    def toc_metadata(self, level: int, navpoints: Any) -> dict[str, Any]:
        uid = {"uid": self.config.epub_identifier}
        return super().toc_metadata(level, navpoints) | uid

    def build_content(self) -> None:
        """Write what the book says of itself, and add what Sphinx leaves out."""
        for path in Path(self.outdir, "_static").iterdir():
            if path.name not in (*SHEETS, "cover.png"):  # of some extension
                path.unlink()
        super().build_content()
        path = Path(self.outdir, "content.opf")
        more = Environment(autoescape=True).from_string(METADATA)
        text = path.read_text("utf-8")
        text = re.sub(r"\s*<dc:contributor>.*?</dc:contributor>", "", text)
        text = text.replace("  </metadata>", more.render(licence=LICENCE))
        seen: set[str] = set()
        lines = []
        for line in text.splitlines():
            item = re.search(r'<item .*href="([^"]+)"', line)
            if item and has_formula(Path(self.outdir, item[1])):
                line = line.replace(" />", ' properties="mathml" />')
            elif item and item[1] == "_static/cover.png":
                line = line.replace(" />", ' properties="cover-image" />')
            place = re.search(r'<itemref (idref="[^"]+")', line)
            if not place or place[1] not in seen:  # the index and the cover come twice
                lines.append(line)
            seen |= {place[1]} if place else set()
        path.write_text("\n".join(lines) + "\n", "utf-8")


def has_formula(page: Path) -> bool:
    """Say whether a file is a page with a formula."""
    its = page.suffix == ".xhtml" and page.exists()
    return its and "<math" in page.read_text("utf-8")


def cited() -> dict[str, Any]:
    """Return what the book is cited by."""
    about: dict[str, Any] = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    return about


def begin(app: Sphinx) -> None:
    """Say what the book is, and leave aside what is done for pages on the web."""
    if app.builder.name != Book.name:
        return
    config = app.config
    config.epub_exclude_files = [extension.UNFINISHED, "index.html"]
    config.epub_cover = ("_static/cover.png", "cover-page.html")
    config.epub_description = cited()["abstract"]
    config.epub_identifier = uuid5(NAMESPACE_URL, f"{NAME}/{config.version}").urn
    config.epub_copyright = f"Text and figures: CC BY 4.0, {LICENCE} Code: MIT."
    for event in ("html-page-context", "html-collect-pages"):
        app.events.listeners[event].clear()
    app.connect("html-page-context", extension.mend_page)


class WithoutHiddenCode(SphinxPostTransform):
    """Leave out the code that a page folds away, and show what it folds of outputs."""

    default_priority = 100  # before it is folded
    builders = (Book.name,)

    def run(self, **_: Any) -> None:
        for cell in self.document.findall(nodes.container):
            if cell.attributes.pop("hide_mode", "output") != "output":
                cell[:] = [e for e in cell if e.get("nb_element") != "cell_code_source"]


class StillFigures(SphinxPostTransform):
    """Say of a live figure where it is alive; nothing else of a page's HTML is kept."""

    default_priority = 300
    builders = (Book.name,)

    def run(self, **_: Any) -> None:
        where = self.config.html_baseurl
        for raw in list(self.document.findall(nodes.raw)):
            live = extension.LIVE.search(raw.astext())
            said = nodes.paragraph("", "Alive at ", classes=["live-address"])
            if where and live:
                link = f"{where}{self.env.docname}.html#{live[1]}"
                said += nodes.reference("", link, refuri=link)
                raw.replace_self(said)
            else:
                raw.parent.remove(raw)


class AnswersAtTheEnd(SphinxPostTransform):
    """Move what a page folds away to its end, section by section."""

    default_priority = 800
    builders = (Book.name,)

    def run(self, **_: Any) -> None:
        folded = [box for box in self.document.findall(nodes.Admonition) if folds(box)]
        if not folded:
            return
        # Sphinx takes the number of a section that it does not know for the page's.
        numbers = self.env.toc_secnumbers.get(self.env.docname, {})
        numbers[f"#{END}"] = ()
        title = nodes.title("", "Solutions and answers")
        end = nodes.section("", title, ids=[END])
        section = None
        for n, box in enumerate(folded, 1):
            if (around := ancestor(box, nodes.section)) is not section:
                section = around
                part = nodes.section("", section[0].deepcopy(), ids=[f"answers-{n}"])
                numbers[f"#answers-{n}"] = numbers.get(f"#{section['ids'][0]}", ())
                end += part
            box["ids"] = box["ids"] or [f"answer-{n}"]
            box["classes"].remove("dropdown")
            its = link(kind(box), box["ids"][0])
            its["ids"] = [f"asked-{n}"]
            here, index = box.parent, box.parent.index(box)
            here.remove(box)
            before = here[index - 1] if index else None
            if isinstance(before, nodes.paragraph) and "folded" in before["classes"]:
                before += [nodes.Text(" · "), its]  # a hint and the solution
            else:
                here.insert(index, nodes.paragraph("", "", its, classes=["folded"]))
            box += nodes.paragraph("", "", link("Back", f"asked-{n}"), classes=["back"])
            part += box
        next(self.document.findall(nodes.section)).append(end)


def folds(box: Any) -> bool:
    """Say whether a page folds a box away, and not one around it."""
    around = ancestor(box, nodes.Admonition)
    while around is not None and "dropdown" not in around["classes"]:
        around = ancestor(around, nodes.Admonition)
    return "dropdown" in box["classes"] and around is None


def ancestor(node: Any, kind: type) -> Any:
    """Return the nearest node of a kind around a node, or None."""
    node = node.parent
    while node is not None and not isinstance(node, kind):
        node = node.parent
    return node


def kind(box: Any) -> str:
    """Return what the link to a box says."""
    return "Solution" if isinstance(box, solution_node) else box[0].astext()


def link(text: str, target: str) -> nodes.reference:
    """Return a link within a page."""
    return nodes.reference("", text, refid=target, internal=True)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_builder(Book, override=True)
    app.connect("builder-inited", begin)
    for transform in (WithoutHiddenCode, StillFigures, AnswersAtTheEnd):
        app.add_post_transform(transform)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def write(folder: Path) -> None:
    """Make the book and put it into the folder; a warning is an error."""
    program = Path(sys.executable).with_name("jupyter-book")
    options = ["--quiet", "-W", "-n", "--keep-going", "--builder", "custom"]
    subprocess.run(
        [program, "build", *options, "--custom-builder", Book.name, ROOT], check=True
    )
    shutil.copy(ROOT / "_build" / Book.name / f"{NAME}.epub", folder)
