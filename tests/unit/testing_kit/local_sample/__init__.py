"""A small, correct local connector, against which the local part of the kit is proven."""
