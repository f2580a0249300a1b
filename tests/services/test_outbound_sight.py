"""A06: an answer by somebody who does not see a restricted case tells and touches nothing of it."""

from pathlib import Path

import pytest

from core.capabilities import Capabilities
from router.services.errors import Conflict
from router.services.outbound import Author
from router.storage.engine import Database
from router.storage.sight import Sight
from tests.services.answering_desk import AnsweringDesk, make_agent, open_desk


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> AnsweringDesk:
    """Ann wrote about shoes, then elsewhere of her passport, which the agent does not see."""
    desk = await open_desk(database, tmp_path)
    desk.capabilities[desk.channel] = Capabilities(subject=True)
    await desk.hear("ann", "My shoes", subject="Shoes", place="shop")
    await desk.value("update cases set state = 'solved', solved_at = now()")
    await desk.hear("ann", "My passport", subject="Passport", place="safe")
    await desk.value("update cases set access_class = 'kyc' where subject = 'Passport'")
    desk.author = Author(
        agent_id=await make_agent(database, "Bo"), name="Bo", sight=Sight(frozenset({"normal"}))
    )
    return desk


async def _ann(desk: AnsweringDesk) -> int:
    return int(await desk.value("select id from persons"))


async def test_answer_goes_where_they_last_wrote_as_far_as_the_agent_sees(
    desk: AnsweringDesk,
) -> None:
    written = await desk.answer(await _ann(desk))

    row = await desk.row(
        "select m.subject, c.subject as about, c.access_class, l.remote_place from messages m"
        " join cases c on c.id = m.case_id join places l on l.id = m.place_id where m.id = $1",
        written.message_id,
    )
    assert tuple(row.values()) == ("Re: Shoes", "Shoes", "normal", "shop")


async def test_place_of_the_unseen_case_cannot_be_answered_in(desk: AnsweringDesk) -> None:
    safe = await desk.value("select id from places where remote_place = 'safe'")

    with pytest.raises(Conflict) as refusal:
        await desk.answer(await _ann(desk), place_id=safe)

    assert refusal.value.code == "place_unavailable"


async def test_what_the_agent_does_not_see_has_not_moved_the_conversation_on(
    desk: AnsweringDesk,
) -> None:
    seen = await desk.value("select max(id) from messages where text = 'My shoes'")

    written = await desk.answer(await _ann(desk), expect_last_id=seen)

    assert written.is_new
