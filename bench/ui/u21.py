"""U21: Attacks through every field that is shown."""

from bench.bar import Figure
from bench.ui.figures import most
from bench.ui.stand import Stand
from bench.ui.tested import failures

TESTS = ("tests/browser/test_hostile_mail.py", "tests/browser/test_hostile_fields.py")


async def measure(_stand: Stand | None) -> list[Figure]:
    return [
        most(
            "U21",
            "attacks that ran or loaded",
            await failures(*TESTS, settings={"ONETHREAD_EVERY_TURN": "1"}),
            "failures",
            0,
        )
    ]
