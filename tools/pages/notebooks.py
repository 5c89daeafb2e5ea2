"""Notebooks for readers: each chapter in plain Markdown and code, for any Jupyter.

They are made when the page is built, from the tree of nodes in which every reference,
number and citation is resolved already, and lie beside the page: complete, for a
student (cells to fill in place of the solutions), and blank (no outputs).  The first
cell of each carries the library.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
import tomllib
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
from docutils import nodes
from nbformat import NotebookNode
from nbformat.corpus.words import generate_corpus_id
from nbformat.v4 import new_notebook
from sphinx.application import Sphinx
from sphinx_markdown_builder.builder import MarkdownBuilder
from sphinx_markdown_builder.translator import MarkdownTranslator

from tools import ROOT
from tools.book.names import names
from tools.pages import repository
from tools.pages.generated import rendered
from tools.record.notebook import KERNEL, read_of_runs

# What the name of a variant ends in, and what the button says.
ENDS = {
    "": "Notebook",
    "-student": "Notebook without solutions",
    "-blank": "Notebook without outputs",
}
ALL = "notebooks.zip"
OLDEST = "3.11"  # of the versions of Python that the project admits
MARK = re.compile(r"\s*\x02(\w+)(?: ([^\x03]*))?\x03\s*")  # as the translator leaves it
CARRIED = ("fast", "plots", "solvers", "torch")  # extras that the notebooks use
CPU = "https://download.pytorch.org/whl/cpu"
OPTIONAL = {"torch": r"\btorch\b", "sklearn": r"\bsklearn\b"}


class Plain(MarkdownTranslator):  # type: ignore[misc, unused-ignore]
    """Turn a resolved tree into Markdown, with marks for cells and what is folded."""

    def number(self, node: Any) -> str:
        """Return the number that the page gives to a formula, a figure or a box."""
        known = self.builder.env.toc_fignumbers.get(self.builder.current_doc_name, {})
        found = [kind[i] for kind in known.values() for i in node["ids"] if i in kind]
        return ".".join(map(str, found[0])) if found else ""

    def mark(self, kind: str, about: str = "") -> None:
        self.add(f"\x02{kind} {about}\x03", prefix_eol=2, suffix_eol=2)

    def visit_math(self, node: Any) -> None:
        self.add(f"${node.astext()}$")
        raise nodes.SkipNode

    def visit_math_block(self, node: Any) -> None:
        tex = "\n".join(line for line in node.astext().split("\n") if line.strip())
        if node.get("label") and (number := self.number(node)):
            tex += f"\n\\tag{{{number}}}"
        self.add(f"$$\n{tex}\n$$", prefix_eol=2, suffix_eol=2)
        raise nodes.SkipNode

    def visit_container(self, node: Any) -> None:
        if node.get("nb_element") != "cell_code":
            return
        self.mark("cell", str(node["cell_index"]))
        for figure in node.findall(nodes.figure):
            self.add(f"**Fig. {self.number(figure)}.** ", prefix_eol=2)
            for caption in figure.findall(nodes.caption):
                for child in caption.children:
                    child.walkabout(self)
        raise nodes.SkipNode

    def visit_admonition(self, node: Any) -> None:
        """Begin a box; what is folded on the page is folded here."""
        title = node.next_node(nodes.title)
        name = title.astext() if title else ""
        kind = node.__class__.__name__
        if realtype := node.get("realtype") or ("exercise" in kind and "exercise"):
            name = (
                f"{realtype.title()} {self.number(node)}".strip() + f" {name}".rstrip()
            )
        if title is not None:
            title.parent.remove(title)
        folded = {"dropdown", "toggle"} & {*node.get("classes", [])}
        if kind == "solution_node":
            self.mark("solution", name)
        elif folded:
            self.mark("fold", name)
        elif name.split() not in ([], ["Proof"]):
            self.add(f"**{' '.join(name.split())}**", prefix_eol=2, suffix_eol=2)

    def depart_admonition(self, node: Any) -> None:
        self.mark("end")

    def visit_reference(self, node: Any) -> None:
        """Begin a link; one within the book leads to the page, where it is known."""
        url = node.get("refuri", "")
        if "refid" in node or not re.match(r"\w+:", url):
            base, here = self.config.markdown_http_base, self.builder.current_doc_name
            path = f"book/{url}" if url else f"{here}.html#{node.get('refid', '')}"
            url = f"{base}/{path}" if base else ""
        node["link"] = url
        if url:
            self.add("[")

    def depart_reference(self, node: Any) -> None:
        if node["link"]:
            self.add(f"]({node['link']})")

    def visit_raw(self, node: Any) -> None:
        if "data-live" in node.astext():
            self.add("*(Live on the page.)*", prefix_eol=2, suffix_eol=2)
        raise nodes.SkipNode

    def visit_target(self, node: Any) -> None:
        raise nodes.SkipNode

    def visit_comment(self, node: Any) -> None:
        """Leave out what the page does not show, such as the marks of slides."""
        raise nodes.SkipNode


BOXES = [*("proof", "theorem", "lemma", "definition", "corollary", "proposition")]
BOXES += [*("remark", "example", "algorithm", "unenumerable", "exercise", "solution")]
for box in (*(f"{name}_node" for name in BOXES), "exercise_enumerable_node"):
    setattr(Plain, f"visit_{box}", Plain.visit_admonition)
    setattr(Plain, f"depart_{box}", Plain.depart_admonition)


def markdown(app: Sphinx, page: str) -> str:
    """Return a page as Markdown with marks; its links lead to the page on the web."""
    app.config.markdown_http_base = (repository.site() or "").rstrip("/")
    app.config.markdown_uri_doc_suffix = ".html"
    builder = MarkdownBuilder(app, app.env)
    builder.init()
    builder.current_doc_name = page
    tree = app.env.get_and_resolve_doctree(page, app.builder)
    translator = Plain(tree, builder)
    tree.walkabout(translator)
    return str(translator.astext())


# nbformat's own functions look at the whole schema for each cell.
def written(source: str) -> Any:
    cell = {"cell_type": "markdown", "id": generate_corpus_id(), "metadata": {}}
    return nbformat.from_dict(cell | {"source": source})


def program(source: str, outputs: Any = ()) -> Any:
    cell = {"cell_type": "code", "id": generate_corpus_id(), "metadata": {}}
    more = {"source": source, "outputs": [*outputs], "execution_count": None}
    return nbformat.from_dict(cell | more)


def notebook(text: str, record: NotebookNode, variant: str) -> Any:
    """Return the notebook of a page, given as Markdown with marks, and its record."""
    cells = [carrier(record)]
    missing = needs(record)
    folds: list[tuple[str, str]] = []
    for kind, about, said in pieces(text):
        if kind == "end":
            folds = folds[:-1]
        elif kind in ("fold", "solution"):
            folds = [*folds, (kind, about)]
            if kind == "solution" and variant == "-student":
                cells.append(program("# Your solution\n"))
        if variant == "-student" and "solution" in dict(folds):
            continue
        if kind == "cell":
            cell = record.cells[int(about)]
            cells.append(code(cell, missing.get(int(about), ()), bool(folds)))
            if variant == "-blank":
                cells[-1].outputs, cells[-1].execution_count = [], None
        if said:
            title = folds[-1][1] if folds else ""
            inside = f"<details><summary>{title}</summary>\n\n{said}\n\n</details>"
            cells.append(written(inside if folds else said))
        elif kind in ("fold", "solution"):  # a cell comes first
            cells.append(written(f"*{about}*"))
    book = new_notebook(cells=cells, metadata={"kernelspec": KERNEL})
    for n, cell in enumerate(book.cells):
        cell.id = f"cell-{n}"
    nbformat.validate(book)
    return book


def pieces(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield each mark, what it is about, and the Markdown behind it."""
    first, *rest = MARK.split(text)
    yield "", "", first.strip()
    for kind, about, said in zip(rest[::3], rest[1::3], rest[2::3], strict=True):
        yield kind, (about or "").strip(), said.strip()


