"""What is not stored: a reply out of reach, out of date, too long, or with files not taken."""

from datetime import timedelta
from pathlib import Path

import pytest

from core.capabilities import Capabilities, FileLimits, TextLimit
from core.clock import FakeClock
from core.errors import BadConfig
from router.services.errors import Conflict, NotFound, Refused
from router.services.outbound import Author, Reply, reply
from router.storage.engine import Database
from router.storage.sight import Sight
from tests.services.answering_desk import AnsweringDesk, make_agent, open_desk


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> AnsweringDesk:
    return await open_desk(database, tmp_path)


async def test_reply_after_somebody_else_wrote_is_refused_with_the_newest_id(
    desk: AnsweringDesk,
) -> None:
    ann = await desk.hear("ann")
    seen = await desk.value("select max(id) from messages")
    await desk.hear("ann", "Wait!")

    with pytest.raises(Conflict) as refusal:
        await desk.answer(ann, expect_last_id=seen)

    newest = await desk.value("select max(id) from messages")
    facts = refusal.value.facts
    assert (refusal.value.code, facts["last_message_id"]) == ("moved_on", newest)
    assert (facts["by"], facts["direction"]) == ("Ann", "in")
    assert await desk.deliveries() == []


async def test_unknown_person_is_not_found(desk: AnsweringDesk) -> None:
    with pytest.raises(NotFound):
        await desk.answer(404)


async def test_place_of_another_person_is_unavailable(desk: AnsweringDesk) -> None:
    ann = await desk.hear("ann")
    await desk.hear("bob")
    of_bob = await desk.value("select id from places where remote_place = 'bob'")

    with pytest.raises(Conflict) as refusal:
        await desk.answer(ann, place_id=of_bob)

    assert refusal.value.code == "place_unavailable"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("update accounts set state = 'removed'", "removed"),
        (
            "update identities set is_reachable = false, unreachable_reason = 'Blocked us'",
            "Blocked us",
        ),
    ],
)
async def test_place_out_of_reach_is_refused_with_the_reason(
    desk: AnsweringDesk, change: str, reason: str
) -> None:
    ann = await desk.hear("ann")
    await desk.value(change)

    with pytest.raises(Conflict, match=reason) as refusal:
        await desk.answer(ann)

    assert refusal.value.code == "place_unavailable"


async def test_place_of_a_channel_that_cannot_run_is_unavailable(desk: AnsweringDesk) -> None:
    def cannot(channel: str) -> Capabilities:
        raise BadConfig("It needs a library.")

    ann = await desk.hear("ann")

    with pytest.raises(Conflict, match="needs a library"):
        await reply(
            desk.database,
            desk.keyring,
            cannot,
            desk.author,
            Reply(person_id=ann, client_key="1", text="Hello"),
        )


async def test_answer_outside_the_session_window_is_refused(
    desk: AnsweringDesk, clock: FakeClock
) -> None:
    desk.capabilities[desk.channel] = Capabilities(session_window=timedelta(hours=24))
    ann = await desk.hear("ann")
    clock.advance(timedelta(hours=23))
    assert (await desk.answer(ann)).is_new
    clock.advance(timedelta(hours=2))

    with pytest.raises(Conflict, match="too long ago"):
        await desk.answer(ann)


async def test_text_of_too_many_parts_is_refused(desk: AnsweringDesk) -> None:
    desk.capabilities[desk.channel] = Capabilities(text=TextLimit(length=10))
    ann = await desk.hear("ann")

    with pytest.raises(Refused) as refusal:
        await desk.answer(ann, "words " * 60)

    assert (refusal.value.code, refusal.value.field) == ("too_long", "text")


async def test_reply_without_text_and_files_is_refused(desk: AnsweringDesk) -> None:
    ann = await desk.hear("ann")

    with pytest.raises(Refused) as refusal:
        await desk.answer(ann, " \n\x00 ")

    assert (refusal.value.code, refusal.value.field) == ("empty", "text")


async def test_file_that_is_sent_already_or_another_agents_is_refused(desk: AnsweringDesk) -> None:
    ann = await desk.hear("ann")
    sent = await desk.upload()
    await desk.answer(ann, attachment_ids=[sent])
    foreign = await desk.upload(agent=await make_agent(desk.database, "Bo"))

    for one in (sent, foreign, 404):
        with pytest.raises(Refused) as refusal:
            await desk.answer(ann, attachment_ids=[await desk.upload(), one])
        assert refusal.value.field == "attachment_ids[1]"


@pytest.mark.parametrize(
    ("limits", "field"),
    [
        (FileLimits(max_count=1, max_size=1000), "attachment_ids"),
        (FileLimits(max_count=2, max_size=50), "attachment_ids[1]"),
        (FileLimits(max_count=2, max_size=1000, max_total_size=70), "attachment_ids"),
        (FileLimits(max_count=2, max_size=1000, media_types=("text/*",)), "attachment_ids[0]"),
    ],
)
async def test_file_beyond_the_channels_limits_is_refused_by_name(
    desk: AnsweringDesk, limits: FileLimits, field: str
) -> None:
    desk.capabilities[desk.channel] = Capabilities(files=limits)
    ann = await desk.hear("ann")
    files = [await desk.upload(size=10), await desk.upload(size=90)]

    with pytest.raises(Refused) as refusal:
        await desk.answer(ann, attachment_ids=files)

    assert refusal.value.field == field


async def test_case_of_somebody_else_or_out_of_sight_is_not_found(desk: AnsweringDesk) -> None:
    await desk.hear("ann")
    await desk.value("update cases set state = 'solved'")
    ann = await desk.hear("ann")
    await desk.hear("bob")
    _, own, foreign = [row["id"] for row in await desk.rows("select id from cases order by id")]
    await desk.value("update cases set access_class = 'fraud' where id = $1", own)
    desk.author = Author(
        agent_id=desk.author.agent_id, name="Ada", sight=Sight(frozenset({"normal"}))
    )

    for case in (own, foreign):
        with pytest.raises(NotFound):
            await desk.answer(ann, case_id=case)
    written = await desk.answer(ann)

    joined = await desk.value("select case_id from messages where id = $1", written.message_id)
    assert joined not in (own, foreign)


@pytest.mark.parametrize("hold", [timedelta(seconds=-1), timedelta(hours=2)])
async def test_hold_beyond_an_hour_is_refused(desk: AnsweringDesk, hold: timedelta) -> None:
    ann = await desk.hear("ann")

    with pytest.raises(Refused) as refusal:
        await desk.answer(ann, hold=hold)

    assert refusal.value.field == "hold_seconds"
