"""Somebody says that what their chat was linked to is not them: agents look, nothing is told."""

from pathlib import Path

import pytest

from core.clock import FakeClock
from router.services.identity import marks, merging
from router.services.identity.marks import IdentityChange
from router.services.inbound.redeeming import DENIED_WITHIN
from router.services.outbound.automatic_texts import Line, sentence
from router.storage.engine import Database
from tests.services.answering_desk import open_desk
from tests.services.builders import received, sender, signed_sender
from tests.services.level_desk import open_level_desk
from tests.services.linking_desk import HOST, LINKED, LinkingDesk
from tests.services.test_link_codes import CLAIM

TAKEN_UP = sentence(Line.DOUBTED, "en", {})


@pytest.fixture
async def linking(database: Database, tmp_path: Path) -> LinkingDesk:
    return LinkingDesk(await open_desk(database, tmp_path))


async def lines(linking: LinkingDesk) -> list[str]:
    return [str(one["event"]) for one in await linking.events()]


@pytest.mark.parametrize("words", ["not me", "Not me!", "That’s not me.", "不是我。", " ЭТО НЕ Я "])
async def test_answer_that_it_is_not_them_is_taken_to_agents_and_bounds_what_is_said_there(
    linking: LinkingDesk, words: str
) -> None:
    await linking.desk.hear(signed_sender("visitor", host=HOST))
    await linking.hears("ada", code=(await linking.code()).code)

    said = await linking.hears("ada", words)

    ada = await linking.identity("ada")
    assert ada["is_shared"]
    assert ada["doubted_at"] is not None
    assert await linking.said() == [LINKED, TAKEN_UP]
    assert await lines(linking) == ["linked_by_code", "join_doubted"]
    # Nobody is taken apart by it: whoever says so may be wrong.
    assert ada["root_id"] == (await linking.identity("visitor"))["root_id"]
    audited = await linking.desk.rows("select actor from audit_log where action like '%.doubted'")
    assert [row["actor"] for row in audited] == [f"identities/{ada['id']}"]
    # And it waits for them.
    unread = "select last_inbound_id from persons where id = $1"
    assert await linking.desk.value(unread, ada["root_id"]) == said


async def test_said_again_or_of_nothing_or_long_after_it_is_a_message_like_others(
    linking: LinkingDesk, clock: FakeClock
) -> None:
    await linking.hears("bo", "Not me")
    await linking.desk.hear(signed_sender("visitor", host=HOST))
    await linking.hears("ada", code=(await linking.code()).code)
    await linking.hears("ada", "It was not me")
    clock.advance(DENIED_WITHIN)
    await linking.hears("ada", "Not me")

    assert await lines(linking) == ["linked_by_code"]
    assert await linking.said() == [LINKED]
    assert await linking.desk.value("select count(*) from identities where is_shared") == 0


async def test_agent_who_takes_them_out_or_says_that_it_is_them_ends_the_doubt(
    database: Database, tmp_path: Path
) -> None:
    desk = await open_level_desk(database, tmp_path)
    linking = LinkingDesk(desk)
    await linking.desk.hear(signed_sender("visitor", host=HOST))
    for one in ("ada", "bo"):
        await linking.hears(one, code=(await linking.code()).code)
        await linking.hears(one, "Not me")
    ada, bo = await linking.identity("ada"), await linking.identity("bo")

    await merging.split(
        database, identity_id=ada["id"], agent_id=desk.author.agent_id, reason="Not them."
    )
    await marks.change_identity(database, desk.caller(), bo["id"], IdentityChange(is_shared=False))

    ada, bo = await linking.identity("ada"), await linking.identity("bo")
    visitor = await linking.identity("visitor")
    assert (ada["doubted_at"], ada["is_shared"]) == (None, True)
    assert ada["root_id"] != visitor["root_id"]
    assert (bo["doubted_at"], bo["is_shared"], bo["root_id"]) == (None, False, visitor["root_id"])


async def test_forged_mail_takes_nothing_back(linking: LinkingDesk) -> None:
    await linking.desk.hear(signed_sender("visitor", host=HOST))
    await linking.hears("ada", code=(await linking.code()).code)
    await linking.takes_in(received(sender("ada", evidence=CLAIM), "Not me"))

    assert not (await linking.identity("ada"))["is_shared"]
