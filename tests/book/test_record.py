"""The records hold what they should, and so does the tool that makes them.

That running a chapter again gives the same is for nbval to see, with our plugin.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nbval_plugin import difference
from needed import ROOT
from tools.evidence import digests
from tools.record import environment, observe
from tools.record import notebook as record

CHAPTERS = record.chapters()
# A small chapter is run for each of these, which takes seconds; that a record is run
# again and compared, all chapters see at every change.
at_night = pytest.mark.night
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
lines = plt.plot([0, 1], [0, 1])
```
"""


def run_tool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tools", "record", *arguments],
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        env={**os.environ, "DLAM_CELL_SECONDS": "5"},
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
    assert [path.stem for path in records] == sorted(path.stem for path in CHAPTERS)


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
def test_a_cell_with_a_figure_puts_out_the_figure_alone(path: Path) -> None:
    """Or the caption and the label would stand under each of its outputs."""
    for n, cell in enumerate(parsed(path)["cells"], 1):
        if cell["metadata"].get("mystnb", {}).get("figure"):
            kinds = [SVG in output.get("data", {}) for output in cell["outputs"]]
            assert kinds == [True], f"{path.stem}, cell {n}"


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
def test_what_a_shown_cell_prints_fits_the_page(path: Path) -> None:
    for n, cell in enumerate(parsed(path)["cells"], 1):
        if "remove-cell" in cell["metadata"].get("tags", []):
            continue
        for output in cell.get("outputs", []):
            printed = output.get("text") or output.get("data", {}).get("text/plain", "")
            if SVG not in output.get("data", {}):
                longest = max("".join(printed).splitlines(), key=len, default="")
                assert len(longest) <= 76, f"{path.stem}, cell {n}: {longest}"


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


@pytest.mark.night
def test_recording_twice_gives_the_same_bytes(recorded: Path) -> None:
    first = recorded.with_suffix(".ipynb").read_text("utf-8")
    assert "0.30" in first
    assert "</svg>" in first
    assert run_tool("--all", recorded).stdout == "09-small.md: unchanged\n"
    assert run_tool(recorded).stdout == "09-small.md: nothing to run\n"
    assert recorded.with_suffix(".ipynb").read_text("utf-8") == first
    assert run_tool("--check", recorded).returncode == 0


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("a sum", "the sum", "has changed since it was recorded: cell 1 differs in"),
        ("0.1 +", "0.2 +", "cell 2 differs in source; it now begins 'print(f"),
        ("[hide-input]", "[hide-cell]", "cell 4 differs in metadata"),
        ("Then a", "Then\n\n+++\n\na", "cell 3 differs in source"),
        ("[0, 1])\n```\n", "[0, 1])\n```\n\nEnd.\n", "has 5 cells, its record 4"),
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
        ("1 / 0", "cell 2: .*ZeroDivisionError: division by zero"),
        pytest.param(
            "import warnings; warnings.warn('Careful')",
            "cell 2 writes to stderr",
            marks=at_night,
        ),
        pytest.param(
            "print('x' * 1_000_000)",
            "cell 2 prints more than 100000 characters",
            marks=at_night,
        ),
        pytest.param("import os; os._exit(3)", "cell 2: Kernel died", marks=at_night),
        pytest.param(
            "while True: pass",
            "cell 2: .*more than 5 seconds of CPU time",
            marks=at_night,
        ),
    ],
)
def test_a_chapter_that_fails_is_named_and_its_old_record_kept(
    small: Path, code: str, message: str
) -> None:
    before = small.with_suffix(".ipynb").read_bytes()
    small.write_text(SMALL.replace('print(f"{0.1 + 0.2:.2f}")', code), "utf-8")
    done = run_tool(small)
    assert done.returncode == 1
    assert re.search(f"(?ms)^09-small.md: {message}", done.stderr), done.stderr
    assert "concurrent" not in done.stderr  # no traceback of the tool itself
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


# One run of nbval sees a changed digit and a changed drawing


