"""What makes the book and checks it: one command, `python -m tools`, in four wings."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
