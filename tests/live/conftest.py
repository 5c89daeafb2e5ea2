"""What is tried at night alone is left out of the tests of a change."""

from __future__ import annotations

import pytest

import live_pages
from needed import FULL


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    late = [item for item in items if live_pages.at_night.mark in item.own_markers]
    if late and not FULL:
        config.hook.pytest_deselected(items=late)
        items[:] = [item for item in items if item not in late]
