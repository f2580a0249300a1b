"""Requests that meet others in the database in the wrong order: nothing is lost."""

import asyncio
from datetime import timedelta
from pathlib import Path

from router.blobs.disk import DiskBlobs
from router.services.identity.link_codes import MadeBy, make_for_account
from router.services.inbound import Incoming, accept
from router.services.roles import Role
from router.storage import link_codes
from tests.services.builders import make_account, received, sender
from tests.waiting import until_blocked
from tests.web.desk import Desk


async def test_host_that_links_whoever_says_a_code_at_that_moment_is_asked_to_try_again(
    desk: Desk, tmp_path: Path
) -> None:
    """The one holds the account and wants the person, the other the person and wants the account.

    PostgreSQL ends one of them. The message is stored whoever that is.
    """
    host = await desk.token(Role.HOST)
    await host.call("PUT", "/host/accounts/41", {})
    account = await make_account(desk.database, channel="telegram")
    blobs = DiskBlobs(tmp_path / "blobs")

    async def hear(text: str) -> object:
        event = received(sender("4711", realm="telegram"), text)
        [result] = await accept(
            desk.database, blobs, [Incoming(account_id=account, fence=None, events=(event,))]
        )
        return result

    await hear("Hello")
    async with desk.database.transaction() as work:
        made = await make_for_account(
            work, "41", channels=["telegram"], made_by=MadeBy.HOST, actor="host"
        )
    async with desk.database.transaction() as work:
        # Whoever says a code waits here, and holds their person.
        await link_codes.lock_guesses(work, [f"accounts/{account}"], timedelta(minutes=10))
        saying = asyncio.create_task(hear(made.code))
        await until_blocked(desk.database, 1)
        linking = asyncio.create_task(host.call("PUT", "/host/accounts/41/links/telegram/4711"))
        await until_blocked(desk.database, 2)
    answered, heard = await asyncio.gather(linking, saying)

    assert isinstance(heard, list), heard
    assert answered.status in (200, 201, 503), answered.raw
    assert answered.status != 503 or answered.headers["Retry-After"] == "1"
    linked = "select count(*) from identities where handle = '4711' and host_account = '41'"
    async with desk.database.reading() as work:
        assert await work.driver.fetchval(linked) == 1
