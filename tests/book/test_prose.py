"""No orphan numbers: what the prose reports is claimed, or given with its source."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from needed import FULL
from tools.book import Broken, Text, load, numbers
from tools.book.numerals import Numeral, Statement, statement
from tools.record import notebook as record

BOOK = load()
CHAPTERS = [text.path for text in BOOK.chapters]
each_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
# The check is tried on a few chapters, and at night on all.
some_chapters = pytest.mark.parametrize(
    "path", CHAPTERS if FULL else CHAPTERS[::6], ids=lambda path: path.stem
)
each_text = pytest.mark.parametrize(
    "path", [text.path for text in BOOK.texts.values()], ids=lambda path: path.stem
)
quick = settings(deadline=None, derandomize=True)


def stated(text: str) -> list[str]:
    """The numbers that a text reports, in the form of a claim."""
    return [shown(n.statement) for n in Text(text).numerals if n.reported]


def shown(statement: Statement) -> str:
    number = f"{statement.value}".lower().replace("e+", "e")
    return number + "%" * statement.percent


# The texts of the book


@each_text
def test_every_number_that_a_text_reports_is_claimed_or_given(path: Path) -> None:
    faults = numbers.check(Text.read(path))
    assert not faults, "\n".join(faults)


@each_chapter
def test_a_cell_that_claims_puts_nothing_out(path: Path) -> None:
    cells = json.loads(path.with_suffix(".ipynb").read_text("utf-8"))["cells"]
    outputs = [cell["outputs"] for cell in cells if cell["cell_type"] == "code"]
    text = Text.read(path)
    assert numbers.check(text, outputs) == numbers.check(text)


@each_chapter
def test_the_cells_found_are_the_cells_recorded(path: Path) -> None:
    content = path.read_text("utf-8")
    recorded = [c for c in record.notebook(content).cells if c.cell_type == "code"]
    found = Text(content).cells
    assert [cell.source for cell in found] == [cell.source for cell in recorded]
    for ours, theirs in zip(found, recorded, strict=True):
        kept = {k: v for k, v in ours.metadata.items() if k in record.KEPT}
        assert kept == theirs.metadata


@each_chapter
def test_the_list_of_given_numbers_leaves_the_record_as_it_is(path: Path) -> None:
    content = path.read_text("utf-8")
    without = re.sub(r"(?m)^dlam:\n(?: .*\n)*", "", content, count=1)
    assert record.notebook(content) == record.notebook(without)


# The check bites


def altered(text: Text, numeral: Numeral, known: set[Statement]) -> str:
    """The numeral with one digit changed, so that it states what nothing covers."""
    old = text.text[numeral.start : numeral.stop]
    for place in reversed([m.start() for m in re.finditer(r"\d", old)]):
        for digit in "9876543210":
            new = old[:place] + digit + old[place + 1 :]
            what = statement(new.replace("$", ""))
            if new == old or what is None:
                continue
            what = what._replace(sign=numeral.statement.sign)
            reported = abs(what.value) >= 100 or what.exponent or what.percent
            if reported and not any(k.covers(what) for k in known):
                return new
    raise AssertionError(f"no digit of {old} can be changed")


@some_chapters
def test_a_changed_digit_is_seen_in_each_claimed_number(path: Path) -> None:
    text = Text.read(path)
    claims = text.claims
    known = {claim.statement for claim in claims} | set(text.given)
    support = numbers.support(text)
    claimed = [n for n, what in support if what and what.startswith("claim")]
    content = text.text
    for numeral in claimed:
        new = altered(text, numeral, known)
        content = content[: numeral.start] + new + content[numeral.stop :]
    wrong = Text(content, path.name)
    by_place = {n.start: what for n, what in numbers.support(wrong)}
    faults = numbers.check(wrong)
    for numeral in claimed:
        assert by_place[numeral.start] is None
        number = wrong.text[numeral.start : numeral.stop]
        sentence = wrong.sentence(numeral.start)
        message = f"{wrong.where(numeral.start)}: no claim states {number}, and"
        assert any(f.startswith(message) and sentence in f for f in faults)


@some_chapters
def test_a_missing_claim_is_seen(path: Path) -> None:
    text = Text.read(path)
    claims = text.claims
    reported = {n.statement for n in text.numerals if n.reported}
    bare = text.text.splitlines(keepends=True)
    needed = [c for c in claims if any(c.statement.covers(r) for r in reported)]
    for claim in needed:
        bare[claim.line - 1] = bare[claim.line - 1].replace("claim(", "repr(", 1)
    wrong = Text("".join(bare), path.name)
    orphans = {n.statement for n, what in numbers.support(wrong) if what is None}
    for claim in needed:
        assert any(claim.statement.covers(orphan) for orphan in orphans), claim.stated


SMALL = """\
---
jupytext:
  text_representation: {extension: .md, format_name: myst}
