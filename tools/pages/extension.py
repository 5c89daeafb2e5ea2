"""A Sphinx extension: what this book's page needs and Jupyter Book has not.

- Formulas are set when the page is built (tools/pages/formulas.py).
- A page with a live figure gets what starts it (live/loader.js), no other does.
- Links that need the repository's address are there when it is known; every page
  says of which edition it is.
- A build that was broken off is done anew.
- The fonts of icons have no others than the pages show (tools/pages/icons.py).
- Pictures have short paths, and say if panels stand side by side (pictures.py).
- Terms are entries of the index, and a search finds sections (finding.py).
- The HTML of other extensions is mended where it is not accessible.
- In print the pages that programs write are in brief; as on the page, only the
  chapters of the lecture have numbers, and a reference to an exercise leads to it.
"""

from __future__ import annotations

import os
import re
import shutil
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import yaml
from babel.dates import format_date
from docutils import nodes
from sphinx.addnodes import number_reference, start_of_file
from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.config import Config
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx_exercise.nodes import exercise_latex_number_reference

from tools import ROOT
from tools.pages import (
    finding,
    formulas,
    icons,
    notebooks,
    pictures,
    repository,
    speed,
)
from tools.pages.generated import is_generated

# What is wrong in the HTML of the extensions, and how it is put right.
MENDED = (
    # Every theorem and exercise has the same id.
    (re.compile(r' id="(?:proof|(?:proof|exercise|solution)-content)"'), ""),
    # The word "Proof." has no mark-up to style it by.
    (
        re.compile(r'(<div class="proof admonition">\s*<p>)Proof\. '),
        r"\1<em>Proof.</em> ",
    ),
    # The space before a link was put into it.
    (re.compile(r"(Solution to)(<a [^>]*>) "), r"\1 \2"),
    # The entries of a list of references are the items of a list; the role
    # that they have is no longer one.
    (re.compile(r'role="doc-biblioentry"'), 'role="listitem"'),
    # A button that says "Show code cell source" needs no other name.
    (re.compile(r'<summary aria-label="Toggle hidden content">'), "<summary>"),
)
KEPT = 'This is edition {}, kept as it was. <a href="{}">The newest edition</a>'
BOOKS = {  # published beside the page
    "PDF": "deep-learning-for-applied-mathematicians.pdf",
    "EPUB": "deep-learning-for-applied-mathematicians.epub",
}
LIVE = re.compile(r'data-live="([a-z-]+)" data-figure="([a-z-]+)"')
PAGE_ADDRESS = re.compile(r'<meta property="og:url"[^>]*>\s*')
FOOTER = """<p>Edition {}, {}. Text and figures under
<a href="https://creativecommons.org/licenses/by/4.0/">CC BY 4.0</a>,
code under the MIT licence.</p>"""
UNFINISHED = ".unfinished"  # lies beside the pages while they are written
EVIDENCE = "book/checks"  # the page that speaks of the other generated ones
REFERENCES = "book/references"
ARROW = re.compile(r'<summary>(<span class="toctree-toggle")')
MEASURES = re.compile(
    r'"complete"===document\.readyState\?(\w+)\(\):'
    r'window\.addEventListener\("load",\1\)'
)
ICON_SCRIPT = re.compile(r'\s*<script src="[^"]*/fontawesome\.js[^"]*"></script>')


def begin(app: Sphinx) -> None:
    """Start anew if the last build was broken off; get ready what is copied.

    What was written before it was broken off would be taken for done.
    """
    out = Path(app.outdir)
    if (out / UNFINISHED).exists():
        shutil.rmtree(out)
    out.mkdir(parents=True, exist_ok=True)
    (out / UNFINISHED).touch()
    if isinstance(app.builder, StandaloneHTMLBuilder):
        filters = app.builder.templates.environment.filters
        filters["without_icon_script"] = lambda html: ICON_SCRIPT.sub("", html)
    if app.builder.name == "html":
        # Under a static path of the book itself, every page would load them all.
        live = out / "_static" / "live"
        shutil.rmtree(live, ignore_errors=True)
        shutil.copytree(ROOT / "live", live)


