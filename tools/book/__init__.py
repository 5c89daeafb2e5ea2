"""The model of the book: its texts, their claims, numbers, equations and labels."""

from tools.book.model import Book, Broken, Text, load

__all__ = ["Book", "Broken", "Text", "load"]
