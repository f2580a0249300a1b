"""U13: axe-core finds nothing on any screen, theme and width."""

from bench.bar import Figure
from bench.ui.figures import most
from bench.ui.stand import Stand
from bench.ui.tested import failures

TESTS = (
    "tests/browser/test_inbox_look.py::test_no_screen_has_a_fault_of_access",
    "tests/browser/test_identity_pages.py::test_no_page_or_dialog_of_identity_has_a_fault_of_access",
)


async def measure(_stand: Stand | None) -> list[Figure]:
    return [
        most(
            "U13", "screens on which axe-core finds a fault", await failures(*TESTS), "failures", 0
        )
    ]
