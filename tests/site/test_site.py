"""Every page of the book, as a reader's browser shows it, without a network."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import nbformat
import pytest
import yaml
from fontTools.ttLib import TTFont

import browser
import page_checks as checks
from needed import FULL, ROOT
from tools.pages import extension, generated, icons

RECORDS = sorted((ROOT / "book").glob("*.ipynb"))


def toc() -> list[str]:
    """Return the documents that the book's table of contents names."""
    text = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
    found = [text["root"]]

    def walk(node):
        if isinstance(node, dict):
            if "file" in node:
                found.append(node["file"])
            node = list(node.values())
        if isinstance(node, list):
            for part in node:
                walk(part)

    walk(text)
    return found


def is_generated(path: str) -> bool:
    return generated.is_generated((ROOT / path).with_suffix(".md"))


def in_colour(pages: list[str]) -> set[str]:
    """Return the pages that axe reads dark and narrow too: every one, or three."""
    if FULL:
        return set(pages)
    written = [path for path in pages if is_generated(path)]
    return {pages[0], pages[-1], written[0]}


def read_closely(pages: list[str]) -> set[str]:
    """Return the pages that axe and the tab key go through: every one, or a sample.

    The chapters are made of the same parts: two of them stand for all.
    """
    other = re.compile(r"/(?!01-|09-)\d\d")
    sample = {p for p in pages if not is_generated(p) and not other.search(p)}
    return set(pages) if FULL else sample | in_colour(pages)


@pytest.fixture(scope="module")
def findings(site, html) -> dict[str, dict[str, list[str]]]:
    """Visit every page once and keep what each check finds on it."""
    found = {}
    elsewhere: dict[str, int] = {}
    pages = browser.pages(html)
    thoroughly, closely = in_colour(pages), read_closely(pages)
    if not FULL:  # what a program writes looks everywhere as it does where it is seen
        pages = [p for p in pages if not is_generated(p) or p in thoroughly]
    for path in pages:
        seen = checks.visit(site.chromium, site.address, path)
        page = seen.page
        results = found[path] = {
            "weight": checks.overweight(seen),
            "failed": checks.failed_requests(seen),
            "mathematics": checks.unset_mathematics(page),
            "images": checks.images_without_words(page),
            "claims": checks.shown_claims(page),
            "keyboard": checks.keyboard_faults(page) if path in closely else [],
            "text": [page.locator("body").text_content() or ""],
            "light": [],
            "dark": [],
            "narrow": [],
        }
        checks.unfold(page)
        results["wide"] = checks.wide_formulas(page)
        results["listings"] = checks.cut_listings(page)
        page.set_viewport_size({"width": checks.NARROW, "height": 740})
        results["sideways"] = checks.wide_parts(page)
        results["formulas"] = checks.cut_formulas(page)
        if path in closely:
            most = None if FULL else 3
            known = {} if path in thoroughly else elsewhere
            elsewhere |= checks.leave_out_repetitions(page, most, known)
            page.set_viewport_size({"width": 1280, "height": 900})
            assert checks.theme(page) == "light"
            results["light"] = checks.violations(page)
        if path in thoroughly:
            page.set_viewport_size({"width": checks.NARROW, "height": 740})
            checks.switch(page, "dark")
            unlike = {rule: {"enabled": False} for rule in checks.COLOURS}
            results["narrow"] = checks.violations(page, rules=unlike)
            # The page is the same: what can differ is what its colours make of it.
            results["dark"] = checks.violations(page, runOnly=checks.COLOURS)
        results["errors"] = seen.errors
        results["foreign"] = seen.foreign
        seen.close()
    return found


def test_every_document_of_the_table_of_contents_has_a_page(html):
    assert browser.pages(html) == [f"{name}.html" for name in toc()]


