"""Programs that a check needs and a machine may lack."""

from __future__ import annotations

import os

import pytest

__all__ = ["ROOT", "require_program"]
from tools import ROOT, programs


def require_program(*names: str) -> None:
    """Skip the test if a program is missing, and fail instead where CI runs."""
    if sentence := programs.missing(*names):
        if os.environ.get("CI") == "true":
            pytest.fail(f"nothing is skipped under CI: {sentence}")
        pytest.skip(sentence)
