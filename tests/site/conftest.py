"""The page is built as readers find it, wherever its tests run.

Its repository is known, and it is no edition that is kept.
"""

import os

os.environ["REPOSITORY_URL"] = "https://github.com/someone/a-book"
for name in ("SITE_URL", "FROZEN", "EDITION"):
    os.environ.pop(name, None)
