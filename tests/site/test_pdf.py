"""The printed book: what TeX says about it, and what is in the PDF."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pypdf
import pytest

import browser
from needed import ROOT, require_program
from page_checks import squeezed
from tools.pages import extension
from tools.pages.generated import is_generated

RECORDS = sorted((ROOT / "book").glob("*.ipynb"))
TOO_WIDE = 10.0  # points by which a line may stick out


def log_faults(log: str) -> list[str]:
    """Find what a printer should not see in TeX's log."""
    # TeX breaks its lines at 79 letters, in the middle of words.
    whole = re.sub(r"(?<=[^\n]{79})\n", "", log)
    faults = [
        line
        for line in whole.splitlines()
        if re.search(r"undefined|Missing character|multiply defined", line, re.I)
    ]
    for box in re.finditer(r"Overfull \\[hv]box \((\d+\.?\d*)pt too[^\n]*", whole):
        if float(box[1]) > TOO_WIDE:
            faults.append(box[0])
    return faults


def fonts_not_embedded(reader: pypdf.PdfReader) -> set[str]:
    """Return the names of the fonts that a printer would have to guess."""
    found: set[str] = set()
    seen: set[int] = set()

    def look(holder) -> None:
        resources = holder.get("/Resources")
        if resources is None:
            return
        resources = resources.get_object()
        for font in (resources.get("/Font") or {}).values():
            font = font.get_object()
            if font["/Subtype"] == "/Type3":
                continue  # its letters are drawings in the file itself
            parts = font.get("/DescendantFonts", [font])
            for part in parts:
                about = part.get_object().get("/FontDescriptor")
                keys = about.get_object() if about else ()
                if not {"/FontFile", "/FontFile2", "/FontFile3"} & set(keys):
                    found.add(str(font.get("/BaseFont")))
        for form in (resources.get("/XObject") or {}).values():
            form = form.get_object()
            if form["/Subtype"] == "/Form" and id(form) not in seen:
                seen.add(id(form))
                look(form)

    for page in reader.pages:
        look(page)
    return found


def outline(reader: pypdf.PdfReader) -> list[tuple[int, str]]:
    """Return the depth and title of each bookmark."""

    def walk(items, depth: int) -> Iterator[tuple[int, str]]:
        for item in items:
            if isinstance(item, list):
                yield from walk(item, depth + 1)
            else:
                yield depth, str(item.title)

    return list(walk(reader.outline, 1))


def letters(title: str) -> str:
    """Reduce a title to what page and print write in the same way."""
    return re.sub(r"[^0-9a-zà-ÿ]+", "", title.lower())


def headings(page: str) -> list[tuple[int, str]]:
    """Return the titles of a page, of its chapter and sections, as it shows them."""
    article = page[page.index('<article class="bd-article">') :]
    found = []
    for level, title in re.findall(r"<h([12])>(.*?)</h\1>", article, re.S):
        title = re.sub(r'<a class="headerlink".*?</a>', "", title)
        title = re.sub(r'<span class="math.*?</span>', "", title)
        found.append((int(level), re.sub(r"<[^>]+>|&[^;]+;", "", title)))
    return found


def page_numbers(html: Path) -> dict[str, str]:
    """Return the number that each labelled equation and figure has on the page."""
    found = {}
    for path in browser.pages(html):
        text = (html / path).read_text("utf-8")
        name = path.removesuffix(".html")
        for label, number in re.findall(
            r'<div class="math[^>]*? id="equation-([^"]+)">\s*'
            r'<span class="eqno">\(([^)]+)\)',
            text,
        ):
            found[f"equation:{name}:{label}"] = number
        for figure in re.findall(r"<figure .*?</figure>", text, re.S):
            label = re.search(r'id="([^"]+)"', figure)
            number = re.search(r'"caption-number">Fig\. (\S+) <', figure)
            if label and number:
                found[f"{name}:{label[1]}"] = number[1]
    return found


def in_brief(path: str) -> bool:
    """Say whether only the beginning of a page is printed."""
    name = path.removesuffix(".html")
    return is_generated(ROOT / f"{name}.md") and name != extension.EVIDENCE


