"""F04: PostgreSQL stops at once under load. Nothing is taken that is not on its disk."""

from __future__ import annotations

import asyncio
import time
from random import Random

from tests.rig.checker import check_inbound, settled_record
from tests.rig.ground import Ground
from tests.rig.load import Numbers, Pace, chat, write_mails
from tests.rig.options import Options
from tests.rig.product import READY_LIMIT_S
from tests.rig.verdict import Verdict

RESUMED_LIMIT_S = 5.0
UP_S = 1.5
LONGEST_WAIT_S = 30.0


async def prove(options: Options) -> Verdict:
    random = Random(options.seed)
    authors = [f"m{number:02}" for number in range(1, options.authors + 1)]
    visitors = [f"v{number:02}" for number in range(1, options.authors + 1)]
    verdict = Verdict(
        id="F04",
        seed=options.seed,
        load=f"{options.rate:g} messages/s, PostgreSQL stopped {options.kills} times for "
        f"{options.down:g} s",
    )
    async with Ground(seed=options.seed) as ground:
        await ground.add_mail()
        await ground.add_chat(visitors)
        pid = ground.product.pid
        stop, numbers = asyncio.Event(), Numbers()
        outages: list[Outage] = []
        async with asyncio.TaskGroup() as people:
            pace = Pace(options.rate / 2, random.random())
            people.create_task(write_mails(ground.mailbox, authors, numbers, pace, stop))
            for visitor in ground.visitors:
                pace = Pace(options.rate / 2 / options.authors, random.random())
                people.create_task(chat(visitor, numbers, pace, stop))
            for _ in range(options.kills):
                await asyncio.sleep(random.uniform(0.5, 1.0) * UP_S)
                outages.append(await stop_for(ground, options.down))
            stop.set()
        shown = await settled_record(ground.owner, ground.ledger)
        found = check_inbound(ground.ledger, shown)
        taken = [line["at"] for line in ground.ledger.lines("accepted") if line["way"] == "chat"]
        verdict.accepted = len(ground.ledger.tokens("accepted"))
        verdict.lost = len(found.lost)
        verdict.duplicates = len(found.duplicates)
        verdict.inversions = len(found.inversions)
        verdict.rss_mib = round(ground.rss_mib, 1)
        verdict.recovery_s = round(max(outage.resumed_s for outage in outages), 2)
        early = [at for at in taken for outage in outages if outage.covers(at)]
        verdict.more["taken_while_down"] = len(early)
        verdict.more["unready_s"] = round(max(outage.unready_s for outage in outages), 2)
        verdict.require(not found.lost, f"lost: {found.lost[:5]}")
        verdict.require(not found.duplicates, f"twice: {found.duplicates[:5]}")
        verdict.require(not found.inversions, f"out of order: {found.inversions[:5]}")
        verdict.require(not early, f"{len(early)} were taken while PostgreSQL was down")
        verdict.require(
            verdict.recovery_s <= RESUMED_LIMIT_S, f"resumed only after {verdict.recovery_s} s"
        )
        verdict.require(
            ground.product.is_alive and ground.product.pid == pid, "the process did not stay up"
        )
    return verdict


class Outage:
    """From the moment that the server was certainly gone until it was told to start."""

    def __init__(self, began: float, ended: float, resumed_s: float, unready_s: float) -> None:
        self.began = began
        self.ended = ended
        self.resumed_s = resumed_s
        """From the server's first connection until the next message was taken."""
        self.unready_s = unready_s
        """How long /readyz took to say so."""

    def covers(self, at: float) -> bool:
        # A commit that was done before the stop may be answered a moment after it.
        return self.began + 0.2 < at < self.ended


async def stop_for(ground: Ground, seconds: float) -> Outage:
    assert ground.postgres is not None
    await asyncio.to_thread(ground.postgres.kill)
    began = time.time()
    unready_s = await _until_unready(ground)
    await asyncio.sleep(max(0.0, seconds - (time.time() - began)))
    ended = time.time()
    await asyncio.to_thread(ground.postgres.start_again)
    up = time.time()
    return Outage(began, ended, await _until_taken(ground, up), unready_s)


async def _until_taken(ground: Ground, since: float) -> float:
    """Seconds from `since` until a visitor was told that a message is taken."""
    while time.time() - since < LONGEST_WAIT_S:
        last = max(visitor.last_taken for visitor in ground.visitors)
        if last > since:
            return last - since
        await asyncio.sleep(0.02)
    return LONGEST_WAIT_S


async def _until_unready(ground: Ground) -> float:
    began = time.monotonic()
    while time.monotonic() - began < READY_LIMIT_S:
        async with ground.http.get(f"{ground.product.url}/readyz") as response:
            if response.status == 503:
                return time.monotonic() - began
        await asyncio.sleep(0.05)
    raise AssertionError("/readyz says ready without a database")
