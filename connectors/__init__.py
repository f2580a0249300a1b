"""One folder per channel. They stand on `core` and do not know each other."""
