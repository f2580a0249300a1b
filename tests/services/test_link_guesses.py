"""Codes that somebody guesses, from many addresses and on many nodes at once (A18)."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from core.clock import FakeClock
from core.link_codes import bits, new_code
from core.messages import AnyInboundEvent
from core.people import Evidence, EvidenceKind
from router.services import audit
from router.services.identity.link_codes import (
    MOST_GUESSES,
    MOST_GUESSES_OF_ACCOUNT,
    MOST_GUESSES_OF_KNOWN,
    SETTLED,
    WINDOW,
)
from router.services.inbound import Incoming, accept
from router.storage import link_codes as stored
from router.storage.engine import Database
from tests.services.answering_desk import open_desk
from tests.services.builders import make_account, received, sender
from tests.services.linking_desk import HOST, LINKED, REFUSED, LinkingDesk

IDENTITIES, BATCH = 1000, 50
LIVE = 10_000
"""Codes that are good at one moment at a large host: every guess might hit one of them."""
LEFT = 300
ACCOUNTS = 20
"""Of one desk, by each of which somebody guesses all day."""
CLAIM = (Evidence(kind=EvidenceKind.CLAIM),)


@pytest.fixture
async def linking(database: Database, tmp_path: Path) -> LinkingDesk:
    return LinkingDesk(await open_desk(database, tmp_path))


@pytest.fixture
async def nodes(database_url: str, clock: FakeClock) -> AsyncIterator[list[Database]]:
    """Three processes' ways to one database."""
    async with AsyncExitStack() as stack:
        made = [Database(database_url, clock=clock) for _ in range(3)]
        for one in made:
            stack.push_async_callback(one.close)
        yield made


def guesses(first: int, count: int) -> list[AnyInboundEvent]:
    return [
        received(f"guesser-{number}", "/start", link_code=new_code())
        for number in range(first, first + count)
    ]


async def take(linking: LinkingDesk, node: Database, events: Sequence[AnyInboundEvent]) -> None:
    incoming = Incoming(account_id=linking.desk.account, fence=None, events=tuple(events))
    [result] = await accept(node, linking.desk.blobs, [incoming], linking.voice)
    assert not isinstance(result, BaseException)


async def guess_too_often(linking: LinkingDesk) -> None:
    """As many wrong guesses by the desk's account as it takes, and one that is looked at."""
    async with linking.desk.database.transaction() as work:
        scope = f"accounts/{linking.desk.account}"
        await stored.lock_guesses(work, [scope], WINDOW)
        await work.driver.execute("update link_guesses set count = $1", MOST_GUESSES_OF_ACCOUNT - 1)
    await linking.hears("guesser", code=new_code())


async def leave_guesses(linking: LinkingDesk, left: int) -> None:
    """So many wrong guesses by the desk's account are looked at yet."""
    async with linking.desk.database.transaction() as work:
        await stored.lock_guesses(work, [f"accounts/{linking.desk.account}"], WINDOW)
        await work.driver.execute(
            "update link_guesses set count = $1", MOST_GUESSES_OF_ACCOUNT - left
        )


def refused_total(reason: str) -> float:
    labels = {"what": "link_code", "reason": reason}
    return REGISTRY.get_sample_value("onethread_refused_total", labels) or 0.0


async def test_thousand_addresses_on_three_nodes_guess_no_code(
    linking: LinkingDesk, nodes: list[Database]
) -> None:
    await leave_guesses(linking, LEFT)
    batches = [guesses(first, BATCH) for first in range(0, IDENTITIES, BATCH)]
    locked_before = refused_total("account_locked")

    async def work(node: Database) -> None:
        while batches:
            await take(linking, node, batches.pop())

    async with asyncio.TaskGroup() as group:
        for node in nodes:
            group.create_task(work(node))

    audited = Counter(action for action, _ in await linking.audited())
    looked_at = audited["link_code.refused"]
    assert looked_at == LEFT
    assert audited["link_code.locked"] == 1
    counted = refused_total("account_locked") - locked_before
    assert counted >= IDENTITIES - LEFT
    assert set(await linking.said()) == {REFUSED}
    assert (await audit.verify(linking.desk.database)).is_whole


async def test_chance_to_guess_in_a_day_is_below_one_in_a_million() -> None:
    windows = timedelta(days=1) / WINDOW
    of_one_account = MOST_GUESSES_OF_ACCOUNT + MOST_GUESSES_OF_KNOWN

    assert ACCOUNTS * windows * of_one_account * LIVE / 2 ** bits() < 1e-6


async def test_sixty_sessions_that_guess_lock_out_nobody_but_themselves(
    linking: LinkingDesk,
) -> None:
    for _ in range(MOST_GUESSES):
        events = [received(f"g-{one}", "/start", link_code=new_code()) for one in range(60)]
        await take(linking, linking.desk.database, events)

    await linking.hears("ada", code=(await linking.code()).code)

    assert await linking.outcome() == "redeemed"


