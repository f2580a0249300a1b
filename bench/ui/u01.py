"""U1: what the inbox loads before its first use, and everything together."""

from bench.bar import Figure
from bench.ui import weights
from bench.ui.figures import most
from bench.ui.stand import Stand


async def measure(_stand: Stand | None) -> list[Figure]:
    return [
        most("U1", "inbox before its first use, compressed", weights.of_first_load(), "KB", 170),
        most(
            "U1",
            "inbox, all that one agent can load, compressed",
            weights.of_everything(),
            "KB",
            450,
        ),
    ]
