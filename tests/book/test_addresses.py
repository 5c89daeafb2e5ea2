"""Addresses outside the book have the form of addresses; none is asked."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest

from needed import ROOT

WRITTEN = [
    *ROOT.glob("*.md"),
    *(ROOT / "book").glob("*.md"),
    ROOT / "book" / "references.bib",
    *(ROOT / "trust").glob("*.yaml"),
    ROOT / "CITATION.cff",
    ROOT / ".zenodo.json",
]
HOST = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}", re.I)
HERE = re.compile(r"https?://(?:HUB|localhost|127\.0\.0\.1)\b")  # the reader's own


def faults(text: str) -> list[str]:
    """Return the addresses and identifiers of a text that nothing can answer to."""
    found = []
    for address in re.findall(r"\bhttps?:[^\s<>\"'`|{}\]\\]*", text):
        address = re.sub(r"\)[^/]*$", "", address) if "(" not in address else address
        address = address.rstrip(".,;:*_")
        parts = urlsplit(address)
        if HERE.match(address):
            continue
        if not HOST.fullmatch(parts.hostname or ""):
            found.append(address)
        elif parts.hostname in ("doi.org", "dx.doi.org"):
            found += [address] * (not re.fullmatch(r"/10\.\d{4,9}/\S+", parts.path))
        elif parts.hostname == "arxiv.org":
            form = r"/(abs|pdf)/(\d{4}\.\d{4,5}(v\d+)?|[a-z-]+/\d{7})"
            found += [address] * (not re.fullmatch(form, parts.path))
    for doi in re.findall(r"^\s*doi\s*[=:]\s*[{\"]?([^\s}\",]+)", text, re.M):
        found += [doi] * (not re.fullmatch(r"10\.\d{4,9}/\S+", doi))
    return found


def test_every_address_has_the_form_of_one() -> None:
    seen = 0
    for path in WRITTEN:
        text = path.read_text("utf-8")
        seen += len(re.findall(r"https://|\bdoi\b", text))
        assert not faults(text), path.name
    assert seen > 50


@pytest.mark.parametrize(
    "wrong",
    [
        "https:/example.org/a",
        "https://example/a",
        "https://exam ple.org",
        "https://doi.org/18M1165748",
        "https://arxiv.org/abs/260400965",
        "doi = {18M1165748}",
    ],
)
def test_an_address_without_its_form_is_found(wrong: str) -> None:
    assert faults(f"See {wrong} for more.\n{wrong}\n")


@pytest.mark.parametrize(
    "right",
    [
        "[a](https://example.org/a_(b))",
        "<https://arxiv.org/abs/2604.00965>",
        "doi = {10.1137/18M1165748},",
        "https://HUB/hub/user-redirect/git-pull?repo=x",
    ],
)
def test_an_address_with_its_form_is_accepted(right: str) -> None:
    assert not faults(f"{right}\n")