async def test_newcomers_who_guess_lock_out_nobody_who_is_known(
    linking: LinkingDesk, clock: FakeClock
) -> None:
    await linking.hears("ada")
    clock.advance(SETTLED)
    await guess_too_often(linking)

    await linking.hears("grace", code=(await linking.code("other")).code)
    await linking.hears("ada", code=(await linking.code()).code)

    assert (await linking.said())[0] == REFUSED
    assert await linking.outcome() == "redeemed"


async def test_locked_account_takes_no_code_and_takes_them_again_later(
    linking: LinkingDesk, nodes: list[Database], clock: FakeClock
) -> None:
    await guess_too_often(linking)
    made = await linking.code()

    await take(linking, nodes[1], [received("ada", "/start", link_code=made.code)])

    assert await linking.outcome() == "good", "for later"
    assert (await linking.said())[-1] == REFUSED
    clock.advance(2 * WINDOW)
    again = await linking.code()
    await take(linking, nodes[2], [received("ada", "/start", link_code=again.code)])
    assert await linking.outcome() == "redeemed"


async def test_sixth_try_of_one_identity_is_not_looked_at(
    linking: LinkingDesk, nodes: list[Database], clock: FakeClock
) -> None:
    for number in range(MOST_GUESSES):
        await take(linking, nodes[number % 3], [received("ada", "/start", link_code=new_code())])
    made = await linking.code()

    await take(linking, nodes[2], [received("ada", "/start", link_code=made.code)])

    assert await linking.outcome() == "locked"
    assert (await linking.identity("ada"))["level"] == 1
    assert await linking.said() == [REFUSED] * (MOST_GUESSES + 1)
    locked = [facts for action, facts in await linking.audited() if action == "link_code.locked"]
    assert len(locked) == 1


async def test_lock_of_one_identity_ends_and_touches_nobody_else(
    linking: LinkingDesk, clock: FakeClock
) -> None:
    for _ in range(MOST_GUESSES):
        await linking.hears("ada", code=new_code())
    await linking.hears("grace", code=(await linking.code()).code)
    assert await linking.outcome() == "redeemed"

    clock.advance(2 * WINDOW)
    await linking.hears("ada", code=(await linking.code()).code)

    assert await linking.outcome() == "redeemed"


async def test_right_codes_are_no_guesses(linking: LinkingDesk) -> None:
    for _ in range(MOST_GUESSES + 1):
        await linking.hears("ada", code=(await linking.code()).code)

    assert await linking.outcome() == "redeemed"


async def test_claims_lock_out_nobody_but_themselves(linking: LinkingDesk) -> None:
    await guess_too_often(linking)
    await linking.desk.value("update link_guesses set count = count - 1 returning 1")
    events = [
        received(sender(f"forged-{one}", evidence=CLAIM), new_code()) for one in range(MOST_GUESSES)
    ]
    await take(linking, linking.desk.database, events)

    await linking.hears("ada", code=(await linking.code()).code)

    assert await linking.outcome() == "redeemed"


async def test_guesses_by_one_account_lock_no_other(linking: LinkingDesk) -> None:
    await guess_too_often(linking)
    other = await make_account(linking.desk.database)
    made = await linking.code()

    await linking.takes_in(received("ada", "/start", link_code=made.code), account=other)

    assert await linking.outcome() == "redeemed"


async def test_of_two_who_say_it_at_once_exactly_one_is_linked(
    linking: LinkingDesk, nodes: list[Database]
) -> None:
    for number in range(5):
        made = await linking.code(f"{HOST}-{number}")
        said = [
            linking.takes_in(
                received(f"{name}-{number}", "/start", link_code=made.code), database=node
            )
            for name, node in zip(("ada", "grace", "joan"), nodes, strict=True)
        ]

        await asyncio.gather(*said)

        linked = await linking.desk.value(
            "select count(*) from identities where realm = 'sample' and host_account = $1",
            f"{HOST}-{number}",
        )
        assert linked == 1


async def test_code_of_a_transaction_that_was_cut_is_still_good(linking: LinkingDesk) -> None:
    made = await linking.code()
    event = received("ada", "/start", link_code=made.code)
    whole = linking.desk.capabilities.pop("sample")

    with pytest.raises(KeyError):  # while the answer is being written, everything else is
        await linking.takes_in(event)

    assert await linking.outcome() == "good"
    assert await linking.desk.value("select count(*) from messages") == 0
    linking.desk.capabilities["sample"] = whole
    await linking.takes_in(event)
    assert await linking.said() == [LINKED]