def code(cell: NotebookNode, missing: tuple[str, ...], folded: bool) -> Any:
    """Return a cell of a record as the reader's notebook has it."""
    tags = {*cell.metadata.get("tags", [])}
    source = f"# needs {', '.join(missing)}\n{cell.source}" if missing else cell.source
    made = program(source, outputs=cell.outputs)
    made.execution_count = cell.execution_count
    if folded or {"hide-input", "hide-cell"} & tags:
        made.metadata = {"jupyter": {"source_hidden": True}, "cellView": "form"}
    if folded or {"hide-output", "hide-cell"} & tags:
        made.metadata.setdefault("jupyter", {})["outputs_hidden"] = True
    return made


def needs(record: NotebookNode) -> dict[int, tuple[str, ...]]:
    """Return for each cell the packages without which it cannot run.

    They are those it names, and those of the cells whose names it uses.
    """
    sources: dict[str, set[str]] = {}  # of a name that a cell sets
    found = {}
    for n, cell in enumerate(record.cells):
        if cell.cell_type != "code":
            continue
        used, bound = names(cell.source)
        own = {m for m, form in OPTIONAL.items() if re.search(form, cell.source)}
        for name in used:
            own |= sources.get(name, set())
        sources |= dict.fromkeys(bound, own)
        if own:
            found[n] = tuple(sorted(own))
    return found


