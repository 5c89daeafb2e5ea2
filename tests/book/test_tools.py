"""The small tools: each has a --help, and does what it says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from needed import ROOT
from tools import programs
from tools.pages import repository

HERE = sorted((ROOT / "tools").glob("*.py"))
COMMANDS = [path for path in HERE if "argparse" in path.read_text("utf-8")]


def run(tool: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / "tools" / tool, *arguments],
        capture_output=True,
        encoding="utf-8",
    )


@pytest.mark.parametrize("path", COMMANDS, ids=lambda path: path.name)
def test_each_tool_says_what_it_does(path: Path) -> None:
    done = run(path.name, "--help")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"usage: {path.name}")
    assert len(done.stdout.splitlines()) > 4
    assert path.read_text("utf-8").startswith("#!/usr/bin/env python3\n")


# repository.py


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("https://github.com/some/book.git", "https://github.com/some/book"),
        ("https://github.com/some/book", "https://github.com/some/book"),
        ("https://github.com/some/book/", "https://github.com/some/book"),
        ("https://token:x@github.com/some/book.git", "https://github.com/some/book"),
        ("git@github.com:some/my.book.git", "https://github.com/some/my.book"),
        ("ssh://git@gitlab.com/some/book.git", "https://gitlab.com/some/book"),
        ("https://codeberg.org/some/book-2", "https://codeberg.org/some/book-2"),
        ("https://example.org/some/book.git", None),
        ("/srv/git/book.git", None),
        ("file:///srv/git/github.com/some/book.git", None),
        ("", None),
    ],
)
def test_the_address_comes_from_the_remote(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, remote: str, address: str | None
) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    if remote:
        subprocess.run(
            ["git", "-C", tmp_path, "remote", "add", "origin", remote], check=True
        )
    monkeypatch.setattr(repository, "ROOT", tmp_path)
    assert repository.address({}) == address


def test_the_address_comes_from_ci_first() -> None:
    environment = {
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_REPOSITORY": "some/book",
    }
    assert repository.address(environment) == "https://github.com/some/book"


def test_without_git_there_is_no_address(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(repository, "ROOT", tmp_path)
    monkeypatch.setenv("PATH", "")
    assert repository.address({}) is None


def test_the_address_is_printed_as_it_is_used() -> None:
    done = run("repository.py")
    assert done.returncode == 0
    assert done.stdout == f"{repository.address() or ''}\n"


# programs.py


def test_a_missing_program_is_told_with_its_packages(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    here = tmp_path / "pdftotext"
    here.write_text("#!/bin/sh\n", "utf-8")
    here.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert programs.missing("pdftotext") is None
    assert programs.missing() is None
    assert programs.missing("pdffonts", "pdftotext", "chromium") == (
        "pdffonts, chromium not found; on Debian or Ubuntu: "
        "apt-get install --no-install-recommends poppler-utils chromium"
    )


def test_a_package_is_named_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    sentence = programs.missing("pdffonts", "pdftotext")
    assert sentence is not None
    assert sentence.count("poppler-utils") == 1


def test_the_packages_of_all_programs_can_be_listed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert run("programs.py", "--packages").stdout.split() == programs.packages()
    monkeypatch.setenv("PATH", str(tmp_path))
    listed = programs.packages()
    assert len(listed) == len(set(listed))
    assert set(listed) == set(" ".join(programs.PACKAGES.values()).split())


def test_node_from_elsewhere_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    here = tmp_path / "node"
    here.write_text("#!/bin/sh\n", "utf-8")
    here.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "nodejs" not in programs.packages()
    assert "npm" in programs.packages()


def test_an_unknown_program_is_refused() -> None:
    done = run("programs.py", "no-such-program")
    assert done.returncode == 2
    assert "invalid choice: 'no-such-program'" in done.stderr


def test_every_program_that_a_check_needs_has_its_packages() -> None:
    needed: set[str] = set()
    for path in (ROOT / "tests").glob("*.py"):
        for call in re.findall(r"require_program\(([^)]*)\)", path.read_text("utf-8")):
            needed |= set(re.findall(r'"([\w-]+)"', call))
    for call in re.findall(r"tools/programs.py (.*)", (ROOT / "Makefile").read_text()):
        needed |= set(call.split())
    assert needed
    assert needed <= set(programs.PACKAGES)


# address.py


def test_the_address_of_a_file_is_one_that_a_browser_opens(tmp_path: Path) -> None:
    page = tmp_path / "a page.html"
    page.write_text("<p>", "utf-8")
    done = run("address.py", page)
    assert done.stdout == f"\nOpen {page.as_uri()}\n"
