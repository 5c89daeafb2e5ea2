"""The library as a package: complete, and installed without the book."""

from __future__ import annotations

import doctest
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from email.message import Message
from email.parser import BytesParser
from pathlib import Path

import pytest

from bare import clean, python_with
from dlam._contents import CONTENTS
from needed import ROOT
from tools.pages import extension

PROGRAMS = Path(sys.executable).parent


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the package is made of, in a folder with a blank and an umlaut."""
    folder = tmp_path_factory.mktemp("package") / "Bücher zum Lesen"
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(ROOT / "lib", folder / "lib", ignore=ignored)
    for name in ("pyproject.toml", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    return folder


@pytest.fixture(scope="module")
def built(copy: Path) -> tuple[Path, Path]:
    """The wheel and the sdist."""
    arguments = ["-m", "build", "--no-isolation", "--outdir", copy / "dist", copy]
    subprocess.run([sys.executable, *arguments], check=True, env=clean())
    (wheel,), (sdist,) = ((copy / "dist").glob(form) for form in ("*.whl", "*.tar.gz"))
    return wheel, sdist


def test_wheel_and_sdist_hold_the_whole_library(copy: Path, built) -> None:
    library = {
        path.relative_to(copy / "lib").as_posix()
        for path in (copy / "lib" / "dlam").rglob("*")
        if path.is_file()
    }
    assert {f"dlam/{name}.py" for name in CONTENTS} | {"dlam/py.typed"} <= library
    with zipfile.ZipFile(built[0]) as packed:
        assert {n for n in packed.namelist() if n.startswith("dlam/")} == library
    with tarfile.open(built[1]) as packed:
        inside = {name.partition("/lib/")[2] for name in packed.getnames()}
    assert library <= inside


def test_what_publishes_packages_accepts_them(built) -> None:
    subprocess.run([PROGRAMS / "twine", "check", "--strict", *built], check=True)
    subprocess.run([PROGRAMS / "check-wheel-contents", built[0]], check=True)


def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as packed:
        (name,) = (n for n in packed.namelist() if n.endswith("/METADATA"))
        return BytesParser().parsebytes(packed.read(name))


def test_what_pypi_shows_runs_and_leads_to_no_file_of_the_repository(built) -> None:
    shown = metadata(built[0]).get_payload()
    tried = doctest.DocTestParser().get_doctest(shown, {}, "PyPI", None, None)
    assert tried.examples
    assert doctest.DocTestRunner().run(tried).failed == 0
    assert not re.findall(r"\]\((?!https:)", shown)


def test_it_is_of_this_edition_and_needs_numpy_alone(built) -> None:
    about = metadata(built[0])
    assert about["Version"] == extension.edition()[0]
    assert about["License-Expression"] == "MIT AND BSD-3-Clause AND CC-BY-2.0"
    needed = [one for one in about.get_all("Requires-Dist") if "extra ==" not in one]
    assert [one.rstrip(">=.0123456789") for one in needed] == ["numpy"]
    extras = {*about.get_all("Provides-Extra")}
    assert {"fast", "plots", "solvers", "torch", "book"} <= extras


TRAINED = """
import numpy as np
from dlam import Network, cost, data, sampling, sgd
X, Y = data.drilling_sites()
net = Network((2, 2, 3, 2))
rng = np.random.default_rng(0)
order = sampling.with_replacement(10, 300, rng)
p = sgd(net, net.normal(rng, scale=0.5), X, Y, order, 0.05).parameters
print(cost(net, p, X, Y) < 0.3)
"""


AT_NIGHT = [pytest.param(name, marks=pytest.mark.night) for name in ("folder", "git")]


@pytest.mark.parametrize("source", ["wheel", "sdist", *AT_NIGHT])
def test_pip_installs_it_and_it_trains(source, copy: Path, built, tmp_path) -> None:
    python = python_with(tmp_path / "environment", "numpy", "pip", "setuptools")
    git = shutil.copytree(copy, tmp_path / "a repository")
    if source == "git":
        for words in (
            "init -q",
            "add lib pyproject.toml LICENSE",
            "commit -qm x",
        ):
            who = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
            subprocess.run(["git", *who, *words.split()], cwd=git, check=True)
    wheel, sdist = built
    where = {"wheel": wheel, "sdist": sdist, "folder": copy}
    where["git"] = f"git+{git.as_uri()}"
    options = ["--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    install = [python, "-m", "pip", "install", *options, where[source]]
    subprocess.run(install, check=True, env=clean(), cwd=tmp_path)
    done = subprocess.run(
        [python, "-c", TRAINED],
        env=clean(),
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout == "True\n"