@cache
def _carried(more: frozenset[Path]) -> str:
    """Return the program that brings the library as the book was made with it."""
    held, library = io.BytesIO(), ROOT / "lib" / "dlam"
    carried = {f"dlam/{path.name}": path for path in library.glob("*.*")}
    for path in more:
        within = path.is_relative_to(library)
        top = "dlam" if within else "dlam/_runs"
        base = library if within else ROOT / "runs"
        carried[f"{top}/{path.relative_to(base).as_posix()}"] = path
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for name, path in sorted(carried.items()):
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(info, path.read_bytes())
    data = held.getvalue()
    text = base64.b85encode(data).decode()
    lines = "\n".join(text[n : n + 88] for n in range(0, len(text), 88))
    digest = hashlib.sha256(data).hexdigest()
    return rendered("carrier.py.txt", packed=lines, digest=digest).strip()


def carrier(record: NotebookNode) -> Any:
    """Return the first cell, folded: the library, and what the cells read besides."""
    source = "\n".join(cell.source for cell in record.cells)
    used = {ROOT / "runs" / name for name in read_of_runs(record)}
    for origin in (ROOT / "lib" / "dlam").glob("*/ORIGIN.txt"):
        if re.search(rf"\b{origin.parent.name}\(", source):
            used |= {*origin.parent.iterdir()}
    cell = program(_carried(frozenset(used)))
    cell.metadata = {"jupyter": {"source_hidden": True}, "cellView": "form"}
    return cell


@cache
def offered(path: Path) -> bool:
    """Say whether a record has a cell that a reader sees; once for each build."""
    cells = nbformat.read(path, as_version=4).cells if path.exists() else []
    tags = [cell.metadata.get("tags", []) for cell in cells if "outputs" in cell]
    return any("remove-cell" not in its for its in tags)


def requirements() -> str:
    """Return what the notebooks need, for Binder and repo2docker, which read it.

    PyTorch is taken from where it comes without CUDA; nbgitpuller brings a class
    its notebooks.
    """
    about = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = about["optional-dependencies"]
    groups = [about["dependencies"], *(extras[name] for name in CARRIED)]
    groups.append(
        [r for r in extras["book"] if r.startswith(("pillow", "scikit-learn"))]
    )
    lines = [f"--extra-index-url {CPU}", *(r for group in groups for r in group)]
    return "\n".join([*lines, "nbgitpuller"]) + "\n"


def write(app: Sphinx) -> None:
    """Put the notebooks of all chapters beside the page, and all of them into a zip."""
    out = Path(app.outdir) / "notebooks"
    out.mkdir(exist_ok=True)
    (out / "requirements.txt").write_text(requirements(), "utf-8")
    # Without it repo2docker takes a Python that the book does not know.
    (out / "runtime.txt").write_text(f"python-{OLDEST}\n", "utf-8")
    with zipfile.ZipFile(out / ALL, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted((Path(app.srcdir) / "book").glob("*.ipynb")):
            if not offered(path):
                continue
            record = nbformat.read(path, as_version=4)
            text = markdown(app, f"book/{path.stem}")
            for end in ENDS:
                name = f"{path.stem}{end}.ipynb"
                content = (
                    nbformat.v4.writes(notebook(text, record, end), indent=1) + "\n"
                )
                (out / name).write_text(content, "utf-8")
                packed.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
