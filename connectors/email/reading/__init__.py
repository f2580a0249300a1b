"""A raw mail as what it says: header, texts, files, under caps set before any parser runs."""
