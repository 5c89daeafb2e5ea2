"""The code of the live figures is in order."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

from needed import ROOT, require_package, require_program

LIVE = sorted((ROOT / "live").rglob("*.js"))
UNIT_TESTS = sorted((ROOT / "tests/live").glob("*.test.js"))


def tool(*command: str) -> None:
    done = subprocess.run(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stdout


def test_the_unit_tests_pass_under_node():
    require_program("node")
    assert UNIT_TESTS
    tool("node", "--test", *map(str, UNIT_TESTS))


def test_the_types_are_right():
    tool(require_package(".bin/tsc"), "--project", ".")


def test_biome_finds_nothing_and_would_format_nothing():
    tool(require_package(".bin/biome"), "ci", "--error-on-warnings", "--colors=off")


@pytest.mark.parametrize("path", LIVE, ids=lambda path: path.name)
def test_a_module_is_short(path):
    lines = len(path.read_text("utf-8").splitlines())
    assert lines <= (200 if path.name == "core.js" else 300)


@pytest.mark.parametrize("path", LIVE, ids=lambda path: path.name)
def test_a_module_imports_the_kit_and_its_own_figure_alone(path):
    text = path.read_text("utf-8")
    imports = r"(?:^import|^\} from|\bimport\().*?\"(\.[^\"]+)\""
    sources = re.findall(imports, text, re.M)
    for source in sources:
        other = (path.parent / source).resolve()
        assert other in LIVE
        assert other.parent in (path.parent, ROOT / "live/kit")
    assert sources or path.stem != path.parent.name


@pytest.mark.parametrize("path", LIVE, ids=lambda path: path.name)
def test_a_module_writes_no_markup_and_asks_no_other_host(path):
    text = path.read_text("utf-8")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|\beval\b", text)
    assert not re.search(r"document\.write|localStorage|sessionStorage|cookie", text)
    assert set(re.findall(r"https?://[^\s\"']+", text)) <= {
        "http://www.w3.org/2000/svg"
    }


def test_the_figures_depend_on_no_package():
    package = json.loads((ROOT / "package.json").read_text("utf-8"))
    assert "dependencies" not in package
    lock = json.loads((ROOT / "package-lock.json").read_text("utf-8"))
    packages = {k: v for k, v in lock["packages"].items() if k}
    assert all(entry.get("dev") for entry in packages.values())


def test_scripts_that_share_a_page_share_no_name() -> None:
    """They are no modules: what comes last would stand for both."""
    form = re.compile(r"^(?:async )?(?:function|const|let) (\w+)", re.MULTILINE)
    seen: dict[str, str] = {}
    for path in sorted((ROOT / "book" / "_static").glob("*.js")):
        for name in {*form.findall(path.read_text("utf-8"))}:
            assert name not in seen, f"{name} is in {path.name} and in {seen[name]}"
            seen[name] = path.name
