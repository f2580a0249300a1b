"""What an exception may say in a log, and whose cancellation one is."""

import asyncio
import traceback


def where(error: BaseException) -> str:
    """`file:line` of the innermost frame. The exception's own words may quote a person's text."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return ""
    return f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}"


def is_asked_to_end() -> bool:
    """Whether a CancelledError just caught is meant for this task. Libraries raise their own, for
    a wait inside that they gave up; passed on, it would end a loop without a trace.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
