"""What `make` does with an environment that is broken, foreign or refused by pip."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from needed import ROOT

# An interpreter that knows enough for the Makefile: it makes an environment whose
# own interpreter is a copy of itself, and does what $SAYS says when pip is called.
PYTHON = """\
#!/bin/sh
case "$*" in
  *"-m venv --clear"*) mkdir -p "$4/bin"; cp "$0" "$4/bin/python"; : >"$4/pyvenv.cfg";;
  *"-m pip install"*) echo "$SAYS"; test -z "$SAYS";;
esac
"""


@pytest.fixture
def python(tmp_path: Path) -> Path:
    script = tmp_path / "python"
    script.write_text(PYTHON)
    script.chmod(0o755)
    return script


def make(venv: Path, python: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", f"{venv}/pip", f"VENV={venv}", f"PYTHON={python}"],
        cwd=ROOT,
        env={**os.environ, "MAKEFLAGS": "", **settings},
        capture_output=True,
        text=True,
    )


def test_an_environment_that_an_interrupt_left_without_pip_is_made_anew(
    tmp_path: Path, python: Path
) -> None:
    venv = tmp_path / "venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "pyvenv.cfg").touch()
    (venv / "bin" / "python").write_text("#!/bin/sh\nexit 1\n")
    (venv / "bin" / "python").chmod(0o755)
    done = make(venv, python)
    assert done.returncode == 0, done.stderr
    assert (venv / "pip").exists()
    assert (venv / "bin" / "python").read_text() == PYTHON


def test_an_empty_folder_becomes_an_environment(tmp_path: Path, python: Path) -> None:
    venv = tmp_path / "venv"
    venv.mkdir()
    assert make(venv, python).returncode == 0
    assert (venv / "pip").exists()


def test_a_folder_that_is_no_environment_is_left_as_it_is(
    tmp_path: Path, python: Path
) -> None:
    venv = tmp_path / "mine"
    venv.mkdir()
    (venv / "precious.txt").write_text("mine")
    done = make(venv, python)
    assert done.returncode != 0
    assert "no environment of Python" in done.stdout
    assert [path.name for path in venv.iterdir()] == ["precious.txt"]


def test_the_cause_that_pip_gives_is_shown(tmp_path: Path, python: Path) -> None:
    cause = "The user requested (constraint) soupsieve==4.1.1"
    done = make(tmp_path / "venv", python, SAYS=cause)
    assert done.returncode != 0
    assert cause in done.stdout
    assert not (tmp_path / "venv" / "pip").exists()


def test_an_environment_that_works_is_kept(tmp_path: Path, python: Path) -> None:
    venv = tmp_path / "venv"
    assert make(venv, python).returncode == 0
    (venv / "installed").touch()
    (venv / "pip").unlink()
    assert make(venv, python).returncode == 0
    assert (venv / "installed").exists()
