"""Tell where this book is on the web: its repository and its page, if known.

What is said in REPOSITORY_URL and SITE_URL holds.  Else the repository is what
GitHub's CI says it is, or git's remote "origin"; and a repository on GitHub has
its page where GitHub puts it.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from tools import ROOT

REMOTE = re.compile(
    r"(?:https?://(?:[^@/]*@)?|ssh://git@|git@)"
    r"(?P<host>github\.com|gitlab\.com|codeberg\.org)[:/]"
    r"(?P<name>[\w.-]+/[\w.-]+?)(?:\.git)?/?"
)


def _git(*arguments: str) -> str:
    """Return what git says here, and nothing where it cannot."""
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()


def address(environment: Mapping[str, str] = os.environ) -> str | None:
    """Return the address of the repository's page, or None."""
    if said := environment.get("REPOSITORY_URL"):
        return said.rstrip("/")
    server = environment.get("GITHUB_SERVER_URL")
    name = environment.get("GITHUB_REPOSITORY")
    if server and name:
        return f"{server}/{name}"
    # A copy inside somebody else's repository is not a part of it.
    top = _git("rev-parse", "--show-toplevel")
    if not top or Path(top).resolve() != ROOT.resolve():
        return None
    form = REMOTE.fullmatch(_git("remote", "get-url", "origin"))
    return f"https://{form['host']}/{form['name']}" if form else None


def site(environment: Mapping[str, str] = os.environ) -> str | None:
    """Return the address of the published book, with a slash at its end, or None."""
    if said := environment.get("SITE_URL"):
        return said.rstrip("/") + "/"
    known = re.fullmatch(r"https://github\.com/(.+)/(.+)", address(environment) or "")
    if known is None:
        return None
    host = f"{known[1].lower()}.github.io"
    return f"https://{host}/" + (f"{known[2]}/" if known[2].lower() != host else "")


def launched(
    notebook: str, environment: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """Return where a notebook can be opened and run: the address at each service.

    The workflow that publishes the page puts the notebooks for readers into a
    branch of their own, from which Colab and Binder take them.
    """
    known = re.fullmatch(r"https://github\.com/(.+)", address(environment) or "")
    if known is None:
        return {}
    colab, binder = "https://colab.research.google.com", "https://mybinder.org"
    return {
        "Colab": f"{colab}/github/{known[1]}/blob/notebooks/{notebook}",
        "Binder": f"{binder}/v2/gh/{known[1]}/notebooks?urlpath=lab/tree/{notebook}",
    }


def named(text: str, environment: Mapping[str, str] = os.environ) -> str:
    """Return a text with the repository's address in place of REPOSITORY, if known.

    FOLDER is what a clone of it is called, and after `repo=` the address is quoted.
    """
    if (known := address(environment)) is None:
        return text
    text = text.replace("repo=REPOSITORY", f"repo={quote(known, safe='')}")
    text = re.sub(r"(?<=/)FOLDER(?=/)", known.rpartition("/")[2], text)
    return re.sub(r"\bREPOSITORY\b(?!_)", known, text)
