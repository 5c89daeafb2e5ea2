"""Set the formulas when the page is built, so that the browser has nothing to do.

KaTeX (book/_static/katex) is run in V8 without Node.  Each formula is in the page
three times: as marks that are seen, as MathML that is read aloud, and within this
as the TeX that book.js copies.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Any
from xml.etree import ElementTree

from docutils import nodes
from py_mini_racer import JSEvalException, MiniRacer
from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.math import get_node_equation_number

from tools import ROOT
from tools.pages.widths import BRACKETS, ems

KATEX = ROOT / "book" / "_static" / "katex"
MACROS: dict[str, str] = {}  # for print they are in book/_latex/dlambook.sty
SHORT = 16  # signs that fit into any line
MATHML = "http://www.w3.org/1998/Math/MathML"
STYLES = ("double-struck", "bold")
RESERVE = 1.08  # by how much a formula may be wider than it is estimated
APPLIED = "\N{FUNCTION APPLICATION}"
NUMBERED = re.compile(r"\\(begin|end)\{(align|alignat|equation|gather)\}")


ElementTree.register_namespace("", MATHML)


class FormulaError(SphinxError):
    category = "A formula cannot be set"


@cache
def engine() -> MiniRacer:
    """Return V8 with KaTeX in it, one for the whole build."""
    made = MiniRacer()
    made.eval((KATEX / "katex.min.js").read_text("utf-8"))
    return made


def close(app: Sphinx, error: Exception | None) -> None:
    """Let Python end: V8 has a thread of its own."""
    if engine.cache_info().currsize:
        engine().close()
    engine.cache_clear()
    katex.cache_clear()


@cache
def katex(tex: str, display: bool, output: str = "htmlAndMathml") -> str:
    """Return a formula as HTML with MathML; an unknown command is an error."""
    options = {"displayMode": display, "macros": MACROS, "strict": "error"}
    options["output"] = output
    return str(engine().call("katex.renderToString", tex, options))


def put(translator: Any, node: Any, tex: str, display: bool) -> str:
    """Return a formula of a page as HTML, or say where it is."""
    try:
        if translator.builder.name == "epub":
            return mended(katex(tex, display, "mathml"))
        return katex(tex, display)
    except JSEvalException as error:
        where = translator.builder.current_docname
        (said,) = re.findall(r"ParseError: (.*)", str(error))[:1] or [error]
        raise FormulaError(f"{where}: {node.astext()}\n{said}") from None


def mended(html: str) -> str:
    """Return KaTeX's MathML as the readers of books need it.

    They know no styles but those that are letters of their own, set no space after
    the name of a function, and set one around a bracket with a size of its own.  Of
    two things that KaTeX writes, the rules know nothing: a function's sign among the
    parts of an index, and an empty list.  And a formula on a line of its own says how
    wide it is.
    """
    tree = ElementTree.fromstring(html[html.index("<math") : html.rindex("</span>")])
    for parent in tree.iter():
        if not parent.get("columnspacing", "some"):
            del parent.attrib["columnspacing"]
        if parent.get("minsize") and parent.text in BRACKETS:
            parent.attrib |= {"lspace": "0em", "rspace": "0em"}
        if parent.get("mathvariant") in STYLES:
            style = parent.attrib.pop("mathvariant")
            parent.text = "".join(styled(c, style) for c in parent.text or "")
        for child in [*parent]:
            if child.text == APPLIED and re.search("(sub|sup|under|over)$", parent.tag):
                parent.remove(child)
            elif child.text == APPLIED:
                behind = [*parent][[*parent].index(child) + 1 :]
                if behind and (behind[0].text or "") not in ("(", "[", "{"):
                    space = ElementTree.Element(f"{{{MATHML}}}mspace", width="0.17em")
                    parent.insert([*parent].index(child) + 1, space)
    if tree.get("display") == "block":
        tree.set("style", f"--ems: {RESERVE * ems(tree):.1f}")
    return ElementTree.tostring(tree, encoding="unicode")


def styled(letter: str, style: str) -> str:
    """Return a letter or digit as Unicode has it in a style."""
    name = re.sub("LATIN |LETTER ", "", unicodedata.name(letter))
    known = style == "double-struck" and letter in "CHNPQRZ"
    prefix = "" if known else "MATHEMATICAL "
    return unicodedata.lookup(f"{prefix}{style.upper()} {name}")


def visit_math(translator: Any, node: nodes.math) -> None:
    html = put(translator, node, node.astext(), False)
    marks = html.partition('class="katex-html"')[2] or html.partition("<annotation")[0]
    seen = re.sub("<[^>]*>", "", marks)
    kind = "math short" if len(seen) <= SHORT else "math"
    opening = translator.starttag(node, "span", "", CLASS=f"{kind} notranslate")
    translator.body.append(f"{opening}{html}</span>")
    raise nodes.SkipNode


def visit_math_block(translator: Any, node: nodes.math_block) -> None:
    """Set a display: with its number, if it has one, and lines where it has any."""
    tex = node.astext()
    if node.get("nowrap"):
        tex = NUMBERED.sub(r"\\\1{\2*}", tex)
    else:
        parts = [part for part in tex.split("\n\n") if part.strip()]
        lines = r"\begin{{split}}{}\end{{split}}"
        tex = r" \\ ".join(lines.format(p) if r"\\" in p else p for p in parts)
        if len(parts) > 1:
            tex = rf"\begin{{aligned}}{tex}\end{{aligned}}"
    translator.body.append(translator.starttag(node, "div", CLASS="math notranslate"))
    if node.get("number"):
        number = get_node_equation_number(translator, node)
        translator.body.append(f'<span class="eqno">({number})')
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    translator.body.append(put(translator, node, tex, True) + "</div>\n")
    raise nodes.SkipNode


class Unbroken(SphinxPostTransform):
    """Keep a formula and the punctuation beside it on one line."""

    default_priority = 900
    formats = ("html",)

    def run(self, **_: Any) -> None:
        for formula in list(self.document.findall(nodes.math)):
            beside, n = formula.parent, formula.parent.index(formula)
            left, right = beside[:n][-1:], beside[n + 1 :][:1]
            before = re.findall(r"[(“]$", left[0]) if _is_text(left) else []
            after = re.findall(r"^[-–,.;:?!)”’]+", right[0]) if _is_text(right) else []
            if not after:
                continue
            glued = nodes.inline(classes=["nobreak"])
            beside[n] = glued
            glued += [*map(nodes.Text, before), formula, nodes.Text(after[0])]
            beside[n + 1] = nodes.Text(right[0][len(after[0]) :])
            if before:
                beside[n - 1] = nodes.Text(left[0][:-1])


def _is_text(some: list[nodes.Node]) -> bool:
    return bool(some) and isinstance(some[0], nodes.Text)


def load(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Let a page with formulas, and no other, load what shows them."""
    if 'class="katex"' not in context.get("body", ""):
        return
    app.add_css_file("katex/katex.min.css", priority=300)  # before the book's own


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_html_math_renderer("katex", (visit_math, None), (visit_math_block, None))
    app.add_post_transform(Unbroken)
    app.connect("html-page-context", load, priority=2)
    app.connect("build-finished", close, priority=900)
    # V8 does not live on in a process that is forked off.
    return {"parallel_read_safe": True, "parallel_write_safe": False}
