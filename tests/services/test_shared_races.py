"""An address that is being marked as shared while something would link or join it: never joined."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from core.people import IdentityKey
from router.services.identity import link_codes
from router.storage import identities, persons
from router.storage import link_codes as stored
from router.storage.engine import Database
from tests.services.answering_desk import open_desk
from tests.services.builders import received, sender, signed_sender
from tests.services.linking_desk import HOST, LinkingDesk


@pytest.fixture
async def linking(database: Database, tmp_path: Path) -> LinkingDesk:
    return LinkingDesk(await open_desk(database, tmp_path))


@asynccontextmanager
async def marked_meanwhile(
    linking: LinkingDesk, handle: str, doing: Awaitable[Any], *, realm: str = "sample"
) -> AsyncIterator[None]:
    """`doing` has read that the address is one person's before it is marked, and goes on after."""
    async with linking.desk.database.transaction() as work:
        key = IdentityKey(realm, handle)
        row = (await identities.find_identities(work, [key]))[key]
        await persons.lock_root(work, row.home_person_id)
        task = asyncio.ensure_future(doing)
        await linking.desk.until_blocked()
        # Else each would wait for what the other holds, and the database would end one of them.
        await work.driver.execute("set local lock_timeout = '100ms'")
        await identities.mark_shared(work, row.id, is_shared=True)
    await task
    yield


async def are_joined(linking: LinkingDesk, *handles: str) -> bool:
    return len({(await linking.identity(one))["root_id"] for one in handles}) == 1


async def test_session_whose_token_comes_while_it_is_marked_is_linked_to_no_account(
    linking: LinkingDesk,
) -> None:
    await linking.hears("ann", "We are several here.")
    await linking.desk.hear(signed_sender("visitor", host=HOST))
    token = linking.takes_in(
        received(signed_sender("ann", host=HOST, realm="sample"), "And signed in")
    )

    async with marked_meanwhile(linking, "ann", token):
        ann = await linking.identity("ann")

    assert (ann["is_shared"], ann["level"], ann["host_account"]) == (True, 1, None)
    assert not await are_joined(linking, "ann", "visitor")
    said = await linking.desk.row(
        "select text, state, level from messages order by id desc limit 1"
    )
    assert (said["text"], said["state"], said["level"]) == ("And signed in", "shown", 1)


async def test_address_that_a_token_vouches_for_while_it_is_marked_stays_apart(
    linking: LinkingDesk,
) -> None:
    await linking.hears(sender("us@people.example", realm="email"), "We are several here.")
    token = linking.takes_in(
        received(signed_sender("visitor", host=HOST, email="us@people.example"), "Hello")
    )

    async with marked_meanwhile(linking, "us@people.example", token, realm="email"):
        family = await linking.identity("us@people.example")

    assert (family["is_shared"], family["host_account"]) == (True, None)
    assert not await are_joined(linking, "us@people.example", "visitor")


async def test_code_of_somebody_who_is_marked_while_it_is_said_joins_nobody(
    linking: LinkingDesk,
) -> None:
    await linking.hears("ann", "We are several here.")
    async with linking.desk.database.transaction() as work:
        maker = await stored.find_maker(work, (await linking.identity("ann"))["id"])
        assert maker is not None
        code = await link_codes.make_for_identity(
            work, maker, channels=["sample"], agent_id=linking.desk.author.agent_id
        )

    async with marked_meanwhile(linking, "ann", linking.hears("bo", code=code.code)):
        assert not await are_joined(linking, "ann", "bo")

    assert await linking.outcome() == "taken_back"