def nbval(path: Path, **extra: str) -> tuple[list[str], str]:
    """Run nbval as the book's tests do; return the result of each cell."""
    plugin = ("-p", "tests.nbval_plugin", "-p", "no:cacheprovider")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", *plugin, "-q", "-rA", "-c", os.devnull),
            *("--rootdir", path.parent, "--nbval", "--nbval-current-env"),
            *("--nbval-sanitize-with", ROOT / "tests" / "nbval.cfg", path),
        ],
        cwd=path.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT), **extra},
        capture_output=True,
        text=True,
    )
    results = re.findall(r"^(PASSED|FAILED) \S*::Cell (\d+)", done.stdout, re.MULTILINE)
    by_cell = {int(n): result.lower() for result, n in results}
    return [by_cell[n] for n in sorted(by_cell)], done.stdout


def rewritten(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


@at_night
def test_nbval_finds_a_fresh_record_right(small: Path) -> None:
    results, log = nbval(small.with_suffix(".ipynb"))
    assert results == ["passed", "passed"], log


def test_nbval_sees_a_changed_digit_and_a_changed_drawing(small: Path) -> None:
    made = small.with_suffix(".ipynb")
    rewritten(made, "0.30", "0.31")
    line = re.search(r"L (\d+\.\d+) ", made.read_text("utf-8"))
    assert line is not None
    rewritten(made, line[0], f"L {float(line[1]) + 1} ")
    results, log = nbval(made)
    if "drawings: not compared" in log:  # another Matplotlib draws otherwise
        assert results == ["failed", "passed"], log
        return
    assert results == ["failed", "failed"], log
    assert "the drawings differ" in log


@at_night
def test_a_cell_that_draws_its_rounding_may_draw_it_otherwise(small: Path) -> None:
    made = small.with_suffix(".ipynb")
    line = re.search(r"L (\d+\.\d+) ", made.read_text("utf-8"))
    assert line is not None
    rewritten(made, line[0], f"L {float(line[1]) + 1} ")
    rewritten(made, '"hide-input"', '"hide-input", "draws-rounding"')
    results, log = nbval(made)
    assert results == ["passed", "passed"], log


@at_night
def test_nbval_compares_each_kind_of_output(tmp_path: Path) -> None:
    cells = [
        ("Markdown('`a = 1`')", {"text/markdown": "`a = 1`"}, "passed"),
        ("Markdown('`a = 1`')", {"text/markdown": "`a = 2`"}, "failed"),
        ("SVG('<svg><path/></svg>')", {SVG: "<svg><path/></svg>"}, "passed"),
        ("SVG('<svg/>')", {"image/png": "AAAA"}, "failed"),
        ("HTML('<b>1</b>')", {"text/html": "<b>2</b>"}, "failed"),
    ]
    fence = "```{code-cell} python\nfrom IPython.display import *; %s\n```\n\n"
    made = record.notebook("".join(fence % source for source, _, _ in cells))
    for n, (cell, (source, recorded, _)) in enumerate(
        zip(made.cells, cells, strict=True), 1
    ):
        plain = f"<IPython.core.display.{source.partition('(')[0]} object>"
        cell.execution_count = n
        cell.outputs = [
            {
                "output_type": "execute_result",
                "metadata": {},
                "execution_count": n,
                "data": {**recorded, "text/plain": plain},
            }
        ]
    path = tmp_path / "small.ipynb"
    path.write_text(json.dumps(made), "utf-8")
    results, log = nbval(path)
    assert results == [result for _, _, result in cells], log


@at_night
def test_a_cell_that_hangs_or_dies_fails_and_one_that_waits_does_not(
    tmp_path: Path,
) -> None:
    cells = ("import time; time.sleep(3)", "while True: pass", "import os; os._exit(3)")
    made = record.notebook(
        "\n".join(f"```{{code-cell}} python\n{cell}\n```\n" for cell in cells)
    )
    for n, cell in enumerate(made.cells, 1):
        cell.execution_count = n
    path = tmp_path / "small.ipynb"
    path.write_text(json.dumps(made), "utf-8")
    results, log = nbval(path, DLAM_CELL_SECONDS="2")
    assert results == ["passed", "failed", "failed"], log
    assert "more than 2 seconds of CPU time" in log
    assert "the cell has ended its kernel" in log


# What is run, and when


REACHING = (
    SMALL
    + """
```{code-cell} python
import numpy as np
from dlam import Network, data, gradient, listing, sgd

net = Network((2, 2, 1))
X, Y = data.xor()
start = net.normal(np.random.default_rng(1))
sgd(net, start, X, Y, np.zeros(3, int), 0.1)
listing(gradient)
```
"""
)


def test_everything_that_runs_the_book_has_one_thread_for_blas() -> None:
    code = "import os; print(*(os.environ.get(k) for k in sorted(%r)))" % [
        *environment()
    ]
    text = SMALL + f"\n```{{code-cell}} python\n{code}\n```\n"
    made = record.execute(record.notebook(text), "small.md")
    printed = made.cells[-1].outputs[0].text.split()
    assert printed == [value for _, value in sorted(environment().items())]
    assert environment()["OPENBLAS_NUM_THREADS"] == "1"


@at_night
def test_a_record_knows_what_was_called_what_was_compiled_and_what_is_printed(
    tmp_path: Path,
) -> None:
    made = record.execute(record.notebook(REACHING), "small.md")
    names = made.metadata["dlam"]["reached"]
    for name in (
        "dlam.network",  # what stands outside its functions
        "dlam.network.Network.normal",
        "dlam.descent._Run.compiled",  # in another thread, where there are several
        "dlam._compiled.point_steps",
        "dlam.backprop.gradient as printed",
    ):
        assert names[name] == record.library()[name]
    assert "dlam.backprop.gradient" not in names  # it is not called
    assert "dlam.network.Network.pack" not in names
    path = tmp_path / "small.md"
    path.write_text(REACHING, "utf-8")
    seen = observe_here(path)
    assert {*names} <= {*seen["reached"]}
    assert (seen["claims"], seen["error"]) == ([], None)


def observe_here(path: Path) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "tools.record.observe", path],
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
    )
    return json.loads(done.stdout)


