"""The small tools: each has a --help, and does what it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from needed import ROOT
from tools import programs
from tools.__main__ import VERBS
from tools.pages import repository


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tools", *arguments],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
    )


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_says_what_it_does(verb: str) -> None:
    done = run(verb, "--help")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("usage: ")
    assert len(done.stdout.splitlines()) > 4


def test_what_can_be_asked_for_is_listed() -> None:
    for arguments in ((), ("no-such-verb",)):
        done = run(*arguments)
        assert done.returncode == 2
        assert all(f"  {verb} " in done.stderr for verb in VERBS)


MAKEFILE = (ROOT / "Makefile").read_text("utf-8")


def test_every_verb_that_make_uses_is_there() -> None:
    used = {*re.findall(r"\$\(TOOLS\) ([a-z-]+)", MAKEFILE)}
    assert len(used) > 5
    assert used <= {*VERBS}


ALONE = [ROOT / name for name in re.findall(r"/python (\S+\.py)", MAKEFILE)]


@pytest.mark.parametrize("path", ALONE, ids=lambda path: path.stem)
def test_what_a_target_of_make_runs_finds_its_modules(path: Path) -> None:
    done = subprocess.run(
        [sys.executable, path, "--help"],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert "Traceback" not in done.stderr


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


def test_what_is_said_in_the_environment_holds_first() -> None:
    said = {
        "REPOSITORY_URL": "https://git.example.org/book/",
        "SITE_URL": "https://book.example.org",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_REPOSITORY": "some/book",
    }
    assert repository.address(said) == "https://git.example.org/book"
    assert repository.site(said) == "https://book.example.org/"


@pytest.mark.parametrize(
    ("name", "site"),
    [
        ("Some/book", "https://some.github.io/book/"),
        ("Alice/alice.github.io", "https://alice.github.io/"),
    ],
)
def test_the_page_is_where_github_puts_it(name: str, site: str) -> None:
    ci = {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": name}
    assert repository.site(ci) == site


def test_a_copy_inside_another_repository_has_not_its_address(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    outer = "https://github.com/alice/homework"
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    subprocess.run(
        ["git", "-C", tmp_path, "remote", "add", "origin", outer], check=True
    )
    monkeypatch.setattr(repository, "ROOT", tmp_path)
    assert repository.address({}) == outer
    inner = tmp_path / "book"
    inner.mkdir()
    monkeypatch.setattr(repository, "ROOT", inner)
    assert repository.address({}) is None
    assert repository.site({}) is None


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
        "apt-get install --no-install-recommends poppler-utils chromium "
        "chromium-headless-shell"
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
    assert run("programs", "--packages").stdout.split() == programs.packages()
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
    done = run("programs", "no-such-program")
    assert done.returncode == 2
    assert "invalid choice: 'no-such-program'" in done.stderr


def test_every_program_that_a_check_needs_has_its_packages() -> None:
    needed: set[str] = set()
    for path in (ROOT / "tests").rglob("*.py"):
        for call in re.findall(r"require_program\(([^)]*)\)", path.read_text("utf-8")):
            needed |= set(re.findall(r'"([\w-]+)"', call))
    for call in re.findall(
        r"\$\(TOOLS\) programs (.*)", (ROOT / "Makefile").read_text()
    ):
        needed |= set(call.split())
    assert needed
    assert needed <= set(programs.PACKAGES)


# address.py


def test_the_address_of_a_file_is_one_that_a_browser_opens(tmp_path: Path) -> None:
    page = tmp_path / "a page.html"
    page.write_text("<p>", "utf-8")
    done = run("address", page)
    assert done.stdout == f"\nOpen {page.as_uri()}\n"
