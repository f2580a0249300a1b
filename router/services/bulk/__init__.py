"""Bulk work: one change for many conversations, step by step, with one undo."""
