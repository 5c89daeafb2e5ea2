"""The records are what the chapters give when they are run, byte for byte."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib
import pytest

from needed import ROOT
from tools.record import notebook as record

CHAPTERS = record.chapters()
each_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
SVG = "image/svg+xml"

SMALL = """\
---
jupytext:
  text_representation: {extension: .md, format_name: myst}
kernelspec: {display_name: Python 3, language: python, name: python3}
---

# Small

First a sum.

```{code-cell} python
print(f"{0.1 + 0.2:.2f}")
```

Then a drawing.

```{code-cell} python
:tags: [hide-input]
import matplotlib.pyplot as plt
from dlam import plots

plots.use_book_style()
plt.plot([0, 1], [0, 1]);
```
"""


@cache
def rerun(path: Path) -> str:
    """The record that a chapter gives now."""
    program = (
        "import record, sys; print(record.record(record.Path(sys.argv[1])), end='')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, path],
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT / "tools",
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def run_tool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / "tools" / "record.py", *arguments],
        capture_output=True,
        encoding="utf-8",
    )


def parsed(path: Path) -> Any:
    return json.loads(path.with_suffix(".ipynb").read_text("utf-8"))


def outputs(path: Path) -> Iterator[tuple[str, str, str]]:
    """Yield what a chapter has put out: where, the kind of output, the text."""
    for n, cell in enumerate(parsed(path)["cells"], 1):
        for output in cell.get("outputs", []):
            parts = output.get(
                "data", {output.get("name", "?"): output.get("text", "")}
            )
            for kind, text in parts.items():
                yield f"{path.stem}, cell {n}", kind, "".join(text)


# The records of the book


@each_chapter
def test_no_record_has_parted_from_its_text(path: Path) -> None:
    assert record.drift(path, path.with_suffix(".ipynb")) is None


def test_every_text_has_a_record_and_every_record_a_text() -> None:
    assert CHAPTERS
    records = sorted((ROOT / "book").glob("*.ipynb"))
    assert [path.stem for path in records] == [path.stem for path in CHAPTERS]


@each_chapter
def test_to_record_again_gives_the_same_but_for_drawings(path: Path) -> None:
    was, now = parsed(path), json.loads(rerun(path))
    for old, new in zip(was["cells"], now["cells"], strict=True):
        for one in (old, new):
            for output in one.get("outputs", []):
                if SVG in output.get("data", {}):
                    output["data"][SVG] = "a drawing"
        assert new == old
    assert now == was


PINNED = (ROOT / "constraints.txt").read_text("utf-8").split()


@pytest.mark.skipif(
    f"matplotlib=={matplotlib.__version__}" not in PINNED,
    reason="the chapters were recorded with another Matplotlib, which draws otherwise",
)
@each_chapter
def test_to_record_again_gives_the_same_drawings(path: Path) -> None:
    """To the byte on one machine; on another the last digits may differ.

    A cell with the tag "draws-rounding" draws the last digits themselves.
    """
    written = path.with_suffix(".ipynb").read_text("utf-8")
    if rerun(path) == written:
        return
    for n, (old, new) in enumerate(
        zip(parsed(path)["cells"], json.loads(rerun(path))["cells"], strict=True), 1
    ):
        if "draws-rounding" in old["metadata"].get("tags", []):
            continue
        pairs = zip(old.get("outputs", []), new.get("outputs", []), strict=True)
        for was, now in pairs:
            if SVG in was.get("data", {}):
                apart = difference("".join(was["data"][SVG]), "".join(now["data"][SVG]))
                assert apart is None, f"{path.stem}, cell {n}: {apart}"


NUMBER = re.compile(r"(?<![\w#.])-?\d+(?:\.\d+)?(?:e[-+]?\d+)?")
NAME = re.compile(r"(?<=[\"#])[a-z]+[0-9a-f]{10}(?=[\")])")


def difference(one: str, two: str, tolerance: float = 0.02) -> str | None:
    """Say how two drawings differ by more than the tolerance, or None.

    The names of Matplotlib's paths are hashes of their coordinates: what counts
    is that the same are used in the same places.
    """

    def renamed(text: str) -> str:
        names: dict[str, str] = {}
        return NAME.sub(lambda m: names.setdefault(m[0], f"name-{len(names)}"), text)

    one, two = renamed(one), renamed(two)
    if NUMBER.sub("?", one) != NUMBER.sub("?", two):
        return "the drawings have different parts"
    for was, now in zip(NUMBER.findall(one), NUMBER.findall(two), strict=True):
        if abs(float(was) - float(now)) > tolerance:
            return f"the drawings differ: {was} has become {now}"
    return None


FORBIDDEN = {
    "a time of day": r"\b\d{1,2}:\d\d\b",
    "a date": r"\b(?:19|20)\d\d-\d\d-\d\d\b",
    "a duration": r"\b\d+(?:\.\d+)? ?(?:ms|µs|us|ns|seconds)\b",
    "an address in memory": r"\b0x[0-9a-fA-F]{6,}\b",
    "an absolute path": r"(?:^|[\s\"'(=,])/(?:[\w.+-]+/)+[\w.+-]+|\b[A-Z]:\\",
    "a bare NumPy scalar": r"\bnp\.(?:float|int|bool)\w*\(",
    "a version": r"\b\d+\.\d+\.\d+\b",
    "NaN or infinity": r"\b(?:nan|inf)\b",
    "a warning": r"\bWarning\b",
}


@each_chapter
def test_no_output_holds_what_another_run_would_change(path: Path) -> None:
    for where, kind, text in outputs(path):
        if kind == SVG:
            shown = {"a date": r"<dc:date>", "an address in memory": r"\b0x[0-9a-f]{6}"}
        else:
            shown = FORBIDDEN
        for what, pattern in shown.items():
            found = re.search(pattern, text, re.MULTILINE)
            assert not found, f"{where} puts out {what}: {found[0] if found else ''}"


@each_chapter
def test_no_output_has_more_than_six_significant_digits(path: Path) -> None:
    for where, kind, text in outputs(path):
        if kind != SVG:
            for number in re.findall(r"(?<![\w.])\d*\.\d+", text):
                digits = number.replace(".", "").lstrip("0")
                assert len(digits) <= 6, f"{where} puts out {number}"


@each_chapter
def test_cells_have_run_in_order_and_written_no_warning(path: Path) -> None:
    cells = [cell for cell in parsed(path)["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in cells] == [*range(1, len(cells) + 1)]
    for cell in cells:
        for output in cell["outputs"]:
            assert output["output_type"] != "error"
            assert output.get("name") != "stderr"


@each_chapter
def test_a_cell_that_is_shown_is_short_enough_to_be_printed(path: Path) -> None:
    for n, cell in enumerate(parsed(path)["cells"], 1):
        if cell["cell_type"] == "code":
            lines = "".join(cell["source"]).splitlines()
            tags = set(cell["metadata"].get("tags", []))
            if "remove-cell" not in tags:
                longest = max(lines, key=len)
                assert len(longest) <= 76, f"{path.stem}, cell {n}: {longest}"
            if not tags & {"remove-cell", "remove-input", "hide-input", "hide-cell"}:
                assert len(lines) <= 15, f"{path.stem}, cell {n}: {len(lines)} lines"


@each_chapter
def test_no_output_hangs_on_a_semicolon_which_nbval_does_not_heed(path: Path) -> None:
    """A cell that draws ends in an assignment: its value is then shown by no one."""
    for n, cell in enumerate(parsed(path)["cells"], 1):
        if cell["cell_type"] == "code":
            source = "".join(cell["source"]).rstrip()
            assert not source.endswith(";"), f"{path.stem}, cell {n}: {source[-60:]}"


# The tool


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small chapter with its record."""
    path = tmp_path_factory.mktemp("recorded") / "09-small.md"
    path.write_text(SMALL, "utf-8")
    done = run_tool(path)
    assert (done.returncode, done.stdout) == (0, "09-small.md: recorded\n"), done.stderr
    return path


