"""Running a chapter, and the record of what came out."""