@at_night
def test_observing_tells_each_claim_and_the_error_that_ends_the_run(
    tmp_path: Path,
) -> None:
    path = tmp_path / "small.md"
    code = "from dlam import claim\nclaim('0.5', 1 / 2)\nclaim('0.6', 1 / 2)\n1 / 0"
    path.write_text(SMALL + f"\n```{{code-cell}} python\n{code}\n```\n", "utf-8")
    seen = observe_here(path)
    assert seen["claims"] == [
        {"stated": "0.5", "value": 0.5, "holds": True},
        {"stated": "0.6", "value": 0.5, "holds": False},
    ]
    assert seen["error"] == "cell 5: ZeroDivisionError: division by zero"
    assert "dlam.claims.claim" in seen["reached"]
    assert observe.watch.CELL_SECONDS > 10  # the budget of a cell


def test_a_function_that_was_reached_and_has_changed_makes_a_chapter_stale(
    recorded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = record.read_record(recorded.with_suffix(".ipynb"))
    new = record.read(recorded)
    assert record.stale(old, new) is None
    now = record.library()
    for name, says in [
        ("dlam.plots.use_book_style", "dlam.plots.use_book_style has changed"),
        ("dlam.backprop.gradient", None),
    ]:
        changed = {**now, name: "otherwise"}
        monkeypatch.setattr(record, "library", lambda changed=changed: changed)
        assert record.stale(old, new) == says


def test_the_result_of_a_run_that_was_read_and_has_changed_makes_a_chapter_stale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = 'found = runs.result("mine")["cost"]\nnp.load(runs.path("mine/p.npy"))'
    text = f"{SMALL}\n```{{code-cell}} python\n{lines}\n```\n"
    old, new = record.notebook(text), record.notebook(text)
    for cell in old.cells:
        cell.execution_count = 1
    folder = tmp_path / "runs" / "mine"
    folder.mkdir(parents=True)
    said, array = folder / "result.json", folder / "p.npy"
    said.write_text('{"date": "2026-01-01", "result": {"cost": 1}}', "utf-8")
    array.write_bytes(b"1")
    monkeypatch.setattr(record, "ROOT", tmp_path)
    monkeypatch.setattr(record, "library", dict)
    old.metadata["dlam"] = {"reached": record.results(old)}
    assert record.stale(old, new) is None
    said.write_text('{"date": "2026-01-02", "result": {"cost": 1}}', "utf-8")
    assert record.stale(old, new) is None  # the same was measured again
    said.write_text('{"date": "2026-01-02", "result": {"cost": 2}}', "utf-8")
    assert record.stale(old, new) == "runs/mine/result.json has changed"
    said.write_text('{"date": "2026-01-02", "result": {"cost": 1}}', "utf-8")
    array.write_bytes(b"2")
    assert record.stale(old, new) == "runs/mine/p.npy has changed"
    array.unlink()
    assert record.stale(old, new) == "runs/mine/p.npy has changed"
    del old.metadata["dlam"]["reached"]["runs/mine/p.npy"]
    assert record.stale(old, new) == "runs/mine/p.npy has changed"


def test_a_comment_that_a_listing_prints_makes_its_function_another(
    tmp_path: Path,
) -> None:
    path = tmp_path / "module.py"
    path.write_text("def f(x):\n    return x  # one\n", "utf-8")
    before = digests.library(tmp_path)
    rewritten(path, "one", "two")
    after = digests.library(tmp_path)
    name = f"{tmp_path.name}.module.f"
    assert before[name] == after[name]
    assert before[f"{name} as printed"] != after[f"{name} as printed"]


def test_changed_prose_is_taken_over_and_nothing_is_run(
    small: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rewritten(small, "First a sum.", "First a sum of two numbers.")
    monkeypatch.setattr(record, "execute", None)
    assert record.main([str(small)]) == 0
    assert capsys.readouterr().out == "09-small.md: nothing to run\n"
    made = small.with_suffix(".ipynb").read_text("utf-8")
    assert "sum of two numbers" in made
    assert "0.30" in made
    assert "</svg>" in made
    assert record.drift(small, small.with_suffix(".ipynb")) is None
    with pytest.raises(TypeError):  # so that is what would run
        record.main(["--all", str(small)])


def test_a_record_that_was_edited_is_not_overwritten(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = small.with_suffix(".ipynb")
    rewritten(made, "First a sum.", "At first a sum.")
    rewritten(small, "Then a", "Now a")
    edited = made.read_bytes()
    for arguments in ([], ["--all"], ["--check"]):
        assert record.main([*arguments, str(small)]) == 1
        told = capsys.readouterr().err
        assert told.startswith("09-small.ipynb was edited: put the change into 09-smal")
        assert made.read_bytes() == edited
    assert run_tool("--force", small).stdout == "09-small.md: recorded\n"
    assert record.main(["--check", str(small)]) == 0


def test_a_record_that_another_program_has_saved_is_not_edited(small: Path) -> None:
    made = small.with_suffix(".ipynb")
    saved = parsed(small)
    saved["metadata"]["language_info"]["version"] = "3.14"
    saved["metadata"]["widgets"] = {}
    made.write_text(json.dumps(saved), "utf-8")
    assert record.drift(small, made) is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param(b"python3}", b"[", rb"09-small.md:\d+: ", marks=at_night),
        (b"First", b"Fir\0st", rb"09-small.md:9: a null byte"),
        pytest.param(
            b"First", b"F\xefrst", rb"09-small.md:9: this is not UTF-8", marks=at_night
        ),
        pytest.param(
            b"[hide-input]", b"[hide-input", rb"09-small.md:\d+: ", marks=at_night
        ),
        (b"[0, 1])\n```", b"[0, 1])\n", rb"09-small.md:\d+: nothing closes this"),
    ],
)
def test_a_text_that_cannot_be_read_is_named_with_the_line(
    small: Path, old: bytes, new: bytes, message: bytes
) -> None:
    before = small.with_suffix(".ipynb").read_bytes()
    content = small.read_bytes()
    assert old in content
    small.write_bytes(content.replace(old, new))
    for arguments in ([small], ["--check", small]):
        done = run_tool(*arguments)
        assert done.returncode == 1
        assert re.match(message, done.stderr.encode()), done.stderr
        assert "Traceback" not in done.stderr
    assert small.with_suffix(".ipynb").read_bytes() == before


@pytest.mark.parametrize("begin", [b"\xef\xbb\xbf---\n", b"--- \n"])
def test_a_mark_or_a_blank_in_front_drops_no_chapter(small: Path, begin: bytes) -> None:
    small.write_bytes(small.read_bytes().replace(b"---\n", begin, 1))
    assert record.main(["--check", str(small)]) == 0
    rewritten(small, "First a sum.", "First another sum.")
    assert record.main(["--check", str(small)]) == 1


def test_a_record_that_is_no_notebook_is_named(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = small.with_suffix(".ipynb")
    made.write_text(f"<<<<<<< ours\n{made.read_text('utf-8')}", "utf-8")
    for arguments in ([], ["--check"]):
        assert record.main([*arguments, str(small)]) == 1
        told = capsys.readouterr().err
        assert told.startswith("09-small.ipynb is no notebook (")
        assert "Traceback" not in told
