"""Make the book and check it: `python -m tools VERB …`, each verb with --help."""

from __future__ import annotations

import sys
from importlib import import_module

# What a person types, the module that does it, and what it does.
VERBS = {
    "record": ("tools.record.notebook", "run the chapters that have changed"),
    "numbers": (
        "tools.book.numbers",
        "list the numbers of the prose, and their claims",
    ),
    "chapter": ("tools.book.new_chapter", "write the files of a new chapter"),
    "pages": ("tools.pages.appendix", "write the pages that are generated"),
    "address": ("tools.pages.address", "print the address of a file"),
    "preview": ("tools.pages.preview", "serve the page, made anew at each save"),
    "kit": ("kit", "make what lecturers and readers take from the book"),
    "evidence": ("tools.evidence.command", "measure what the checks are worth"),
    "programs": ("tools.programs", "say which programs are missing"),
}


def main(arguments: list[str]) -> int:
    """Do what the verb says, and return its exit status."""
    if not arguments or arguments[0] not in VERBS:
        print("usage: python -m tools VERB …", file=sys.stderr)
        for verb, (_, about) in VERBS.items():
            print(f"  {verb:12} {about}", file=sys.stderr)
        return 2
    module = import_module(VERBS[arguments[0]][0])
    status: int = module.main(arguments[1:])
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
