"""A process that takes one step and dies where ONETHREAD_FAILPOINTS says: for kill tests."""

import asyncio
import sys

from core.clock import FakeClock
from router.services.keyring import Keyring
from router.services.ladder import take_step
from router.storage.engine import Database
from tests.services.climbing_desk import networks_over


async def main(url: str, message: int, person: int) -> None:
    database = Database(url, clock=FakeClock())
    try:
        await take_step(database, Keyring("k" * 40), networks_over("sample"), message, person)
    finally:
        await database.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
