"""The list of modules, and what is made from it."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

import dlam
from dlam._contents import CONTENTS
from needed import ROOT

LIBRARY = ROOT / "lib" / "dlam"
# What importing dlam must not load: each takes long, or may be absent.
HEAVY = {"IPython", "hypothesis", "matplotlib", "numba", "scipy", "sklearn", "torch"}
each_module = pytest.mark.parametrize("module", CONTENTS)


def parsed(module: str) -> ast.Module:
    return ast.parse((LIBRARY / f"{module}.py").read_text("utf-8"))


def imported(module: str) -> set[str]:
    """Return the modules of dlam that one imports, wherever it does."""
    found: set[str] = set()
    for node in ast.walk(parsed(module)):
        if isinstance(node, ast.ImportFrom) and node.module == "dlam":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module[5:]} if node.module.startswith("dlam.") else set()
        elif isinstance(node, ast.Import):
            found |= {a.name[5:] for a in node.names if a.name.startswith("dlam.")}
    return found


def in_a_fresh_python(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, encoding="utf-8"
    )
    assert done.stderr == ""
    return done.stdout


# The list


def test_the_list_has_every_module() -> None:
    there = {path.stem for path in LIBRARY.glob("*.py") if path.stem[0] != "_"}
    assert there == set(CONTENTS)


@each_module
def test_the_list_has_every_public_name_of_a_module(module: str) -> None:
    assert set(CONTENTS[module].names) == set(
        importlib.import_module(f"dlam.{module}").__all__
    )


@each_module
def test_a_module_imports_only_from_those_above_it(module: str) -> None:
    order = list(CONTENTS)
    for name in public_imports(module):
        assert order.index(name) < order.index(module), f"{module} imports {name}"


def public_imports(module: str) -> Iterator[str]:
    """Yield what a module imports, itself or through a private module."""
    for name in imported(module):
        if name[0] == "_":
            yield from public_imports(name)
        else:
            assert name in CONTENTS, f"{module} imports {name} from dlam, not its home"
            yield name


def first_chapter(module: str) -> int:
    return min(CONTENTS[module].names.values())


def test_a_module_stands_after_a_later_chapter_only_to_import_from_it() -> None:
    mathematics = [module for module in CONTENTS if first_chapter(module)]
    for above, below in pairwise(mathematics):
        in_order = first_chapter(above) <= first_chapter(below)
        assert in_order or above in public_imports(below), f"{above}, {below}"
    assert [*CONTENTS][len(mathematics) :] == ["runs", "claims", "listing", "plots"]


def test_the_readme_has_the_list_as_a_table() -> None:
    rows = [
        f"| `{name}` | {module.about} | {first_chapter(name) or 'all'} |"
        for name, module in CONTENTS.items()
    ]
    table = "\n".join(["| module | holds | chapter |", "|---|---|---|", *rows])
    readme = (ROOT / "README.md").read_text("utf-8")
    assert f"\n\n{table}\n\n" in readme, f"the table should be\n{table}"


# What dlam offers


def test_what_type_checkers_know_is_what_dlam_offers() -> None:
    [block] = [node for node in parsed("__init__").body if isinstance(node, ast.If)]
    known = {
        (node.module, alias.name, alias.asname)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    offered = {
        (f"dlam.{module}", name, name)
        for module, contents in CONTENTS.items()
        for name in contents.names
        if name in dlam.__all__ and module in dlam._FRONT
    }
    assert known == offered


def test_a_name_is_found_by_who_asks_for_it_first() -> None:
    names = [*dlam.__all__, *CONTENTS, "__version__"]
    assert {*names} <= {*dir(dlam)}
    program = f"""
import os, numpy, dlam
for name in {names}:
    if not os.fork():  # where nothing but the name was asked for
        exec(f"from dlam import {{name}} as it")
        os._exit(it is not getattr(dlam, name))
    if os.wait()[1]:
        print(name)
"""
    assert in_a_fresh_python(program) == ""


def test_a_name_that_does_not_exist_is_refused() -> None:
    with pytest.raises(AttributeError, match="module 'dlam' has no attribute 'netwrk'"):
        _ = dlam.netwrk
    with pytest.raises(ImportError, match="netwrk"):
        from dlam import netwrk  # noqa: F401


def test_listing_is_the_function_whatever_was_imported_before() -> None:
    program = "from dlam.listing import source; import dlam; print(dlam.listing)"
    assert in_a_fresh_python(program).startswith("<function listing")


@pytest.mark.parametrize("statement", ["import dlam", "from dlam import *"])
def test_importing_the_library_loads_nothing_heavy(statement: str) -> None:
    program = f"{statement}; import sys; print(sorted({HEAVY} & {{*sys.modules}}))"
    assert in_a_fresh_python(program) == "[]\n"


def test_a_module_is_loaded_when_it_is_asked_for_and_not_before() -> None:
    program = (
        "import sys, dlam; before = 'dlam.network' in sys.modules; dlam.Network;"
        "print(before, 'dlam.network' in sys.modules, 'dlam.descent' in sys.modules)"
    )
    assert in_a_fresh_python(program) == "False True False\n"


def project() -> Any:
    return tomllib.loads(Path(ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def test_the_version_is_that_of_the_project() -> None:
    assert dlam.__version__ == project()["version"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation["version"] == dlam.__version__


# What is installed


def test_the_library_alone_needs_numpy_and_its_extra_for_the_book_needs_them_all() -> (
    None
):
    names = {Requirement(text).name for text in project()["dependencies"]}
    assert names == {"numpy"}
    extras = project()["optional-dependencies"]
    [own] = [Requirement(t) for t in extras["book"] if Requirement(t).name == "dlam"]
    assert own.extras == {*extras} - {"book", "torch"}


@pytest.mark.parametrize("name", ["constraints.txt", "constraints-oldest.txt"])
def test_what_is_pinned_can_be_had_for_the_oldest_python(name: str) -> None:
    """As far as it is installed here, for a file of pins does not say it."""
    oldest = project()["requires-python"].removeprefix(">=") + ".0"
    looked_at = 0
    for line in (ROOT / name).read_text("utf-8").split():
        package, _, version = line.partition("==")
        try:
            about = metadata(package)
        except PackageNotFoundError:
            continue
        admitted = about.get("Requires-Python")
        if about["Version"] == version and admitted:
            looked_at += 1
            assert SpecifierSet(admitted).contains(oldest), f"{line} needs {admitted}"
    assert looked_at > (100 if name == "constraints.txt" else 10)
