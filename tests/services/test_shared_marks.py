"""Addresses that several people use: marked by an agent, joined with nobody, proving little."""

from pathlib import Path

import pytest

from core.people import Level
from router.services.errors import NotFound
from router.services.identity import marks
from router.services.identity.marks import IdentityChange
from router.services.shown.people import Person
from router.storage.engine import Database
from tests.services.builders import received, sender, signed_sender
from tests.services.level_desk import LevelDesk, open_level_desk, refused


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> LevelDesk:
    return await open_level_desk(database, tmp_path)


async def mark(desk: LevelDesk, handle: str = "ann", *, is_shared: bool = True) -> Person:
    return await marks.change_identity(
        desk.database,
        desk.caller(),
        await desk.identity(handle),
        IdentityChange(is_shared=is_shared),
    )


async def test_mark_is_shown_audited_and_told(desk: LevelDesk) -> None:
    ann = await desk.hear("ann")
    await desk.link()

    person = await mark(desk)

    [found] = [one for one in person.identities if one.handle == "ann"]
    assert (found.is_shared, found.level) == (True, Level.ATTESTED)
    assert await desk.actions() == ["identity.marked_shared"]
    root = await desk.value("select root_id from persons where id = $1", ann)
    assert (await desk.facts())[-1] == ("person.changed", root, root)


async def test_mark_that_is_there_already_is_neither_audited_nor_told(desk: LevelDesk) -> None:
    await desk.hear("ann")
    await mark(desk)
    before = await desk.facts()

    await mark(desk)

    assert await desk.facts() == before
    assert await desk.actions() == ["identity.marked_shared"]


async def test_mark_can_be_taken_away(desk: LevelDesk) -> None:
    await desk.hear("ann")
    await desk.link()
    await mark(desk)

    person = await mark(desk, is_shared=False)

    assert [one.level for one in person.identities if one.handle == "ann"] == [Level.LINKED]
    assert await desk.actions() == ["identity.marked_shared", "identity.marked_own"]


async def test_shared_address_is_linked_to_no_account_by_a_token(desk: LevelDesk) -> None:
    ann = await desk.hear("ann")
    await mark(desk)

    await desk.link("ann", host="7")

    row = await desk.row("select level, host_account from identities where handle = 'ann'")
    assert (row["level"], row["host_account"]) == (1, None)
    assert await desk.value("select root_id from persons where id = $1", ann) == ann
    [(level, state)] = [
        (row["level"], row["state"])
        for row in await desk.rows("select level, state from messages order by id desc limit 1")
    ]
    assert (level, state) == (1, "shown")


async def test_address_that_the_host_verified_for_an_account_is_left_alone_if_it_is_shared(
    desk: LevelDesk,
) -> None:
    family = await desk.hear(sender("us@people.example", realm="email"))
    await mark(desk, "us@people.example")

    await desk.take_in(received(signed_sender("v1", host="7", email="us@people.example")))

    known = await desk.row("select * from identities where handle = 'us@people.example'")
    assert (known["level"], known["host_account"]) == (1, None)
    assert await desk.value("select root_id from persons where id = $1", family) == family


async def test_what_is_joined_stays_joined_until_an_agent_splits(desk: LevelDesk) -> None:
    await desk.take_in(received(signed_sender("v1", host="7", email="us@people.example")))
    root = await desk.value(
        "select distinct root_id from persons p where exists"
        " (select from identities i where i.home_person_id = p.id)"
    )

    await mark(desk, "us@people.example")

    assert await desk.value("select count(distinct root_id) from persons") == 1
    assert root is not None


async def test_what_waits_for_it_and_needs_more_is_cancelled(desk: LevelDesk) -> None:
    ann = await desk.begin()
    await desk.link()
    await desk.need(Level.LINKED)
    await desk.answer(ann, "Your balance is 500")

    await mark(desk)

    assert [row["code"] for row in await desk.deliveries()][-1] == "level_too_low"
    assert await refused(desk.answer(ann)) == "level_too_low"


async def test_step_up_of_a_shared_address_is_over(desk: LevelDesk) -> None:
    await desk.begin()
    await desk.link()
    await desk.step_up("ann")

    await mark(desk)

    assert await desk.value("select ended_at from step_ups") == desk.database.clock.now()


async def test_each_message_of_a_shared_address_names_who_sent_it(desk: LevelDesk) -> None:
    await desk.hear(sender("us"))
    await mark(desk, "us")
    named = sender("us").__class__(
        realm="sample", handle="us", shown_as="Mia", evidence=sender("us").evidence
    )

    await desk.hear(named)

    rows = await desk.rows("select author_name from messages order by id")
    assert [row["author_name"] for row in rows] == ["Us", "Mia"]


async def test_identity_that_is_not_seen_is_not_there(desk: LevelDesk) -> None:
    await desk.hear("ann")
    await desk.value("update cases set access_class = 'kyc'")
    caller = desk.caller()
    blind = type(caller)(
        agent_id=caller.agent_id,
        name=caller.name,
        role=caller.role,
        permissions=caller.permissions,
        team_ids=caller.team_ids,
        access_classes=frozenset({"normal"}),
    )
    change = IdentityChange(is_shared=True)

    with pytest.raises(NotFound) as hidden:
        await marks.change_identity(desk.database, blind, await desk.identity("ann"), change)
    with pytest.raises(NotFound) as unknown:
        await marks.change_identity(desk.database, blind, 4711, change)

    assert str(unknown.value).replace("4711", "") == "".join(
        one for one in str(hidden.value) if not one.isdigit()
    )