def finish(app: Sphinx, error: Exception | None) -> None:
    """Put beside the pages what is made of them: notebooks, pictures of figures."""
    if error:
        return
    if app.builder.name == "html":
        notebooks.write(app)
        finding.write(app)
        show_live_figures(app)
        leave_boxes_alone(Path(app.outdir))
    Path(app.outdir, UNFINISHED).unlink()


def leave_boxes_alone(out: Path) -> None:
    """Take from the theme's script that it asks of each listing how wide it is.

    It asks at each change of the page, and has all of it laid out for the answer;
    book.js does the same for what is near the screen.
    """
    script = out / "_static/scripts/pydata-sphinx-theme.js"
    text = script.read_text("utf-8")
    script.write_text(MEASURES.sub("0", text), "utf-8")


def show_live_figures(app: Sphinx) -> None:
    """Put the picture of each live figure where the first page shows it."""
    for page in sorted(app.env.found_docs, reverse=True):  # the first place stays
        tree = app.env.get_doctree(page)
        for mark in tree.findall(nodes.raw):
            if live := LIVE.search(mark.astext()):
                figure = next(
                    f for f in tree.findall(nodes.figure) if live[2] in f["names"]
                )
                image = figure.next_node(nodes.image)
                there = Path(app.outdir, "_static/live/pictures", f"{live[1]}.svg")
                there.parent.mkdir(exist_ok=True)
                shutil.copyfile(Path(app.srcdir, image["uri"]), there)


def edition() -> tuple[str, str]:
    """Return the version of the book and its date, in words."""
    about = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    day = format_date(cited["date-released"], "d MMMM y", locale="en_GB")
    return about["version"], day


def say_which_and_where(app: Sphinx, config: Config) -> None:
    """Name the edition; add links to the repository, if it is known."""
    config.version, config.today = edition()
    config.release = config.version
    options: dict[str, Any] = config.html_theme_options
    options["extra_footer"] = FOOTER.format(config.version, config.today)
    # For those who quote a link to a page of the book.
    where = newest = repository.site() or ""
    if newest and os.environ.get("FROZEN"):
        where = f"{newest}{config.version}/"
        options["announcement"] = KEPT.format(config.version, newest)
    config.html_baseurl = config.ogp_site_url = where
    if (known := repository.address()) is None:
        return
    options["repository_url"] = known
    options["repository_branch"] = "main"
    for button in ("edit_page", "issues", "repository", "source"):
        options[f"use_{button}_button"] = True


def name_repository(app: Sphinx, page: str, source: list[str]) -> None:
    """Write the repository's address into the commands for those who teach."""
    if page == "book/course":
        source[0] = repository.named(source[0])


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
    """Name the arrow that folds a chapter's sections away; see to the buttons."""
    make = context.get("generate_toctree_html")
    if make is None:
        return

    def named(*arguments: Any, **options: Any) -> Any:
        menu = make(*arguments, **options)
        return ARROW.sub(
            r'<summary aria-label="Sections of this chapter">\1', str(menu)
        )

    context["generate_toctree_html"] = named
    if context.get("page_source_suffix") == ".md" and page.startswith("book/"):
        offer_notebooks(page.removeprefix("book/"), context)
    buttons = context.setdefault("header_buttons", [])
    if 'class="solution' in context.get("body", ""):
        buttons.append(
            {
                "type": "javascript",
                "javascript": "toggleSolutions()",
                "text": "",
                "tooltip": "Leave the solutions out",
                "icon": "fas fa-graduation-cap",
                "label": "solutions-button",
            }
        )
    for group in buttons:
        for button in group.get("buttons", []):
            if button.get("label") == "source-issues-button":
                about = {
                    "template": "number.yml",
                    "where": re.sub("<.*?>", "", context.get("title", page)),
                    "edition": app.config.release,
                }
                button["url"] = f"{repository.address()}/issues/new?{urlencode(about)}"
                button["text"] = button["tooltip"] = "Report a mistake here"
    fold_for_phones(buttons)
    if not app.config.ogp_site_url:  # half an address is worse than none
        context["metatags"] = PAGE_ADDRESS.sub("", context.get("metatags", ""))


