#!/usr/bin/env python3
"""Tell where the repository of this checkout is on the web, if that is known.

Prints the address, or nothing.  It comes from the environment that GitHub's
CI sets, or else from git's remote "origin".
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
from collections.abc import Mapping

from tools import ROOT

REMOTE = re.compile(
    r"(?:https?://(?:[^@/]*@)?|ssh://git@|git@)"
    r"(?P<host>github\.com|gitlab\.com|codeberg\.org)[:/]"
    r"(?P<name>[\w.-]+/[\w.-]+?)(?:\.git)?/?"
)


def address(environment: Mapping[str, str] = os.environ) -> str | None:
    """Return the address of the repository's page, or None."""
    server = environment.get("GITHUB_SERVER_URL")
    name = environment.get("GITHUB_REPOSITORY")
    if server and name:
        return f"{server}/{name}"
    try:
        remote = subprocess.run(
            ["git", "remote", "get-url", "origin"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    form = REMOTE.fullmatch(remote.strip())
    return f"https://{form['host']}/{form['name']}" if form else None


def main() -> None:
    argparse.ArgumentParser(description=__doc__.split("\n")[0]).parse_args()
    print(address() or "")


if __name__ == "__main__":
    main()
