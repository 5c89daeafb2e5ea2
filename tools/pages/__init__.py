"""The page, the print, and the pages that are generated."""