dlam:
  given:
    "0.05": HH section 6, the learning rate
    "10^6": HH section 6, the number of steps
---

# Title

After $10^6$ steps with $\\eta = 0.05$ the cost is $7.3 \\times 10^{-4}$.
That is below $10^{-3}$, in 95 % of 1{,}000 runs, or $1{,}000$.

```{code-cell} python
---
tags: [remove-cell]
---
claim("7.3e-4", cost)
claim("< 1e-3", cost)
claim("95%", share)
claim("1000", len(runs))
```
"""
SMALL = SMALL.replace("1{,}000 runs, or", "1,000 runs, or")


def test_a_sound_text_passes() -> None:
    assert numbers.check(Text(SMALL), [[]]) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("7.3 ", "7.4 ", "text:12: no claim states 7.4 \\times 10^{-4}, and"),
        ("10^{-4}", "10^{-5}", "no claim states 7.3 \\times 10^{-5}, and"),
        ("below $10^{-3}$", "below $10^{-2}$", "no claim states 10^{-2}, and"),
        ("below $10^", "> $10^", "no claim states 10^{-3}, and"),
        ("95 % of", "96 % of", "text:13: no claim states 96 %, and"),
        ("1,000", "1,001", "no claim states 1,001, and"),
        ("or $1{,}000$", "or $1{,}010$", "no claim states 1{,}010, and"),
        ("= 0.05", "= 0.050", "no claim states 0.050, and"),
        ("$10^6$ steps", "$10^7$ steps", "no claim states 10^7, and"),
        ('claim("95%", share)', "", "no claim states 95 %, and"),
        ('claim("7.3e-4", cost)', "", "no claim states 7.3 \\times 10^{-4}, and"),
        ('claim("< 1e-3", cost)', "", "no claim states 10^{-3}, and"),
        ('claim("95%", share)', 'claim("9%", share)', "states no 9% for this claim"),
        ('"95%", share)', '"95%", share)\nclaim("5", n)', "states no 5 for this claim"),
        ("7.3 \\times 10^{-4}", "7 \\times 10^{-4}", "states no 7.3e-4 for this"),
        ('    "0.05": HH section 6, the learning rate\n', "", "no claim states 0.05"),
        ("= 0.05", "= \\eta_0", "given: no sentence uses 0.05: HH section 6"),
        ('"0.05":', "0.05:", "given: 0.05 is not one number in quotation marks"),
        ('"0.05":', '"a few":', "given: 'a few' is not one number"),
        ("HH section 6, the learning rate", "", "does not say where it is from"),
        ('"10^6"', '"5.0e-2": HH\n    "0.050"', "given: '0.050' is there twice"),
        ('"< 1e-3", cost)', '"0.05", rate)', "given, but claimed too"),
        ("[remove-cell]", "[hide-cell]", "text:19: a cell that claims has the tag"),
        ("[remove-cell]", "[remove-cell, raises-exception]", "must be able to fail"),
        ('claim("95%", share)', 'claim(f"{x}%", share)', "states no literal string"),
        ('claim("95%", share)', 'claim("95%", 0.95)', "'95%' is claimed of a literal"),
        ('claim("95%", share)', 'claim("95%")', "claim takes what is stated, and"),
        ('claim("95%"', 'if share > 0.9: claim("95%"', "a statement of its own"),
        ('claim("95%"', 'dlam.claim("95%"', "claim is called as claim(…)"),
        ('claim("95%"', "say = claim\nsay('95%'", "a statement of its own"),
        ("claim(", "def claim(a, b): pass\nclaim(", "and means dlam's"),
        ("claim(", "from dlam import claim as say\nclaim(", "and means dlam's"),
        ("claim(", "%time claim(", "a cell that claims is no plain Python"),
        ('claim("95%"', 'claim("95% or so"', "text:21: '95% or so' is not one number"),
    ],
)
def test_what_is_wrong_is_said(old: str, new: str, message: str) -> None:
    assert old in SMALL
    faults = numbers.check(Text(SMALL.replace(old, new, 1)))
    assert any(message in fault for fault in faults), faults


def test_the_message_quotes_the_sentence() -> None:
    text = "First it is good.\nThen it is $0.25$, they say. Later it is bad.\n"
    assert numbers.check(Text(text, "x.md")) == [
        "x.md:2: no claim states 0.25, and it is not given: "
        "“Then it is $0.25$, they say.”"
    ]


def test_a_cell_that_claims_and_prints_is_refused() -> None:
    outputs = [[{"output_type": "stream", "name": "stdout", "text": "1\n"}]]
    [fault] = numbers.check(Text(SMALL), outputs)
    assert "a cell that claims prints nothing" in fault


def test_a_claim_stands_under_the_prose_that_states_it() -> None:
    first, second = (
        f'```{{code-cell}}\n:tags: [remove-cell]\nclaim("{number}", x)\n```\n'
        for number in ("0.1", "0.2")
    )
    right = f"It is 0.1.\n\n{first}\nIt is 0.2.\n\n{second}"
    both = f"It is 0.1.\nIt is 0.2.\n\n{first}\n{second}"
    late = f"It is 0.1.\nIt is 0.2.\n\n{first}\nSo much for that.\n\n{second}"
    early = f"{first}\nIt is 0.1.\nIt is 0.2.\n\n{second}"
    assert numbers.check(Text(right)) == numbers.check(Text(both)) == []
    assert len(numbers.check(Text(late))) == len(numbers.check(Text(early))) == 1


# Finding numbers


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It is 0.731.", ["0.731"]),
        ("It is $0.50$ or 0.5.", ["0.50", "0.5"]),
        ("At $7.3 \\times 10^{-4}$.", ["0.00073"]),
        ("At $7.3\\cdot10^{-4}$.", ["0.00073"]),
        ("At $7.3 \\, \\times \\, 10^{ -4 }$.", ["0.00073"]),
        ("At 7.3e-4 or 7.3E-4 or 7.3 × 10⁻⁴ or 7.3·10⁻⁴.", ["0.00073"] * 4),
        ("$10^6$, $10^{6}$, 10⁶ and 10^6", ["1e6"] * 4),
        ("$10^{-12}$ and 10⁻¹² and 10^-12", ["1e-12"] * 3),
        ("$2^{10}$, $10^n$, $10^{-k}$, $e^{10}$", []),
        ("$10{,}000$ $10\\,000$ $10\\ 000$ $1000000$", ["10000"] * 3 + ["1000000"]),
        (
            "10,000 or 10 000 or 10\u00a0000 or 10\u2009000 or 10\u202f000",
            ["10000"] * 5,
        ),
        ("1,234,567.8 and $1\\,234\\,567.8$", ["1234567.8"] * 2),
        ("one of 1, 100 and 200", ["100", "200"]),
        ("$(1, 100)$ and $(1,100)$", ["100", "100"]),
        ("99, 100 and 101", ["100", "101"]),
        ("95%, 95 %, 95 per cent, 95 percent", ["95%"] * 4),
        ("$95\\%$, $95\\,\\%$, $95$ %, $95$ per cent, $95$%", ["95%"] * 5),
        ("5 % and 0.5 % and 5 percentages", ["5%", "0.5%"]),
        ("−0.5, -0.5, (−0.5), minus 0.5", ["-0.5"] * 4),
        ("0.1–0.5, 0.1-0.5, x-0.5", ["0.1", "0.5"] * 2 + ["0.5"]),
        ("$-0.5$, $(-0.5, −0.5)$, $\\approx -0.5$, $x = - 0.5$", ["-0.5"] * 5),
        ("$x - 0.5$, $x-0.5$, $\\sigma - 0.5$, $2 - 0.5$, $f(x)\\,-0.5$", ["0.5"] * 5),
        ("$e^{-0.5}$, $\\{-0.5\\}$, $a & -0.5 \\\\ -0.5$", ["-0.5"] * 4),
        ("$|-0.5|$ but $|x| - 0.5$", ["-0.5", "0.5"]),
        ("$p \\in \\mathbb R^{784}$, $w_{100}$", ["784", "100"]),
        ("$\\pm 0.02$ and ±0.02", ["0.02", "0.02"]),
        ("a 64-256-10 network of 28 × 28 = 784", ["256", "784"]),
        ("**0.5** and _0.5_ and *100*", ["0.5", "0.5", "100"]),
        ("\\$0.5 and 0.5\\$", ["0.5", "0.5"]),
        ("Inline `0.25` is a report, `rng(5000)` and `x = 0.25` are code.", ["0.25"]),
        ("float64, MT19937, x86, v1.5, 2.13.0", []),
        ("the 100th and 1.5x", ["100", "1.5"]),
        (
            "| 0.25 | −0.5 |\n|---|---|\n| 100 | $10^{-3}$ |",
            ["0.25", "-0.5", "100", "0.001"],
        ),
        ("# Heading 0.25\n", ["0.25"]),
        ("1. First\n2. Second 0.5\n", ["0.5"]),
        # Display maths
        ("$$\na = 0.25 \\\\[0.5em] b = 100\n$$ (eq-a100)\n", ["0.25", "100"]),
        ("```{math}\n:label: eq-100\na = 0.25\n```\n", ["0.25"]),
        (
            "\\begin{align}\na &= 0.25 \\hspace{1.5em} \\label{x0.5}\n\\end{align}\n",
            ["0.25"],
        ),
        # Names
        ("HH (2.6), HH's (2.1)–(2.3), GBC (6.3) and (6.4) and LMN (3.1), (3.2)", []),
        ("(4.6), (4.7) and (4.8) of HH, (2.1) in LMN", []),
        ("By (4.6) it is so.", ["4.6"]),
        ("Figure 6.1, figures 2.1–2.3, Figures 2.4, 2.5 and 3.1, Fig. 2.1", []),
        ("section 3.2, §6.1, Lemma 5.1, slide 112, pages 110–123, Exercise 1.4", []),
        ("Figure 2.1, 0.35 of it; Figures 2.1 and 2.2; 0.36", ["0.35", "0.36"]),
        ("Figures 2.1 and 35 % of it", ["35%"]),
        ("HH section 2.1 has 0.05", ["0.05"]),
        ("steps 0.1 apart, after step 200", ["0.1", "200"]),
        ("Python 3.11, CC BY 4.0", ["3.11"]),
        (
            "Cybenko (1989), Guo et al. (2017), arXiv:1801.05894, doi:10.1137/18M1165",
            [],
        ),
        ("in 1989 and (1989)", ["1989", "1989"]),
        ("{cite:t}`cybenko1989`, {eq}`eq-100`, {ref}`0.5 <a-0.7>`", ["0.5"]),
        (
            "{numref}`Figure {number} <fig-0.5>`, {doc}`01-network`, {math}`0.25`",
            ["0.25"],
        ),
        ("[0.25](https://a.b/0.5) <https://a.b/100> https://a.b/1000", ["0.25"]),
        ('![alt 0.25](images/0.5.png "title 0.75")', ["0.25", "0.75"]),
        ("<!-- 0.5\n0.6 -->\n% 0.7\n+++ 0.8\n(label-100)=\n", []),
        ('<img width="200" alt="At 0.25" src="0.5.png"> <b>0.75</b>', ["0.25", "0.75"]),
        ("A note[^100].\n\n[^100]: It is 0.5.\n", ["0.5"]),
        # Directives
        (
            ":::{note} Title 0.25\n:class: c100\nBody 0.5\n:::\nAfter 0.75\n",
            ["0.25", "0.5", "0.75"],
        ),
        (
            "```{figure} a100.png\n:width: 0.5\n:alt: Alt 0.25\n\nCaption 0.75\n```\n",
            ["0.25", "0.75"],
        ),
        (
            "```{figure} a.png\n---\nwidth: 0.5\nalt: Alt 0.25\n---\nCaption\n```\n",
            ["0.25"],
        ),
        (
            "```python\nx = 0.5\n```\n```text\n0.25\n```\n```\n0.75\n```\n",
            ["0.25", "0.75"],
        ),
        (
            "````{exercise} Two\n:label: ex-100\n```{math}\n0.5\n```\n0.25\n````\n",
            ["0.5", "0.25"],
        ),
        ("```{code-cell} python\nx = 0.5\nprint(1000)\n```\n", []),
        (
            "```{code-cell} python\n---\nmystnb:\n  figure:\n    name: fig-100\n"
            "    caption: |\n      At $10^{-4}$.\n  image:\n    alt: 'At 0.25'\n"
            "    width: 500\n---\nx = 0.5\n```\n",
            ["0.0001", "0.25"],
        ),
    ],
)
def test_the_numbers_of_a_text_are_found(text: str, found: list[str]) -> None:
    assert stated(text) == found or stated(text) == [
        shown(Statement.of(Decimal(f.rstrip("%")), f.endswith("%"))) for f in found
    ]


def test_a_small_number_may_be_claimed_in_digits_or_in_words() -> None:
    cell = '```{code-cell}\n:tags: [remove-cell]\nclaim("23", n)\n```\n'
    for said in ("23 of them", "$s = 23$", "Twenty-three of them"):
        assert numbers.check(Text(f"There are {said}.\n\n{cell}")) == []
    assert numbers.check(Text(f"There are a few of them.\n\n{cell}"))


def test_an_exact_integer_covers_the_power_of_ten_that_it_is() -> None:
    million = statement("1000000")
    power = statement("10^6")
    assert million is not None
    assert power is not None
    assert million.covers(power)
    assert not power.covers(million)


@pytest.mark.parametrize("text", ["```{note}\nx\n", "```python\nx\n", ":::{note}\nx\n"])
def test_a_fence_left_open_is_said(text: str) -> None:
    with pytest.raises(Broken, match="text:1: nothing closes this"):
        Text(text)


@pytest.mark.parametrize(
    "text",
    [
        ":::{code-cell} python\n1\n:::\n",
        "````{solution} ex-one\n```{code-cell} python\n1\n```\n````\n",
    ],
)
def test_a_cell_that_would_not_run_is_refused(text: str) -> None:
    with pytest.raises(Broken, match=r"text:\d: this cell is never run"):
        Text(text)


@quick
@given(st.integers(0, 10**9), st.integers(0, 6), st.booleans())
def test_a_number_is_the_same_statement_in_every_dress(
    digits: int, places: int, percent: bool
) -> None:
    number = Decimal(digits).scaleb(-places)
    plain = f"{number:f}"
    whole, point, rest = plain.partition(".")
    grouped = f"{int(whole):,}"
    sign = "%" * percent
    expected = Statement.of(number, percent)
    for dress in (
        plain + sign,
        f"−{plain} {sign}".rstrip(),
        f"${plain}{chr(92) + sign if percent else ''}$",
        grouped + point + rest + sign,
        grouped.replace(",", "\u202f") + point + rest + sign,
        f"${grouped.replace(',', '{,}')}{point}{rest}$" + sign,
        f"${grouped.replace(',', chr(92) + ',')}{point}{rest}$ {sign}".rstrip(),
    ):
        [found] = Text(f"It is {dress} of it").numerals
        assert found.statement._replace(sign=0) == expected
        assert found.statement.sign == ("−" in dress)


@quick
@given(st.integers(1, 99), st.integers(-30, 30))
def test_a_power_of_ten_is_the_same_statement_in_every_dress(
    tenths: int, power: int
) -> None:
    mantissa = f"{tenths / 10:.1f}"
    upper = str(power).translate(str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"))
    expected = Statement.of(Decimal(f"{mantissa}e{power}"))
    for dress in (
        f"${mantissa} \\times 10^{{{power}}}$",
        f"${mantissa}\\cdot 10^{{{power}}}$",
        f"{mantissa} × 10{upper}",
        f"{mantissa}e{power}",
    ):
        [found] = Text(f"It is {dress}, they say.").numerals
        assert found.statement == expected
        assert found.reported


pieces = st.sampled_from(
    [
        *(
            "---\n",
            "```",
            "\n",
            "{code-cell}",
            "{math}",
            "{figure} a",
            ":::",
            "$$",
            "$",
        ),
        *(":label: a\n", "alt: 0.5\n", "0.5", "100", " ", "(eq-a)", "`", "claim("),
    ]
)


@quick
@given(
    st.text("0123456789.,-%$ \n`{}[]():e^\\#|<>*_", max_size=60)
    | st.lists(pieces, max_size=20).map("".join)
)
def test_no_text_is_too_odd_to_be_read(text: str) -> None:
    try:
        found = Text(text).numerals
    except Broken:
        return  # a fence was left open, or a header is no YAML, and that was said
    for numeral in found:
        assert re.search(r"\d", text[numeral.start : numeral.stop])


# The command


def test_the_command_shows_what_each_number_rests_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "09-small.md"
    path.write_text(SMALL, "utf-8")
    assert not numbers.main([str(path)])
    shown, faults = capsys.readouterr()
    assert "12  0.05                      given: 0.05: HH section 6" in shown
    assert "13  95 %                      claim in line 21" in shown
    assert not faults


def test_the_command_fails_on_an_orphan(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "09-small.md"
    path.write_text(SMALL.replace("95 %", "59 %"), "utf-8")
    assert numbers.main([str(path)])
    shown, faults = capsys.readouterr()
    assert "59 %                      NOTHING" in shown
    assert "09-small.md:13: no claim states 59 %" in faults


def test_every_figure_is_referred_to_by_its_number() -> None:
    """In print it may stand on another page than what is said of it."""
    texts = [text.text for text in BOOK.texts.values()]
    named = re.findall(r"(?m)^ *:?name: (fig-[\w-]+)$", "\n".join(texts))
    known = re.findall(r"\{numref\}`(?:[^`]*<)?(fig-[\w-]+)", "\n".join(texts))
    assert len(named) > 100
    assert {*named} - {*known} == {"fig-cover"}
