"""A Sphinx extension: what this book's page needs and Jupyter Book has not.

- MathJax comes with the page, so that it can be read without a network.
- A page with a live figure gets what starts it (live/loader.js), no other does.
- Links that need the repository's address are there when it is known.
- The HTML of other extensions is mended where it is not accessible.
- In print, as on the page, only the chapters of the lecture have numbers, and
  a reference to an exercise leads to it.
"""

from __future__ import annotations

import re
import shutil
from importlib.metadata import files
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.addnodes import number_reference, start_of_file
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx_exercise.nodes import exercise_latex_number_reference

from tools import ROOT
from tools.pages import repository

# The parts of MathJax that this book's page can ever ask for.  The reader's
# own settings (zoom, speech in English) load `ui`, `a11y` and `sre`.
MATHJAX = (
    "tex-mml-chtml.js",
    "output/chtml/fonts/woff-v2/",
    "input/tex/extensions/",
    "ui/",
    "a11y/",
    "sre/mathmaps/base.json",
    "sre/mathmaps/en.json",
)

# What is wrong in the HTML of the extensions, and how it is put right.
MENDED = (
    # Every theorem and exercise has the same id.
    (re.compile(r' id="(?:proof|(?:proof|exercise|solution)-content)"'), ""),
    # The word "Proof." has no mark-up to style it by.
    (
        re.compile(r'(<div class="proof admonition">\s*<p>)Proof\. '),
        r"\1<em>Proof.</em> ",
    ),
    # A line may break between a formula and the full stop after it, because
    # MathJax makes a box of the formula.
    (
        re.compile(r'([(“]?<span class="math [^>]*>[^<]*</span>[-–,.;:?!)”’]+)'),
        r'<span class="nobreak">\1</span>',
    ),
    # The space before a link was put into it.
    (re.compile(r"(Solution to)(<a [^>]*>) "), r"\1 \2"),
    # The entries of a list of references are the items of a list; the role
    # that they have is no longer one.
    (re.compile(r'role="doc-biblioentry"'), 'role="listitem"'),
    # A button that says "Show code cell source" needs no other name.
    (re.compile(r'<summary aria-label="Toggle hidden content">'), "<summary>"),
)
ARROW = re.compile(r'<summary>(<span class="toctree-toggle")')
ICON_SCRIPT = re.compile(r'\s*<script src="[^"]*/fontawesome\.js[^"]*"></script>')


def copy_mathjax(app: Sphinx, error: Exception | None) -> None:
    """Put the parts of MathJax that are used beside the page."""
    if error or app.builder.format != "html":
        return
    prefix = "static/mathjax/"
    found = False
    for file in files("sphinx-mathjax-offline") or []:
        part = str(file).partition(prefix)[2]
        if part.startswith(MATHJAX):
            found = True
            source = Path(str(file.locate()))
            target = Path(app.outdir, "_static", "mathjax", part)
            if target.exists() and target.stat().st_size == source.stat().st_size:
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    if not found:
        raise RuntimeError("the package sphinx-mathjax-offline holds no MathJax")


LIVE = ROOT / "live"


def copy_live_figures(app: Sphinx) -> None:
    """Put the live figures beside the page.

    Under a static path of the book itself, every page would load them all.
    """
    if app.builder.format != "html":
        return
    target = Path(app.outdir, "_static", "live")
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(LIVE, target)


def link_repository(app: Sphinx, config: Config) -> None:
    """Add the links to the repository, Colab and Binder, if there is one."""
    known = repository.address()
    options: dict[str, Any] = config.html_theme_options
    options["launch_buttons"] = {"thebe": False}
    if known is None:
        return
    options["repository_url"] = known
    options["repository_branch"] = "main"
    for button in ("edit_page", "issues", "repository", "source"):
        options[f"use_{button}_button"] = True
    if "github.com/" in known:
        owner, name = known.split("/")[-2:]
        # Where the page is published, for those who quote a link to it.
        config.ogp_site_url = f"https://{owner.lower()}.github.io/{name}/"
        options["launch_buttons"] |= {
            "colab_url": "https://colab.research.google.com",
            "binderhub_url": "https://mybinder.org",
            "notebook_interface": "jupyterlab",
        }


def mend_page(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Mend the page's HTML, and let its links lead to the text people edit."""
    for pattern, replacement in MENDED:
        if "body" in context:
            context["body"] = pattern.sub(replacement, context["body"])
    if "data-live=" in context.get("body", ""):
        app.add_css_file("live/live.css")
        app.add_js_file("live/loader.js", loading_method="defer")
    # A chapter is rendered from its record, but written in the .md beside it.
    if context.get("page_source_suffix") == ".ipynb":
        context["page_source_suffix"] = ".md"


def name_menu(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Name the arrow that folds a chapter's sections away in the menu."""
    make = context.get("generate_toctree_html")
    if make is None:
        return

    def named(*arguments: Any, **options: Any) -> Any:
        menu = make(*arguments, **options)
        return ARROW.sub(
            r'<summary aria-label="Sections of this chapter">\1', str(menu)
        )

    context["generate_toctree_html"] = named


def add_filter(app: Sphinx) -> None:
    """Offer the templates a filter that takes the icons' script out."""
    if app.builder.format == "html":
        environment = app.builder.templates.environment  # type: ignore[attr-defined]
        environment.filters["without_icon_script"] = lambda html: ICON_SCRIPT.sub(
            "", html
        )


class UnnumberedChapters(SphinxPostTransform):
    """Tell LaTeX where the chapters without a number begin."""

    default_priority = 10
    formats = ("latex",)

    def run(self, **_: Any) -> None:
        for file in self.document.findall(start_of_file):
            if not self.env.toc_secnumbers.get(file["docname"]):
                place = file.parent.index(file)
                mark = nodes.raw("", r"\dlambackmatter", format="latex")
                file.parent.insert(place, mark)
                return


class ReferencesToExercises(SphinxPostTransform):
    """Let a reference to an exercise of another chapter find it in print.

    The extension for exercises puts its own label into LaTeX, and only lets
    references from the same chapter use it.
    """

    default_priority = 30
    formats = ("latex",)

    def run(self, **_: Any) -> None:
        known = getattr(self.env, "sphinx_exercise_registry", {})
        for node in list(self.document.findall(number_reference)):
            label = node.get("refuri", "").rpartition("#")[2]
            if label in known:
                link = exercise_latex_number_reference(refid=label)
                link += node.children
                node.replace_self(link)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("config-inited", link_repository)
    app.connect("builder-inited", add_filter)
    app.connect("builder-inited", copy_live_figures)
    # Before the theme, which makes the links from what it finds.
    app.connect("html-page-context", mend_page, priority=1)
    # After the theme, which makes the menu.
    app.connect("html-page-context", name_menu, priority=900)
    app.add_post_transform(UnnumberedChapters)
    app.add_post_transform(ReferencesToExercises)
    app.connect("build-finished", copy_mathjax)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
