"""What a log may say of an exception: its kind and where it arose, never its sentence."""

import traceback


def where(error: BaseException) -> str:
    """`file:line` of the innermost frame. The exception's own words may quote a person's text."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return ""
    return f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}"