@pytest.mark.parametrize(
    ("check", "meaning"),
    [
        ("errors", "no script fails, and none complains on the console"),
        ("foreign", "nothing is asked of another host"),
        ("failed", "every file that the page asks for is there"),
        ("weight", "a first visit stays within the budget"),
        ("mathematics", "every formula is set, without an error"),
        ("images", "every image says in words what it shows"),
        ("sideways", "a narrow page does not scroll sideways"),
        ("wide", "every formula fits a laptop's page"),
        ("listings", "no listing is cut off on a laptop"),
        ("formulas", "a formula too wide for a telephone scrolls in its own box"),
        ("light", "axe finds nothing in light mode"),
        ("dark", "axe finds nothing in dark mode"),
        ("narrow", "axe finds nothing on a telephone"),
        ("keyboard", "the tab key skips the menu and shows where it is"),
        ("claims", "no hidden claim shows"),
    ],
)
def test_on_every_page(findings, check, meaning):
    faults = {path: results[check] for path, results in findings.items()}
    assert not any(faults.values()), f"{meaning}: " + json.dumps(
        {path: found for path, found in faults.items() if found}, indent=1
    )


def test_every_link_inside_the_book_leads_somewhere(html):
    for file in extension.BOOKS.values():  # which are published beside the page
        (html / file).touch()
    extra = ["index.html", "search.html", "genindex.html"]
    pages = browser.pages(html) + [name for name in extra if (html / name).exists()]
    assert not [fault for path in pages for fault in checks.broken_links(html, path)]


def test_hidden_cells_are_on_no_page(findings):
    hidden = [
        cell.source
        for record in RECORDS
        for cell in nbformat.read(record, as_version=4).cells
        if "remove-cell" in cell.metadata.get("tags", ())
    ]
    assert hidden
    text = checks.squeezed("".join(results["text"][0] for results in findings.values()))
    assert not [source for source in hidden if checks.squeezed(source) in text]


def test_the_search_finds_a_word_of_each_chapter(site, html, findings):
    data = (html / "_static/sections.js").read_text("utf-8")
    sections, _ = json.loads(data[data.index("= [") + 2 :].rstrip(";\n"))
    seen = checks.visit(site.chromium, site.address, "search.html")
    for path, results in findings.items():
        if not re.search(r"/\d\d-", path):
            continue
        said = " ".join(row[-1] for row in sections if f"{row[0]}.html" == path)
        word = max(re.findall(r"(?<!\S)[a-z]+(?=[\s,.])", said), key=len)
        assert word in results["text"][0]
        seen.page.evaluate("word => show(word)", word)
        link = seen.page.locator(f"#search-results a[href*='{Path(path).name}']")
        link.first.wait_for()
        if FULL or "/01-" in path:
            assert not checks.violations(seen.page)
    assert not seen.errors
    seen.close()


def test_every_page_can_be_read_from_a_folder_without_a_server(site, html):
    context = site.chromium.new_context()
    page = context.new_page()
    faults = []
    page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
    page.on(
        "console",
        lambda m: m.type == "error" and faults.append(f"{page.url}: {m.text}"),
    )
    pages = browser.pages(html)
    for path in pages if FULL else pages[:3]:
        page.goto((html / path).as_uri())
        checks.settle(page)
        faults += [f"{path}: {fault}" for fault in checks.unset_mathematics(page)]
    context.close()
    assert not faults


def test_the_button_at_the_top_goes_through_light_dark_and_automatic(site, html):
    seen = checks.visit(site.chromium, site.address, browser.pages(html)[0], "dark")
    modes = [(seen.page.evaluate("document.documentElement.dataset.mode"), "dark")]
    for _ in range(3):
        seen.page.locator(".theme-switch-button").first.click()
        mode = seen.page.evaluate("document.documentElement.dataset.mode")
        modes.append((mode, checks.theme(seen.page)))
    seen.close()
    assert modes[0] == modes[3] == ("auto", "dark")
    assert set(modes[1:3]) == {("light", "light"), ("dark", "dark")}


def test_paper_is_white_and_solutions_are_printed(site, html):
    path = browser.pages(html)[1]
    seen = checks.visit(site.chromium, site.address, path, scheme="dark")
    seen.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    seen.page.emulate_media(media="print")
    shown = seen.page.evaluate(
        """() => [...document.querySelectorAll("div.solution > section > *")]
        .every(e => e.checkVisibility())"""
    )
    assert checks.theme(seen.page) == "light"
    assert shown
    seen.page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert checks.theme(seen.page) == "dark"
    seen.close()


