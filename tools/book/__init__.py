"""The model of the book: its texts, their claims, numbers, equations and labels."""
