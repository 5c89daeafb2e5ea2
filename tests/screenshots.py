"""Photograph every page of the built book: wide, narrow and dark."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import browser
from tools import ROOT, programs

MODES: dict[str, dict[str, Any]] = {
    "wide": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"},
    "narrow": {"viewport": {"width": 360, "height": 740}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
}


def photograph(site: Path, out: Path, modes: list[str], only: str) -> None:
    """Write a picture of each page of `site` in each mode into `out`."""
    out.mkdir(parents=True, exist_ok=True)
    paths = [path for path in browser.pages(site) if only in path]
    with browser.serve(site) as address, browser.chromium() as chromium:
        for mode in modes:
            context = chromium.new_context(**MODES[mode], reduced_motion="reduce")
            page = context.new_page()
            for path in paths:
                page.goto(address + path)
                browser.settle(page)
                name = path.removesuffix(".html").replace("/", "-")
                picture = out / f"{name}-{mode}.png"
                page.screenshot(path=picture, full_page=True)
                print(picture)
            context.close()


def main(arguments: list[str] | None = None) -> int:
    """Photograph the pages that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--site", type=Path, default=ROOT / "_build/html", help="the built page"
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=ROOT / "_build/screenshots",
        help="where the pictures go (default: _build/screenshots)",
    )
    parser.add_argument(
        "--mode", nargs="+", choices=MODES, default=list(MODES), help="default: all"
    )
    parser.add_argument(
        "--only", default="", help="photograph the pages whose path has this in it"
    )
    options = parser.parse_args(arguments)
    if sentence := programs.missing("chromium"):
        print(sentence, file=sys.stderr)
        return 1
    if not (options.site / "index.html").exists():
        print(f"no page in {options.site}; run `make book`", file=sys.stderr)
        return 1
    photograph(options.site, options.out, options.mode, options.only)
    return 0


if __name__ == "__main__":
    sys.exit(main())
