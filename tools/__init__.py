"""What makes the book and checks it: one command, `python -m tools`, in four wings."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The grammar of claims and the list of modules are the library's; the page is built
# where it is not installed.
sys.path.append(str(ROOT / "lib"))
