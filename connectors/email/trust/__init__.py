"""Whom to believe: what is proved about the sender of a mail."""