def fold_for_phones(buttons: list[dict[str, Any]]) -> None:
    """Offer in the menu of downloads, too, what a phone's header has no room for."""
    groups = {group["label"]: group for group in buttons if "buttons" in group}
    if downloads := groups.get("download-buttons"):
        for button in groups.get("launch-buttons", {}).get("buttons", []):
            said = {"text": f"Open in {button['text']}", "icon": "fas fa-rocket"}
            downloads["buttons"].append(button | said | {"label": "on-a-phone"})
        for button in groups.get("source-buttons", {}).get("buttons", []):
            downloads["buttons"].append(button | {"label": "on-a-phone"})


def offer_notebooks(name: str, context: dict[str, Any]) -> None:
    """Let the button for downloads offer the notebooks of an executed page."""
    if not notebooks.offered(ROOT / "book" / f"{name}.ipynb"):
        return
    buttons = context.get("header_buttons", [])
    if launched := repository.launched(f"{name}.ipynb"):
        links = [
            {
                "type": "link",
                "text": where,
                "tooltip": f"Open this chapter in {where}",
                "icon": f"_static/images/logo_{where.lower()}.{form}",
                "url": launched[where],
            }
            for where, form in (("Colab", "png"), ("Binder", "svg"))
        ]
        buttons.append(
            {
                "type": "group",
                "tooltip": "Open this chapter where it runs",
                "icon": "fas fa-rocket",
                "buttons": links,
                "label": "launch-buttons",
            }
        )
    for group in buttons:
        if group["label"] == "download-buttons":
            *_, printed = group["buttons"]
            group["buttons"] = [
                {
                    "type": "link",
                    "url": f"../notebooks/{name}{end}.ipynb",
                    "text": text,
                    "icon": "fas fa-code",
                    "label": "download-notebook-button",
                }
                for end, text in notebooks.ENDS.items()
            ]
            group["buttons"].append(
                {
                    "type": "link",
                    "url": f"../notebooks/{notebooks.ALL}",
                    "text": "All notebooks (zip)",
                    "icon": "fas fa-book",
                }
            )
            if repository.site():  # where the whole book is published beside the page
                for kind, file in BOOKS.items():
                    link = {"type": "link", "url": f"../{file}", "icon": "fas fa-book"}
                    group["buttons"].append(link | {"text": f"The whole book ({kind})"})
            printed |= {"text": "Print this page", "tooltip": "Print this page"}
            group["buttons"].append(printed)


class EvidenceInBrief(SphinxPostTransform):
    """Print of the pages that programs write the one that sums them up.

    Of the others it has the titles and where they are, for whoever looks something
    up has the page before them.  It comes before the references, whose list LaTeX
    puts at the very end.
    """

    default_priority = 5  # before the references in what is left out are resolved
    formats = ("latex",)

    def run(self, **_: Any) -> None:
        files = {f["docname"]: f for f in self.document.findall(start_of_file)}
        if EVIDENCE not in files:
            return
        chapter, last = files.pop(EVIDENCE), files[REFERENCES]
        chapter.parent.remove(chapter)
        last.parent.insert(last.parent.index(last), chapter)
        chapter.next_node(nodes.section).insert(
            1, nodes.raw("", r"\small", format="latex")
        )
        last.parent.insert(
            last.parent.index(last), nodes.raw("", r"\normalsize", format="latex")
        )
        rest = nodes.section("", nodes.title("", "On the page alone"), ids=["alone"])
        chapter.next_node(nodes.section).append(rest)
        for name, file in files.items():
            if is_generated(Path(self.env.doc2path(name))):
                section = file.next_node(nodes.section)
                title = section.next_node(nodes.title)
                title += nodes.Text(f": {self.config.html_baseurl}{name}.html")
                section[:] = [title]
                file.parent.remove(file)
                rest += file


