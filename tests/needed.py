"""What a check needs: programs that a machine may lack, and how thorough it is."""

from __future__ import annotations

import os

import pytest

from tools import ROOT, programs

__all__ = ["FULL", "ROOT", "require_package", "require_program"]

# Whether everything is checked, as at night, or what every change must pass.
FULL = os.environ.get("DLAM_FULL") == "1"


def _do_without(sentence: str) -> None:
    """Skip the test, and fail instead where CI runs."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"nothing is skipped under CI: {sentence}")
    pytest.skip(sentence)


def require_program(*names: str) -> None:
    """Do without the test if a program is missing."""
    if sentence := programs.missing(*names):
        _do_without(sentence)


def require_package(name: str) -> str:
    """Return where something of node_modules is; do without the test if nowhere."""
    require_program("node")
    place = ROOT / "node_modules" / name
    if not place.exists():
        require_program("npm")
        _do_without(f"{name} is not installed; `make node_modules` does it")
    return str(place)
