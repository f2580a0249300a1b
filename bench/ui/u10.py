"""U10: after a cut of 500 events the page is what a fresh load would be."""

from bench.bar import Figure
from bench.ui.figures import most
from bench.ui.stand import Stand
from bench.ui.tested import failures

TESTS = ("tests/browser/test_pace.py::test_page_that_was_cut_off_shows_what_a_fresh_one_shows",)


async def measure(_stand: Stand | None) -> list[Figure]:
    return [
        most(
            "U10",
            "state after a cut differs from a fresh load",
            await failures(*TESTS),
            "failures",
            0,
        )
    ]