def test_every_icon_has_its_picture(site, html):
    seen = checks.visit(site.chromium, site.address, browser.pages(html)[1])
    letters = seen.page.evaluate(
        """async () => {
        await document.fonts.ready;
        return [...document.querySelectorAll("[class*='fa-']")].map(e => {
            const style = getComputedStyle(e, "::before");
            const family = style.fontFamily.match(/Awesome \\d (\\w+)/);
            return [family && family[1], style.content.slice(1, -1)];
        })
        }"""
    )
    seen.close()
    assert {family for family, _ in letters} == {*icons.FONTS}
    for name, path in icons.FONTS.items():
        font = html / "_static" / path
        assert font.stat().st_size < 8000
        its = {ord(letter) for family, letter in letters if family == name}
        assert its <= {*TTFont(font).getBestCmap()}


def test_the_page_says_what_it_is(html):
    titles = []
    for path in browser.pages(html):
        text = (html / path).read_text("utf-8")
        assert '<html lang="en-GB"' in text
        assert re.search(r'<meta name="description" content="[^"]+"', text), path
        (title,) = re.findall(r"<title>(.*?)</title>", text, re.S)
        titles.append(title)
        edition, day = extension.edition()
        assert f"<p>Edition {edition}, {day}." in text
    assert len(set(titles)) == len(titles)
    book = "Deep Learning for Applied Mathematicians"
    assert titles[0] == book
    assert all(title.endswith(f" {book}") for title in titles[1:])


def test_page_print_and_citation_name_one_edition():
    edition, day = extension.edition()
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert cited["version"] == edition
    assert day == f"{cited['date-released']:%d %B %Y}".lstrip("0")


def test_an_edition_that_is_kept_says_so_and_has_its_own_address(monkeypatch):
    def configured() -> SimpleNamespace:
        config = SimpleNamespace(html_theme_options={})
        extension.say_which_and_where(None, config)
        return config

    number, _ = extension.edition()
    monkeypatch.setenv("SITE_URL", "https://example.org/book")
    assert configured().html_baseurl == "https://example.org/book/"
    assert "announcement" not in configured().html_theme_options
    monkeypatch.setenv("FROZEN", "1")
    assert configured().html_baseurl == f"https://example.org/book/{number}/"
    told = configured().html_theme_options["announcement"]
    assert f"edition {number}" in told
    assert 'href="https://example.org/book/"' in told


