"""U18: The widget on a page with the strictest policy."""

from bench.bar import Figure
from bench.ui.figures import most
from bench.ui.stand import Stand
from bench.ui.tested import failures

TESTS = (
    "tests/browser/test_widget.py::test_chat_on_a_strict_page_needs_no_exception_and_leaves_no_cookie",
    "tests/browser/test_widget.py::test_without_sockets_answers_still_come",
)


async def measure(_stand: Stand | None) -> list[Figure]:
    return [
        most("U18", "faults of the widget on a strict page", await failures(*TESTS), "failures", 0)
    ]
