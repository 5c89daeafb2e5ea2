"""The book for an e-reader: what is in it, and whether it keeps the rules of EPUB."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import pytest
from test_site import SmallBook

from kit import PRODUCTS, epub, main
from needed import ROOT, require_program
from tools.book import load
from tools.pages import extension, formulas

XHTML = "{http://www.w3.org/1999/xhtml}"
CHAPTER = r"""# One

The mean is $\mathbb{E} X$ (see {eq}`eq-one`).

$$
\lambda_{\max} = \ln 3
$$ (eq-one)

## Why?

```{raw} html
<div data-live="neuron" data-figure="fig-cover"></div>
```

:::{admonition} Quick check
What is it?
:::

:::{admonition} Answer
:class: dropdown
The greatest of all.
:::

```{exercise} First ★
:label: ex-first

Find $\lambda_{\max}$.
```

````{solution} ex-first
:class: dropdown

It is in {eq}`eq-one`.
````
"""


def parts(path: Path) -> dict[str, str]:
    """Return the files of a book that are text."""
    with zipfile.ZipFile(path) as book:
        assert book.namelist()[0] == "mimetype"
        return {
            name: book.read(name).decode()
            for name in book.namelist()
            if name.endswith((".xhtml", ".opf", ".ncx", ".css"))
        }


def broken_links(book: dict[str, str]) -> list[str]:
    """Return the links within a book that lead nowhere."""
    pages = {n: ElementTree.fromstring(t) for n, t in book.items() if "xhtml" in n}
    ids = {n: {e.get("id") for e in page.iter()} for n, page in pages.items()}
    broken = []
    for name, page in pages.items():
        for anchor in page.iter(f"{XHTML}a"):
            href = anchor.get("href", "")
            if "://" in href or href.startswith("mailto:"):
                continue
            file, _, place = href.partition("#")
            file = str(Path("/", name).parent.joinpath(file).resolve())[1:]
            file = file if href[0] != "#" else name
            if file not in ids or (place and place not in ids[file]):
                broken.append(f"{name}: {href}")
    return broken


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A book of two pages, of which the second has what a chapter has."""
    folder = tmp_path_factory.mktemp("small")
    SmallBook(folder)
    cells = [
        nbformat.v4.new_markdown_cell(CHAPTER),
        nbformat.v4.new_code_cell("hidden()", metadata={"tags": ["remove-cell"]}),
        nbformat.v4.new_code_cell(
            "folded()",
            metadata={"tags": ["hide-input"]},
            outputs=[nbformat.v4.new_output("stream", text="printed")],
        ),
    ]
    kernel = {"name": "python3", "display_name": "", "language": ""}
    chapter = nbformat.v4.new_notebook(metadata={"kernelspec": kernel}, cells=cells)
    nbformat.write(chapter, folder / "book/01-one.ipynb")
    for _ in range(2):  # over what was built before, too
        done = subprocess.run(
            [sys.executable, "-m", "tools", "kit", "epub"],
            cwd=folder,
            env={"SITE_URL": "https://example.org/book", "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    return parts(folder / "_build" / "kit" / "epub" / f"{epub.NAME}.epub")


def test_what_a_page_folds_is_at_its_end_with_links_both_ways(small):
    page = small["book/01-one.xhtml"]
    text, end = page.split(f'id="{epub.END}"')
    for said in ("The greatest of all.", "It is in "):
        assert said not in text
        assert said in end
    assert set(re.findall(r'href="#[^"]+"[^>]*>(\w+)</a>', text)) >= {
        "Answer",
        "Solution",
    }
    assert end.count(">Back</a>") == 2
    assert not broken_links(small)


def test_hidden_and_folded_code_is_left_out_and_its_output_is_not(small):
    page = small["book/01-one.xhtml"]
    assert "hidden" not in page
    assert "folded()" not in page
    assert "printed" in page


def test_formulas_are_mathml_with_tex_and_keep_their_numbers(small):
    page = small["book/01-one.xhtml"]
    assert "<mi>𝔼</mi>" in page
    assert r'application/x-tex">\mathbb{E} X</annotation>' in page
    assert '<span class="eqno">(1)' in page
    assert "katex" not in page
    [item] = re.findall(r'<item .*href="book/01-one.*/>', small["content.opf"])
    assert 'properties="mathml"' in item


def test_a_live_figure_says_where_it_is_alive_and_nothing_is_fetched(small):
    link = "https://example.org/book/book/01-one.html#neuron"
    assert f'href="{link}"' in small["book/01-one.xhtml"]
    for name, text in small.items():
        assert "<script" not in text, name
        assert not re.findall(r'(?:src=|url\()"?http', text), name


def test_it_says_what_it_is_and_its_contents_have_the_sections(small):
    about = small["content.opf"]
    edition, _ = extension.edition()
    for said in ("en-GB", edition, epub.LICENCE, "alternativeText", "cover-image"):
        assert said in about
    assert 'href="book/01-one.xhtml#why">Why?</a>' in small["nav.xhtml"]


def mathml(tex: str, display: bool = True) -> str:
    """Return a formula as a book has it."""
    return formulas.mended(formulas.katex(tex, display, "mathml"))


def test_mathml_is_what_readers_of_books_understand():
    found = mathml(r"a_{\max} \log(2) \mathbf{1}", False)
    assert "<mi>a</mi><mi>max</mi></msub>" in found
    assert "mspace" not in found
    assert "<mn>𝟏</mn>" in found
    assert "mspace" in mathml(r"\ln 3", False)


def test_a_formula_says_how_wide_it_is(site):
    book = [tex for text in load().chapters for tex in text.equations.values()]
    wide = [tex for tex in book if len(tex) > 60]
    assert len(wide) > 100
    page = site.chromium.new_page(viewport={"width": 4000, "height": 800})
    page.set_content("<style>annotation { display: none }</style>"
                     + "".join(f"<p>{mathml(tex)}</p>" for tex in wide))  # fmt: skip
    found = page.evaluate(
        """() => [...document.querySelectorAll("math")].map((math) => {
            math.style.display = "inline math";
            math.style.fontSize = "10px";
            return [Number(math.style.getPropertyValue("--ems")),
                    math.getBoundingClientRect().width / 10];
        })"""
    )
    page.close()
    ratios = sorted(told / width for told, width in found)
    assert 0.8 < ratios[0] < ratios[-1] < 1.5, (ratios[:3], ratios[-3:])


def test_a_formula_that_is_too_wide_becomes_smaller_and_its_number_goes_below(site):
    wide = " + ".join(f"a_{{{n}}}" for n in range(14))
    sheet = (ROOT / "kit/epub.css").read_text("utf-8")
    page = site.chromium.new_page(viewport={"width": 360, "height": 700})
    for tex, smaller in ((wide, True), ("a + b", False)):
        number = '<span class="eqno">(1)</span>'
        page.set_content(
            f'<style>{sheet}</style><div class="math">{number}{mathml(tex)}</div>'
        )
        size, rest, below = page.evaluate(
            """() => {
            const math = document.querySelector("math");
            const number = document.querySelector(".eqno").getBoundingClientRect();
            return [parseFloat(getComputedStyle(math).fontSize),
                    math.scrollWidth - math.clientWidth,
                    number.top >= math.getBoundingClientRect().bottom - 1];
            }"""
        )
        assert (size < 16, below, rest <= 1) == (smaller, smaller, True)
    page.close()


def test_a_product_that_is_not_known_is_refused(capsys):
    with pytest.raises(SystemExit):
        main(["pamphlet"])
    said = capsys.readouterr().err
    assert "no such product: pamphlet" in said
    assert all(product in said for product in PRODUCTS)


@pytest.mark.night
def test_the_whole_book_keeps_the_rules_of_epub(tmp_path):
    require_program("java")
    epub.write(tmp_path)
    [path] = tmp_path.glob("*.epub")
    done = subprocess.run(
        [sys.executable, "-m", "epubcheck", path], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert not re.findall(r"ERROR|FATAL|WARNING", done.stdout)
    book = parts(path)
    assert not broken_links(book)
    assert sum(text.count("<math ") for text in book.values()) > 1000
    assert path.stat().st_size < 15e6
    assert (ROOT / "_build").exists()