class SmallBook:
    """A book of two pages with the book's settings, somewhere else."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.built = folder / "_build" / "html"
        for part in ("tools", "kit", "live"):
            shutil.copytree(ROOT / part, folder / part)
        for part in ("book/_static", "book/_templates", "book/images"):
            shutil.copytree(ROOT / part, folder / part)
        for part in ("_config.yml", "pyproject.toml", "CITATION.cff"):
            shutil.copy(ROOT / part, folder)
        (folder / "_toc.yml").write_text(
            "format: jb-book\nroot: book/start\nchapters:\n- file: book/01-one\n"
        )
        (folder / "book/references.bib").touch()
        (folder / "book/start.md").write_text("# Start\n\nA page.\n")
        (folder / "book/01-one.md").write_text("# One\n\nThe text of the record.\n")
        chapter = nbformat.v4.new_notebook(
            metadata={
                "kernelspec": {"name": "python3", "display_name": "", "language": ""}
            },
            cells=[
                nbformat.v4.new_markdown_cell("# One\n\nThe text of the record."),
                nbformat.v4.new_code_cell("1 + 1"),
            ],
        )
        nbformat.write(chapter, folder / "book/01-one.ipynb")

    def build(self, **environment: str) -> tuple[str, str]:
        """Build it, and return its two pages."""
        said = ("GITHUB_", "SITE_URL", "REPOSITORY_URL", "PYTHONPATH")
        here = {k: v for k, v in os.environ.items() if not k.startswith(said)}
        program = Path(sys.executable).with_name("jupyter-book")
        done = subprocess.run(
            [program, "build", "-W", "-n", self.folder],
            env=here | environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        start, chapter = (self.built / f"book/{name}" for name in ("start", "01-one"))
        return (
            start.with_suffix(".html").read_text(),
            chapter.with_suffix(".html").read_text(),
        )


@pytest.mark.night
def test_links_to_the_repository_appear_when_it_is_known(tmp_path):
    where = "https://github.com/someone/a-book"
    start, chapter = SmallBook(tmp_path).build(
        GITHUB_SERVER_URL="https://github.com",
        GITHUB_REPOSITORY="someone/a-book",
    )
    for page in (start, chapter):
        assert f'href="{where}"' in page
        # One link in the menu of the repository and one in that of a phone.
        (report,) = set(re.findall(rf'href="({where}/issues/new\?[^"]*)"', page))
        asked = parse_qs(urlsplit(unescape(report)).query)
        assert (ROOT / ".github/ISSUE_TEMPLATE" / asked["template"][0]).exists()
        assert asked["edition"] == [extension.edition()[0]]
    assert "where=One" in chapter
    assert f'href="{where}/edit/main/book/start.md"' in start
    assert f'href="{where}/edit/main/book/01-one.md"' in chapter
    assert ".ipynb" not in "".join(re.findall(rf'"{where}/\S*"', chapter))
    colab = "https://colab.research.google.com/github/someone/a-book/blob/notebooks/"
    assert f'href="{colab}01-one.ipynb"' in chapter
    binder = "https://mybinder.org/v2/gh/someone/a-book/notebooks?urlpath=lab/tree/"
    assert f'href="{binder}01-one.ipynb"' in chapter
    for file in extension.BOOKS.values():
        assert f'href="../{file}"' in chapter
    for picture in re.findall(r'src="\.\./(_static/images/logo_[^"]*)"', chapter):
        assert (tmp_path / "_build/html" / picture).exists()
    page = "https://someone.github.io/a-book/book/01-one.html"
    assert f'<meta property="og:url" content="{page}"' in chapter
    assert f'<link rel="canonical" href="{page}"' in chapter
    lost = (tmp_path / "_build/html/404.html").read_text("utf-8")
    assert 'href="/a-book/book/01-one.html"' in lost
    assert not re.findall(r'(?:href|src)="(?:\.\./|_static/)', lost)
    assert "colab" not in start
    assert "mybinder" not in start


@pytest.mark.night
def test_without_a_repository_there_are_no_links_and_a_broken_build_is_done_anew(
    tmp_path,
):
    book = SmallBook(tmp_path)
    for page in book.build():
        assert not re.findall(r'href="[^"]*(?:github|colab|mybinder)[^"]*"', page)
        assert "og:url" not in page
        assert 'rel="canonical"' not in page
    assert not (book.built / extension.UNFINISHED).exists()
    index = book.built / "_static/sections.js"
    whole = index.read_text()
    assert "01-one" in whole

    # What is left of a build that is broken off while it writes the pages: what
    # it has written is newer than its text, and the search does not know it.
    (book.built / extension.UNFINISHED).touch()
    index.unlink()
    (tmp_path / "book/start.md").write_text("# Start\n\nAnother page.\n")
    start, _ = book.build()
    assert "Another page" in start
    assert '"book/01-one"' in index.read_text()
    assert not (book.built / extension.UNFINISHED).exists()


def test_a_formula_with_an_unknown_command_stops_the_build_and_is_named(tmp_path):
    book = SmallBook(tmp_path)
    text = tmp_path / "book/start.md"
    text.write_text("# Start\n\nThe $x$ and $\\nosuch{x}$ (see {eq}`eq-a`).\n")
    with pytest.raises(AssertionError, match=r"(?s)book/start: \\nosuch.*Undefined"):
        book.build()
    numbered = "$$\na < b \\\\\nb < c\n$$ (eq-a)"
    aligned = "\\begin{align}\na &= b \\\\\nc &= d\n\\end{align}"
    text.write_text(
        f"# Start\n\nThe $x$ (see {{eq}}`eq-a`).\n\n{numbered}\n\n{aligned}\n"
    )
    start, _ = book.build()
    assert re.findall(r'<annotation encoding="application/x-tex">(.)', start)[0] == "x"
    shown = re.findall(r'<div class="(?:amsmath )?math .*?</div>', start, re.S)
    assert [box.count('class="katex-display"') for box in shown] == [1, 1]
    assert ["(1)" in box for box in shown] == [True, False]
    assert 'id="equation-eq-a"' in shown[0]
    assert 'href="#equation-eq-a">(1)</a>' in start
