"""What was measured about the trust that the book deserves."""
