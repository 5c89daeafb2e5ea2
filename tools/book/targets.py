"""The former name of `labels`."""

from tools.book.labels import *  # noqa: F403
from tools.book.labels import BOOK as BOOK
