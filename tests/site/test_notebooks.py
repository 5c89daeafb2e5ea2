"""The notebooks for readers run anywhere, and show in any Jupyter."""

from __future__ import annotations

import base64
import io
import re
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from bare import clean, python_with
from needed import FULL, ROOT
from tools.pages import notebooks

# What MyST writes and a plain viewer would show as it is, and what marks are made of.
DAMAGED = re.compile(
    r"\{[a-z][\w:.-]*\}`|^:{3,}|^`{3,}\{|[\x02\x03]|\$\$ \(eq-|<!--", re.M
)
TRIED = None if FULL else ("09a-shared-weights", "setup")  # all of them at night


@pytest.fixture(scope="module")
def made(html: Any) -> dict[str, Any]:
    folder = Path(html) / "notebooks"
    paths = sorted(folder.glob("*.ipynb"))
    return {path.stem: nbformat.read(path, as_version=4) for path in paths}


def markdown(nb: Any) -> list[str]:
    return [cell.source for cell in nb.cells if cell.cell_type == "markdown"]


def test_each_chapter_has_its_three_notebooks(made) -> None:
    chapters = [path.stem for path in (ROOT / "book").glob("[01]*.ipynb")]
    assert {f"{stem}{end}" for stem in chapters for end in notebooks.ENDS} <= {*made}


def test_all_of_them_are_in_one_file_and_packed(html, made) -> None:
    with zipfile.ZipFile(Path(html) / "notebooks" / notebooks.ALL) as packed:
        inside = packed.infolist()
    assert {one.filename for one in inside} == {f"{stem}.ipynb" for stem in made}
    assert all(one.compress_size < one.file_size for one in inside)


def test_a_plain_viewer_shows_them_whole(made) -> None:
    bad = [
        f"{name}: {text[max(0, found.start() - 40) : found.end() + 40]!r}"
        for name, nb in made.items()
        for text in markdown(nb)
        if (found := DAMAGED.search(text))
    ]
    assert bad == []


def test_formulas_have_the_numbers_of_the_page(made) -> None:
    text = "\n".join(markdown(made["05-back-propagation"]))
    for n in range(1, 9):
        assert f"\\tag{{5.{n}}}" in text
    assert "Lemma 5.1" in text


def test_solutions_are_folded_and_a_student_has_none(made) -> None:
    chapters = [name for name in made if f"{name}-student" in made]
    for name in chapters:
        complete = "\n".join(markdown(made[name]))
        # One that has a cell is folded in two pieces, before and after it.
        solutions = {*re.findall(r"Solution to Exercise [\d.]+(?= \()", complete)}
        assert len(solutions) >= 2 or name == "setup"
        assert complete.count("<details>") == complete.count("</details>")
        student = made[f"{name}-student"]
        said = "\n".join(markdown(student))
        assert not re.search(r"^.*(<summary>|\*)[Ss]olution.*", said, re.M)
        empty = [cell for cell in student.cells if cell.source == "# Your solution\n"]
        assert len(empty) == len(solutions)


def test_a_blank_notebook_has_no_outputs(made) -> None:
    for name, nb in made.items():
        outputs = [cell for cell in nb.cells if cell.get("outputs")]
        assert bool(outputs) != name.endswith("-blank")


def test_no_claim_is_in_a_notebook(made) -> None:
    for nb in made.values():
        cells = [cell for cell in nb.cells[1:] if cell.cell_type == "code"]
        assert not any(re.search(r"^claim\(", cell.source, re.M) for cell in cells)


# What a cell needs


def record(*sources: str) -> Any:
    return new_notebook(cells=[new_code_cell(source) for source in sources])


@pytest.mark.parametrize(
    ("source", "more"),
    [
        ("X = data.xor()", set()),
        ("X, Y = digits()", {"digits/ORIGIN.txt", "digits/pictures.npz"}),
        ("X, Y = data.mnist()", {"mnist/ORIGIN.txt", "mnist/pictures.npz"}),
        (
            "grey = coordinates.photograph(96).mean(axis=2)",
            {"photograph/ORIGIN.txt", "photograph/pictures.npz"},
        ),
        ('d = runs.result("copying")', {"_runs/copying/result.json"}),
        ('d = runs.path("language/prose.txt")', {"_runs/language/prose.txt"}),
    ],
)
def test_a_notebook_carries_what_its_cells_read_and_no_more(source, more) -> None:
    program = notebooks.carrier(record(source)).source
    packed = program.partition('PACKED = r"""')[2].partition('"""')[0]
    held = base64.b85decode("".join(packed.split()))
    names = {*zipfile.ZipFile(io.BytesIO(held)).namelist()}
    assert "dlam/data.py" in names
    assert {name for name in names if name.count("/") > 1} == {
        f"dlam/{name}" for name in more
    }