def print_numbers(aux: str) -> dict[str, str]:
    """Return the number that each label has in print."""
    return dict(re.findall(r"\\newlabel\{([^}]+)\}\{\{([^}]*)\}", aux))


@pytest.fixture(scope="module")
def name(latex: Path) -> str:
    (log,) = latex.glob("*.log")
    return log.stem


@pytest.fixture(scope="module")
def reader(latex, name):
    return pypdf.PdfReader(latex / f"{name}.pdf")


@pytest.fixture(scope="module")
def text(reader) -> str:
    return "\n".join(page.extract_text() for page in reader.pages)


def test_tex_has_no_complaint(latex, name):
    assert not log_faults((latex / f"{name}.log").read_text("utf-8", "replace"))


def test_no_reference_is_left_open(text):
    assert "??" not in text


def test_all_fonts_are_embedded(reader):
    assert not fonts_not_embedded(reader)


def test_the_bookmarks_are_the_chapters_and_sections_of_the_page(html, reader):
    printed = {(depth, letters(title)) for depth, title in outline(reader)}
    pages = browser.pages(html)[1:]  # the first is a preface in print
    wanted = set()
    for path in pages:
        found = headings((html / path).read_text("utf-8"))
        if in_brief(path):
            continue
        # A page that is a section of a chapter, 6.5, lies one level deeper in print.
        below = bool(re.match(r"\d+\.\d", found[0][1]))
        wanted |= {(level + below, letters(title)) for level, title in found}
    assert len(wanted) >= len(pages)
    assert not wanted - printed


def test_every_chapter_has_its_title_in_the_text(html, text):
    printed = letters(text)
    for path in browser.pages(html):
        (title,) = (
            t for depth, t in headings((html / path).read_text("utf-8")) if depth == 1
        )
        assert letters(title) in printed


def test_equations_and_figures_have_the_numbers_of_the_page(html, latex, name):
    wanted = page_numbers(html)
    printed = print_numbers((latex / f"{name}.aux").read_text("utf-8"))
    assert any(label.startswith("equation:") for label in wanted)
    assert {label: printed.get(label) for label in wanted} == wanted


def test_hidden_cells_are_not_printed_and_the_others_are(text):
    hidden, shown = set(), set()
    for record in RECORDS:
        for cell in nbformat.read(record, as_version=4).cells:
            if cell.cell_type == "code":
                tags = set(cell.metadata.get("tags", ()))
                lines = {squeezed(line) for line in cell.source.splitlines()}
                if "remove-cell" in tags:
                    hidden |= {line for line in lines if "claim(" in line}
                elif not tags & {"hide-input", "hide-cell", "remove-input"}:
                    shown |= {line for line in lines if 10 < len(line) < 60}
    printed = squeezed(text)
    assert not [line for line in hidden if line in printed]
    missing = [line for line in shown if line not in printed]
    assert len(missing) <= 0.02 * len(shown), missing


def test_the_evidence_takes_two_pages(reader, html):
    """And is not left out."""
    page = (html / f"{extension.EVIDENCE}.html").read_text("utf-8")
    title = letters(headings(page)[0][1])
    starts = {
        letters(str(item.title)): reader.get_destination_page_number(item)
        for item in reader.outline
        if not isinstance(item, list)
    }
    after = min(page for page in starts.values() if page > starts[title])
    assert 1 <= after - starts[title] <= 2


def test_the_title_page_names_the_edition(reader):
    edition, day = extension.edition()
    assert f"Edition {edition}, {day}" in reader.pages[0].extract_text()


def test_it_says_what_it_is_and_who_made_it(reader):
    book = "Deep Learning for Applied Mathematicians"
    assert reader.metadata.title == book
    assert book in reader.metadata.author


def test_a_reference_to_a_figure_has_its_space(latex, name):
    require_program("pdftotext")
    text = subprocess.check_output(
        ["pdftotext", latex / f"{name}.pdf", "-"], encoding="utf-8"
    )
    assert len(re.findall(r"Fig\. \d+\.\d", text)) > 50
    assert not re.findall(r"Fig\.\d", text)


def test_the_list_of_references_stands_under_its_heading(reader):
    pages = [page.extract_text() for page in reader.pages]
    last = [n for n, page in enumerate(pages) if re.search(r"^References$", page, re.M)]
    (paper,) = [n for n, page in enumerate(pages) if "SIAM Review, 61" in page]
    assert last[-1] <= paper <= last[-1] + 12