@pytest.fixture
def small(recorded: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed."""
    for path in (recorded, recorded.with_suffix(".ipynb")):
        shutil.copy(path, tmp_path)
    return tmp_path / recorded.name


def test_recording_twice_gives_the_same_bytes(recorded: Path) -> None:
    first = recorded.with_suffix(".ipynb").read_text("utf-8")
    assert "0.30" in first
    assert "</svg>" in first
    assert run_tool(recorded).stdout == "09-small.md: unchanged\n"
    assert recorded.with_suffix(".ipynb").read_text("utf-8") == first
    assert run_tool("--check", recorded).returncode == 0


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("a sum", "the sum", "has changed since it was recorded: cell 1 differs in"),
        ("0.1 +", "0.2 +", "cell 2 differs in source; it now begins 'print(f"),
        ("[hide-input]", "[hide-cell]", "cell 4 differs in metadata"),
        ("Then a", "Then\n\n+++\n\na", "cell 3 differs in source"),
        ("[0, 1]);\n```\n", "[0, 1]);\n```\n\nEnd.\n", "has 5 cells, its record 4"),
    ],
)
def test_a_text_that_has_changed_is_told_from_its_record(
    small: Path, old: str, new: str, message: str
) -> None:
    assert old in SMALL
    small.write_text(SMALL.replace(old, new, 1), "utf-8")
    told = record.drift(small, small.with_suffix(".ipynb"))
    assert told is not None
    assert small.name in told
    assert message in told
    assert record.main(["--check", str(small)])


def test_a_record_that_is_missing_or_was_not_run_is_told(small: Path) -> None:
    made = small.with_suffix(".ipynb")
    made.write_text(record.serialise(record.notebook(SMALL)), "utf-8")
    assert record.drift(small, made) == "09-small.ipynb: cell 2 has not been run"
    made.unlink()
    assert record.drift(small, made) == "09-small.md has no record"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("import warnings; warnings.warn('Careful')", "a cell writes to stderr"),
    ],
)
def test_a_chapter_that_fails_is_named_and_its_old_record_kept(
    small: Path, code: str, message: str
) -> None:
    before = small.with_suffix(".ipynb").read_bytes()
    small.write_text(SMALL.replace('print(f"{0.1 + 0.2:.2f}")', code), "utf-8")
    done = run_tool(small)
    told = done.stderr
    assert done.returncode == 1
    assert re.search("^09-small.md: ", told, re.MULTILINE)  # a kernel may warn first
    assert message in told
    assert code in told
    assert small.with_suffix(".ipynb").read_bytes() == before
    assert len(list(small.parent.iterdir())) == 2  # no draft is left behind


def test_two_cells_with_the_same_source_have_different_ids() -> None:
    cell = "\n```{code-cell} python\nprint(1)\n```\n"
    ids = [c.id for c in record.notebook(SMALL + cell + cell).cells]
    assert len(set(ids)) == len(ids)
    assert ids[:4] == [c.id for c in record.notebook(SMALL).cells]


@pytest.mark.parametrize("name", ["none.md", "page.md", "01-network.ipynb", "."])
def test_what_is_no_chapter_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (tmp_path / "page.md").write_text("# A page without code\n", "utf-8")
    with pytest.raises(SystemExit) as ended:
        record.main([str(tmp_path / name)])
    assert ended.value.code == 2
    assert (
        "is no chapter: no .md file with a jupytext header" in capsys.readouterr().err
    )


def test_a_drawing_may_differ_in_its_last_digits_only() -> None:
    drawing = (
        '<svg><path id="m0123456789" d="M 10.5 -2.25 L 3 4e-05" class="c1"/>'
        '<use xlink:href="#m0123456789" x="1.5" style="stroke: #1f77b4"/></svg>'
    )
    assert difference(drawing, drawing) is None
    same = drawing.replace("m0123456789", "mabcdef0123").replace("10.5", "10.51")
    assert difference(drawing, same) is None
    for old, new in [
        ("10.5", "10.6"),
        ("-2.25", "2.25"),
        ("L 3", "M 3"),
        ("#1f77b4", "#1f77b5"),
        ('"#m0123456789', '"#m9876543210'),
        ("<use", "<g/><use"),
    ]:
        assert difference(drawing, drawing.replace(old, new)) is not None, new


def test_nbval_sees_every_changed_output_but_a_drawing(tmp_path: Path) -> None:
    cells = [
        ("print('0.731')", {"stdout": "0.731\n"}),
        ("print('0.731')", {"stdout": "0.732\n"}),
        ("Markdown('`a = 1`')", {"text/markdown": "`a = 1`"}),
        ("Markdown('`a = 1`')", {"text/markdown": "`a = 2`"}),
        (
            "SVG('<svg><path d=\"M 1.5\"/></svg>')",
            {SVG: '<svg><path d="M 1.6"/></svg>'},
        ),
        ("SVG('<svg/>')", {"image/png": "AAAA"}),
        ("HTML('<b>1</b>')", {"text/html": "<b>2</b>"}),
    ]
    expected = ["passed", "failed", "passed", "failed", "passed", "failed", "failed"]
    notebook = record.notebook(
        "".join(
            f"```{{code-cell}} python\n{'from IPython.display import *; ' * (not n)}"
            f"{source}\n```\n\n"
            for n, (source, _) in enumerate(cells)
        )
    )
    for n, (cell, (_, out)) in enumerate(zip(notebook.cells, cells, strict=True), 1):
        cell.execution_count = n
        if "stdout" in out:
            cell.outputs = [
                {"output_type": "stream", "name": "stdout", "text": out["stdout"]}
            ]
        else:
            plain = f"<IPython.core.display.{cell.source.partition('(')[0]} object>"
            result = {"output_type": "execute_result", "metadata": {}}
            cell.outputs = [
                {**result, "execution_count": n, "data": {**out, "text/plain": plain}}
            ]
    path = tmp_path / "small.ipynb"
    path.write_text(json.dumps(notebook), "utf-8")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "-rA"),
            *("--nbval", "--nbval-current-env", "-c", "/dev/null"),
            *("--nbval-sanitize-with", ROOT / "tests" / "nbval.cfg", path),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    results = re.findall(r"^(PASSED|FAILED) \S*::Cell (\d+)", done.stdout, re.MULTILINE)
    by_cell = {int(n): result.lower() for result, n in results}
    assert [by_cell[n] for n in sorted(by_cell)] == expected, done.stdout
