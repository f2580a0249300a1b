"""What everybody says in a shared place, as far as the agent may see it."""

from typing import Any

import msgspec
import pytest

from core.ids import RemotePlace
from core.messages import Place, PlaceKind
from router.services import place_context
from router.services.errors import NotFound
from router.services.place_context import PlacePage
from router.services.viewer import Viewer
from router.storage import whereabouts
from tests.services.builders import received
from tests.stage import NORMAL, Stage


async def says(stage: Stage, who: str, text: str = "", *, kind: PlaceKind = PlaceKind.GROUP) -> int:
    place = Place(remote=RemotePlace("team"), kind=kind, title="Team")
    event = msgspec.structs.replace(received(who, text or who), place=place)
    [message] = await stage.accept(event)
    return message


async def place_of(stage: Stage, message: int) -> int:
    return int(str(await stage.value("select place_id from messages where id = $1", message)))


async def page(stage: Stage, viewer: Viewer, place: int, **options: Any) -> PlacePage:
    return await place_context.load_page(stage.database, viewer, place, **{"limit": 3} | options)


def ids(found: PlacePage) -> list[int]:
    return [one.message.id for one in found.messages]


async def test_context_of_a_message_holds_what_others_said_around_it(stage: Stage) -> None:
    bo = await stage.agent()
    said = [await says(stage, who) for who in ("ana", "ben", "eva", "ana", "ben")]
    place = await place_of(stage, said[0])

    found = await page(stage, bo, place, around=said[2])

    assert ids(found) == said[1:4]
    assert [one.person_name for one in found.messages] == ["Ben", "Eva", "Ana"]
    assert [one.person_id for one in found.messages] == [
        await stage.person_of(message) for message in said[1:4]
    ]
    assert (found.has_before, found.has_after) == (True, True)
    assert found.place.title == "Team"


async def test_pages_of_a_place_meet_without_a_gap_or_an_overlap(stage: Stage) -> None:
    bo = await stage.agent()
    said = [await says(stage, who) for who in ("ana", "ben", "eva", "ana", "ben", "eva", "ana")]
    place = await place_of(stage, said[0])

    newest = await page(stage, bo, place)
    older = await page(stage, bo, place, before=ids(newest)[0])
    newer = await page(stage, bo, place, after=ids(older)[-1])

    assert ids(older) + ids(newest) == said[1:]
    assert ids(newer) == ids(newest)
    assert (older.has_before, newest.has_after) == (True, False)


async def test_what_an_agent_may_not_see_is_not_in_the_context(stage: Stage) -> None:
    bo = await stage.agent(sight=NORMAL)
    ana, ben = await says(stage, "ana"), await says(stage, "ben", "pineapple")
    await stage.restrict(await stage.case_of(ben))

    found = await page(stage, bo, await place_of(stage, ana))

    assert ids(found) == [ana]
    assert not found.has_after


async def test_place_of_which_an_agent_sees_nothing_is_not_there(stage: Stage) -> None:
    bo = await stage.agent(sight=NORMAL)
    ben = await says(stage, "ben")
    await stage.restrict(await stage.case_of(ben))

    with pytest.raises(NotFound):
        await page(stage, bo, await place_of(stage, ben))
    with pytest.raises(NotFound):
        await page(stage, bo, 4711)


@pytest.mark.parametrize("kind", [PlaceKind.DIRECT, PlaceKind.MAIL_THREAD])
async def test_place_of_one_person_has_no_context_but_the_conversation(
    stage: Stage, kind: PlaceKind
) -> None:
    bo = await stage.agent()

    with pytest.raises(NotFound):
        await page(stage, bo, await place_of(stage, await says(stage, "ana", kind=kind)))


async def test_who_types_in_a_shared_place_is_not_taken_for_who_wrote_last(stage: Stage) -> None:
    await says(stage, "ana")

    async with stage.database.reading() as work:
        assert await whereabouts.find_by_remote(work, stage.account, "team") is None