class OnePrintedIndex(SphinxPostTransform):
    """Leave the index to LaTeX, which makes it of the printed pages."""

    default_priority = 5
    formats = ("latex",)

    def run(self, **_: Any) -> None:
        for file in list(self.document.findall(start_of_file)):
            if file["docname"] == "genindex":
                file.parent.remove(file)


class UnnumberedChapters(SphinxPostTransform):
    """Tell LaTeX which chapters have no number: some in front, some at the end."""

    default_priority = 10
    formats = ("latex",)

    def run(self, **_: Any) -> None:
        files = list(self.document.findall(start_of_file))
        numbered = [bool(self.env.toc_secnumbers.get(f["docname"])) for f in files]
        last = max((n for n, its in enumerate(numbered) if its), default=-1)
        before = True
        for n, (file, its) in enumerate(zip(files, numbered, strict=True)):
            if its != before:
                depth = r"\setcounter{secnumdepth}{2}" if its else r"\dlamfrontmatter"
                tex = depth if n <= last else r"\dlambackmatter"
                place = file.parent.index(file)
                file.parent.insert(place, nodes.raw("", tex, format="latex"))
            before = its


class PrintedOutputs(SphinxPostTransform):
    """Print the outputs that the page folds away until the reader has guessed."""

    default_priority = 390  # before what is folded is left out
    formats = ("latex",)

    def run(self, **_: Any) -> None:
        for cell in self.document.findall(nodes.container):
            classes = cell["classes"]
            if "tag_hide-cell" in classes:  # as on the page, its code is not shown
                classes[classes.index("tag_hide-cell")] = "tag_hide-input"
            if "tag_hide-output" in classes:
                classes.remove("tag_hide-output")


class LiveAddresses(SphinxPostTransform):
    """Print the address of each live figure under its picture, if there is one."""

    default_priority = 300
    formats = ("latex",)

    def run(self, **_: Any) -> None:
        where = self.config.html_baseurl
        for file in self.document.findall(start_of_file) if where else ():
            for raw in list(file.findall(nodes.raw)):
                if live := LIVE.search(raw.astext()):
                    link = f"{where}{file['docname']}.html#{live[1]}"
                    said = nodes.paragraph("", "Alive at ", classes=["live-address"])
                    said += nodes.reference("", link, refuri=link)
                    raw.replace_self(said)


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
    app.setup_extension("sphinx_markdown_builder")
    app.setup_extension(formulas.__name__)
    app.setup_extension(speed.__name__)
    app.setup_extension("kit.editions")
    app.setup_extension("kit.epub")
    if where := repository.site():  # a page for what is not there needs whole addresses
        app.setup_extension("notfound.extension")
        app.config.notfound_urls_prefix = urlsplit(where).path
    app.connect("config-inited", say_which_and_where)
    app.connect("builder-inited", begin)
    app.connect("source-read", name_repository)
    # Before the theme, which makes the links from what it finds.
    app.connect("html-page-context", mend_page, priority=1)
    app.connect("html-page-context", finding.keep)
    app.add_transform(finding.TermsInTheIndex)
    # After the theme, which makes the menu.
    app.connect("html-page-context", name_menu, priority=900)
    for transform in (
        EvidenceInBrief,
        OnePrintedIndex,
        UnnumberedChapters,
        PrintedOutputs,
        LiveAddresses,
        ReferencesToExercises,
    ):
        app.add_post_transform(transform)
    app.connect("build-finished", finish)
    app.add_post_transform(pictures.SideBySide)
    app.connect("build-finished", icons.thin)
    app.connect("build-finished", pictures.thin)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