def test_the_pages_are_a4_and_none_is_blank(reader):
    for page in reader.pages:
        assert page.mediabox.width == pytest.approx(595.28, abs=0.1)
        assert page.mediabox.height == pytest.approx(841.89, abs=0.1)
        assert len(page.extract_text()) > 20


def test_what_tex_is_given_has_the_edition_and_the_evidence_in_brief(latex, name, html):
    tex = (latex / f"{name}.tex").read_text("utf-8")
    edition, day = extension.edition()
    assert rf"\release{{{edition}}}" in tex
    assert rf"\date{{{day}}}" in tex
    evidence = tex[tex.index(rf"\label{{\detokenize{{{extension.EVIDENCE}::doc}}}}") :]
    evidence = evidence[: evidence.index(r"\chapter{References}")]
    brief = [path for path in browser.pages(html) if in_brief(path)]
    assert len(brief) > 1
    for path in brief:
        label = rf"\label{{\detokenize{{{path.removesuffix('.html')}::doc}}}}"
        assert evidence.count(label) == tex.count(label) == 1
    assert len(evidence.splitlines()) < 150


LOG = r"""This is XeTeX, Version 3.141592653
LaTeX Info: Redefining \nobreak on input line 12.
Overfull \hbox (9.9pt too wide) in paragraph at lines 10--11
Underfull \vbox (badness 10000) has occurred while \output is active
Output written on book.pdf (30 pages).
"""


def test_a_log_without_faults_is_accepted():
    assert not log_faults(LOG)


@pytest.mark.parametrize(
    "line",
    [
        "LaTeX Warning: Reference `eq-none' on page 3 undefined on input line 40.",
        "Missing character: There is no ∇ in font [lmroman10-regular]!",
        r"Overfull \hbox (10.1pt too wide) in paragraph at lines 10--11",
        r"Overfull \vbox (54.0pt too high) has occurred while \output is active []",
        "LaTeX Warning: Label `eq-a' multiply defined.",
        f"LaTeX Warning: Reference `{'eq-a-long-name' * 3}' on page 123 undefined.",
    ],
)
def test_a_fault_in_the_log_is_found(line):
    broken = "\n".join(line[i : i + 79] for i in range(0, len(line), 79))
    assert len(log_faults(LOG + broken + "\n")) == 1


def test_a_font_that_is_not_embedded_is_found(tmp_path):
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"pdf.use14corefonts": True}):
        figure = Figure()
        figure.text(0.5, 0.5, "Text")
        figure.savefig(tmp_path / "figure.pdf")
    assert fonts_not_embedded(pypdf.PdfReader(tmp_path / "figure.pdf"))


def test_numbers_are_read_off_the_page_and_off_the_print(tmp_path):
    (tmp_path / "index.html").write_text(
        '<nav class="bd-links"></nav>'
        '<div class="math notranslate nohighlight" id="equation-eq-a">\n'
        '<span class="eqno">(1.2)<a class="headerlink" href="#equation-eq-a">#</a>'
        '</span></div><figure class="align-default" id="fig-a"><figcaption>'
        '<span class="caption-number">Fig. 1.4 </span></figcaption></figure>'
    )
    aux = (
        r"\newlabel{equation:index:eq-a}{{1.3}{5}{Title}{equation.1.1}{}}"
        r"\newlabel{index:fig-a}{{1.4}{6}{Title}{figure.1.4}{}}"
    )
    page, paper = page_numbers(tmp_path), print_numbers(aux)
    assert page == {"equation:index:eq-a": "1.2", "index:fig-a": "1.4"}
    assert paper == {"equation:index:eq-a": "1.3", "index:fig-a": "1.4"}


def test_headings_are_read_as_the_page_shows_them():
    page = (
        '<article class="bd-article"><h1><span class="section-number">4. </span>'
        'A &amp; B<a class="headerlink" href="#a">#</a></h1>'
        "<h2>Why <em>so</em>?</h2></article>"
    )
    assert headings(page) == [(1, "4. A  B"), (2, "Why so?")]
    assert letters("4. A  B") == letters("4 A & B")
