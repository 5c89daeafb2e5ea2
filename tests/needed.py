"""What a check needs: programs that a machine may lack, and how thorough it is."""

from __future__ import annotations

import os

import pytest

from tools import ROOT, programs

__all__ = ["FULL", "ROOT", "require_program"]

# Whether everything is checked, as at night, or what every change must pass.
FULL = os.environ.get("DLAM_FULL") == "1"


def require_program(*names: str) -> None:
    """Skip the test if a program is missing, and fail instead where CI runs."""
    if sentence := programs.missing(*names):
        if os.environ.get("CI") == "true":
            pytest.fail(f"nothing is skipped under CI: {sentence}")
        pytest.skip(sentence)
