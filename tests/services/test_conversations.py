"""One conversation: pages over all members, and what stands beside them."""

from typing import Any

import msgspec
import pytest

from core.capabilities import Capabilities
from core.ids import RemotePlace
from core.messages import Place, PlaceKind
from router.services import cases, conversations
from router.services.cases import CaseChange
from router.services.conversations import MessagePage
from router.services.errors import NotFound
from router.services.viewer import Viewer
from router.storage.timeline import MANY_MEMBERS
from tests.services.builders import received, signed_sender
from tests.stage import NORMAL, Stage, say_in_turn


def can(**capabilities: Any) -> Any:
    return lambda _: Capabilities(**capabilities)


async def page(stage: Stage, viewer: Viewer, person: int, **options: Any) -> MessagePage:
    return await conversations.load_page(stage.database, viewer, person, **{"limit": 3} | options)


def ids(found: MessagePage) -> list[int]:
    return [message.id for message in found.messages]


async def test_pages_meet_without_a_gap_or_an_overlap(stage: Stage) -> None:
    bo = await stage.agent()
    said = await say_in_turn(stage, ["ana"], 8)
    person = await stage.person_of(said[0])

    newest = await page(stage, bo, person)
    older = await page(stage, bo, person, before=ids(newest)[0])
    oldest = await page(stage, bo, person, before=ids(older)[0])

    assert ids(oldest) + ids(older) + ids(newest) == said
    assert (newest.has_before, newest.has_after) == (True, False)
    assert (older.has_before, older.has_after) == (True, True)
    assert (oldest.has_before, oldest.has_after) == (False, True)


async def test_page_after_a_message_is_what_followed(stage: Stage) -> None:
    bo = await stage.agent()
    said = await say_in_turn(stage, ["ana"], 6)
    person = await stage.person_of(said[0])

    found = await page(stage, bo, person, after=said[1])

    assert ids(found) == said[2:5]
    assert (found.has_before, found.has_after) == (True, True)


@pytest.mark.parametrize(
    ("around", "expected"), [(0, [0, 1, 2, 3]), (3, [1, 2, 3, 4]), (6, [3, 4, 5, 6])]
)
async def test_page_around_a_message_is_full_at_both_ends(
    stage: Stage, around: int, expected: list[int]
) -> None:
    bo = await stage.agent()
    said = await say_in_turn(stage, ["ana"], 7)
    person = await stage.person_of(said[0])

    found = await page(stage, bo, person, around=said[around], limit=4)

    assert ids(found) == [said[one] for one in expected]
    assert (found.has_before, found.has_after) == (expected[0] > 0, expected[-1] < 6)


async def test_merged_persons_are_read_in_one_order(stage: Stage) -> None:
    bo = await stage.agent()
    said = await say_in_turn(stage, ["ana", "ada", "annie"], 3)
    ana, ada, annie = [await stage.person_of(one) for one in said[:3]]
    await stage.merge(annie, ada, bo)
    await stage.merge(ada, ana, bo)

    newest = await page(stage, bo, annie, limit=5)
    older = await page(stage, bo, ana, before=ids(newest)[0], limit=5)

    assert ids(older) + ids(newest) == said
    assert {message.person_id for message in newest.messages} == {ana, ada, annie}


@pytest.mark.parametrize("order", ["in turns", "one after the other", "one of many"])
async def test_many_merged_persons_are_read_in_one_order_however_they_talked(
    stage: Stage, order: str
) -> None:
    bo = await stage.agent()
    people = [f"p{n}" for n in range(MANY_MEMBERS)]
    said = await say_in_turn(stage, people, 1)
    root, *others = [await stage.person_of(one) for one in said]
    for other in others:
        await stage.merge(other, root, bo)
    talk = {
        "in turns": people * 5,
        "one after the other": [one for one in people for _ in range(12)],
        "one of many": people[:1] * 20,
    }
    said += await stage.accept(*[received(who) for who in talk[order]])

    read: list[int] = []
    while len(read) < len(said):
        older = await page(stage, bo, root, limit=7, **({"before": read[0]} if read else {}))
        read = ids(older) + read
        assert older.has_before == (len(read) < len(said))

    assert read == said


async def test_messages_of_cases_beyond_sight_are_left_out_of_pages(stage: Stage) -> None:
    bo, boss = await stage.agent("Bo", sight=NORMAL), await stage.agent("Boss")
    first = await stage.says("ana", "plain")
    await cases.change_case(
        stage.database, boss, await stage.case_of(first), CaseChange(state="solved")
    )
    secret = await stage.says("ana", "secret")
    await stage.restrict(await stage.case_of(secret))
    person = await stage.person_of(first)

    found = await page(stage, bo, person, limit=50)

    assert secret not in ids(found)
    assert secret in ids(await page(stage, boss, person, limit=50))
    with pytest.raises(NotFound):
        async with stage.database.reading() as work:
            await conversations.find_message(work, bo, secret)


async def test_conversation_of_nobody_is_not_found(stage: Stage) -> None:
    bo = await stage.agent()
    with pytest.raises(NotFound):
        await conversations.load_conversation(stage.database, bo, 4711, can())
    with pytest.raises(NotFound):
        await page(stage, bo, 4711)
    with pytest.raises(NotFound):
        await conversations.mark_read(stage.database, bo, 4711, 1)


async def test_conversation_shows_identities_with_their_evidence_and_merges(stage: Stage) -> None:
    bo = await stage.agent()
    by = signed_sender("v1", host="7", email="ana@shop.invalid")
    person = await stage.meets(by)
    other = await stage.meets("ada")
    merge = await stage.merge(other, person, bo)

    found = await conversations.load_conversation(stage.database, bo, other, can())

    assert found.person.id == person
    assert {person, other} < set(found.person.member_ids)  # each identity has a person of its own
    assert {(one.realm, one.level) for one in found.person.identities} == {
        ("host", 2),
        ("email", 2),
        ("web:shop", 2),
        ("sample", 1),
    }
    assert all(one.evidence for one in found.person.identities)
    by_agents = [one for one in found.merges if one.ground == "agent"]
    assert [(one.id, one.undone_at) for one in by_agents] == [(merge, None)]
    await stage.split(merge, bo)
    again = await conversations.load_conversation(stage.database, bo, other, can())
    assert again.person.id == other
    assert next(one for one in again.merges if one.id == merge).undone_at is not None


async def test_what_was_read_is_named_once_and_not_in_places_where_others_read(
    stage: Stage,
) -> None:
    bo = await stage.agent()
    person = await stage.meets("ana", "one", key="k1")
    await stage.says("ana", "two", key="k2")
    place = Place(remote=RemotePlace("team"), kind=PlaceKind.GROUP)
    await stage.accept(msgspec.structs.replace(received("ana", key="k3"), place=place))
    newest = int(str(await stage.value("select max(id) from messages")))

    read = await conversations.mark_read(stage.database, bo, person, newest)
    again = await conversations.mark_read(stage.database, bo, person, newest)

    assert [(one.remote_place, one.remote_id) for one in read] == [("ana", "k2")]
    assert again == []