def test_what_needs_a_package_is_known_by_the_names_it_uses() -> None:
    found = notebooks.needs(
        record("import torch", "x = 1", "y = torch.ones(2)", "print(y)", "print(x)")
    )
    assert found == {0: ("torch",), 2: ("torch",), 3: ("torch",)}


def test_a_folded_cell_is_hidden_and_left_out_for_a_student() -> None:
    text = (
        "Text.\x02cell 0\x03 \x02solution Of it\x03 Think. \x02cell 1\x03 "
        "\x02end \x03 On."
    )
    complete = notebooks.notebook(text, record("a = 1", "b = 2"), "")
    assert [cell.source for cell in complete.cells[1:]] == [
        "Text.",
        "a = 1",
        "<details><summary>Of it</summary>\n\nThink.\n\n</details>",
        "b = 2",
        "On.",
    ]
    assert complete.cells[4].metadata["jupyter"]["source_hidden"]
    student = notebooks.notebook(text, record("a = 1", "b = 2"), "-student")
    assert [cell.source for cell in student.cells[1:]] == [
        "Text.",
        "a = 1",
        "# Your solution\n",
        "On.",
    ]


# Where nothing of the project is installed


LAPTOP = ("numpy", "scipy", "matplotlib", "ipykernel", "nbclient")


@pytest.fixture(scope="module")
def laptop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python with NumPy, SciPy and Matplotlib."""
    return python_with(tmp_path_factory.mktemp("laptop"), *LAPTOP)


@pytest.fixture(scope="module")
def fast(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python with Numba besides."""
    return python_with(tmp_path_factory.mktemp("fast"), *LAPTOP, "numba")


RUN = """
import sys, nbformat
from nbclient import NotebookClient
nb = nbformat.read(sys.argv[1], 4)
for cell in nb.cells:
    if cell.cell_type == "code":
        cell.outputs = []
NotebookClient(nb, timeout=1800, kernel_name="python3",
               resources={"metadata": {"path": sys.argv[2]}}).execute()
nbformat.write(nb, sys.argv[1])
"""


def printed(cell: Any) -> str:
    """What a cell puts out as text, in one piece."""
    return "".join(
        str(one.get("text") or one.get("data", {}).get("text/plain", ""))
        for one in cell.get("outputs", [])
        if one.get("name") != "stderr" and "image/svg+xml" not in one.get("data", {})
    )


def run(python: Path, nb: Any, folder: Path) -> Any:
    path = folder / "notebook.ipynb"
    nbformat.write(nb, path)
    environment = clean() | {
        "OPENBLAS_NUM_THREADS": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }
    subprocess.run(
        [python, "-c", RUN, path, folder], check=True, env=environment, cwd=folder
    )
    return nbformat.read(path, as_version=4)


NAMES = TRIED or [p.stem for p in sorted((ROOT / "book").glob("[01s]*.ipynb"))]


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_brings_its_library_and_prints_its_numbers(
    name: str, made, fast: Path, tmp_path: Path
) -> None:
    nb = made[name]
    ran = run(fast, nb, tmp_path)
    assert "dlam is taken from this notebook" in printed(ran.cells[0])
    for cell, again in zip(nb.cells[1:], ran.cells[1:], strict=True):
        if cell.cell_type == "code" and not cell.source.startswith("# needs "):
            assert printed(again) == printed(cell), cell.source


@pytest.mark.parametrize("end", notebooks.ENDS if FULL else ["-student"])
def test_without_numba_every_variant_runs_to_its_end(end, made, laptop, tmp_path):
    """Where a run is chaotic, its last digits are others then."""
    ran = run(laptop, made[f"07a-momentum{end}"], tmp_path)
    assert "Without Numba" in printed(ran.cells[0])


def test_a_cell_that_lacks_a_package_says_so_and_the_rest_goes_on(laptop, tmp_path):
    source = record("import torch", "y = 1", "z = torch.ones(2)", "print(y)")
    text = " ".join(f"\x02cell {n}\x03" for n in range(4))
    ran = run(laptop, notebooks.notebook(text, source, ""), tmp_path)
    said = [printed(cell) for cell in ran.cells if cell.cell_type == "code"][1:]
    absent = "This cell needs torch, which is not installed here; go on below.\n"
    assert said == [absent, "", absent, "1\n"]


def test_a_damaged_library_is_refused(made) -> None:
    source = made["setup"].cells[0].source
    at = source.index('r"""') + 40
    other = "0" if source[at] != "0" else "1"
    with pytest.raises(ValueError, match="damaged"):
        exec(source[:at] + other + source[at + 1 :], {})
