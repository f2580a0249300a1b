"""What a case or a topic needs, and every way out that asks whether it is there."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from core.messages import Place, PlaceKind
from core.people import Level
from core.rich_text_cuts import RichText
from router.services.errors import Conflict
from router.services.outbound import leveling
from router.services.outbound.amending import Edit, edit_reply
from router.services.outbound.automatic import Unsaid, Words, find_reach, say
from router.services.outbound.automatic_texts import Line
from router.services.outbound.copies import Copy
from router.services.outbound.decisions import decide
from router.services.outbound.forwarding import Forward, forward
from router.storage import deliveries, persons
from router.storage.deliveries import Cleared, NewDelivery
from router.storage.engine import Database
from tests.services.answering_desk import resolve_address
from tests.services.builders import received, signed_sender
from tests.services.level_desk import LevelDesk, open_level_desk, refused


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> LevelDesk:
    return await open_level_desk(database, tmp_path)


Trial = Callable[[LevelDesk, int], Awaitable[str]]


async def by_reply(desk: LevelDesk, ann: int) -> str:
    return await refused(desk.answer(ann, "The limit is raised"))


async def by_forward(desk: LevelDesk, ann: int, message: int | None = None) -> str:
    wanted = Forward(
        person_id=ann,
        message_id=message or await desk.value("select min(id) from messages"),
        client_key="on",
        to="clerk@bank.example",
        account_id=desk.letters,
    )
    return await refused(
        forward(
            desk.database,
            desk.keyring,
            desk.capabilities.__getitem__,
            resolve_address,
            desk.author,
            wanted,
        )
    )


async def by_resend(desk: LevelDesk, ann: int) -> str:
    [row] = await desk.deliveries(desk.failed)
    return await refused(decide(desk.database, row["id"], "resend"))


async def by_edit(desk: LevelDesk, ann: int) -> str:
    wanted = Edit(message_id=desk.sent, client_key="new", text="It is raised to 500")
    return await refused(
        edit_reply(desk.database, desk.capabilities.__getitem__, desk.author, wanted)
    )


async def by_line(desk: LevelDesk, ann: int) -> str:
    async with desk.database.transaction() as work:
        root = await persons.lock_root(work, ann)
        assert root is not None
        reach = await find_reach(work, root)
        assert reach is not None
        words = Words(
            root_id=root,
            reach=reach,
            line=Line.UNDELIVERABLE,
            key="line",
            quoted=RichText("The limit is raised"),
        )
        said = await say(work, desk.voice, words)
    return "level_too_low" if said is Unsaid.TOO_LOW else ""


async def by_ladder(desk: LevelDesk, ann: int) -> str:
    await desk.known_as(ann, "ann@people.example")
    await desk.value(
        "update identities set level = (select level from identities where handle = 'ann'),"
        " host_account = (select host_account from identities where handle = 'ann')"
        " where handle = 'ann@people.example'"
    )
    await desk.value(
        """
        insert into ladder_steps (message_id, delivery_id, place_id, identity_id, made_at)
        select message_id, id, place_id, identity_id, now() from deliveries where message_id = $1
        """,
        desk.failed,
    )
    await desk.climb()
    return "" if (await desk.step(desk.failed))["state"] == "moved" else "level_too_low"


WAYS_OUT: dict[str, Trial | str] = {
    "router/services/outbound/replies.py": by_reply,
    "router/services/outbound/forwarding.py": by_forward,
    "router/services/outbound/decisions.py": by_resend,
    "router/services/outbound/amending.py": by_edit,
    "router/services/outbound/automatic.py": by_line,
    "router/services/ladder/climbing.py": by_ladder,
    "router/services/continuations.py": "tests/web/test_visitor_continuation.py",
    "router/services/mailed_ratings.py": "tests/web/test_mailed_ratings.py",
}
"""Whoever queues deliveries, and what tries it: a function of here, or another file's test."""
TRIED_HERE = {path: trial for path, trial in WAYS_OUT.items() if not isinstance(trial, str)}


@pytest.mark.parametrize("path", sorted(TRIED_HERE))
async def test_no_way_out_leads_below_what_the_case_needs(desk: LevelDesk, path: str) -> None:
    ann = await desk.begin()
    await desk.need(Level.LINKED)
    before = [dict(row) for row in await desk.deliveries()]

    code = await TRIED_HERE[path](desk, ann)

    assert code == "level_too_low"
    assert [dict(row) for row in await desk.deliveries()] == before


@pytest.mark.parametrize(
    "path", sorted(set(TRIED_HERE) - {"router/services/outbound/forwarding.py"})
)
async def test_each_way_out_is_open_to_who_is_proven_well_enough(
    desk: LevelDesk, path: str
) -> None:
    ann = await desk.begin()
    await desk.link()
    await desk.need(Level.LINKED)

    assert await TRIED_HERE[path](desk, ann) == ""


async def test_message_goes_on_to_an_outsider_where_nothing_is_needed(desk: LevelDesk) -> None:
    assert await by_forward(desk, await desk.begin()) == ""


async def test_forward_is_of_the_topic_that_the_message_named(desk: LevelDesk) -> None:
    ann = await desk.begin()
    await desk.link()
    topic = await desk.topic(level=2)
    written = await desk.answer(ann, "Paid out: 500", topic_id=topic)

    assert await by_forward(desk, ann, written.message_id) == "level_too_low"


async def test_refusal_says_what_is_needed_what_is_there_and_whether_a_step_up_would_do(
    desk: LevelDesk,
) -> None:
    ann = await desk.begin()
    await desk.link()
    await desk.need(Level.STEPPED_UP)

    with pytest.raises(Conflict) as refusal:
        await desk.answer(ann)

    assert (refusal.value.code, refusal.value.facts) == (
        "level_too_low",
        {"needed": 3, "present": 2, "step_up": True, "reason": "no_step_up"},
    )


async def test_copies_of_what_needs_a_level_go_to_nobody(desk: LevelDesk) -> None:
    ann = await desk.begin()
    await desk.link()
    await desk.need(Level.ATTESTED)

    with pytest.raises(Conflict) as refusal:
        await desk.answer(ann, copies=[Copy(address="cc@people.example", is_hidden=True)])

    assert refusal.value.facts["reason"] == "copies"


async def test_what_needs_a_level_is_not_said_where_others_read_along(desk: LevelDesk) -> None:
    group = Place(remote="group", kind=PlaceKind.GROUP)  # type: ignore[arg-type]  # a plain name
    by = signed_sender("ann", host="7", realm="sample")
    message = await desk.take_in(msgspec.structs.replace(received(by), place=group))
    ann = await desk.value("select person_id from messages where id = $1", message)
    root = await desk.value("select root_id from persons where id = $1", ann)
    await desk.need(Level.ATTESTED)

    with pytest.raises(Conflict) as refusal:
        await desk.answer(root)

    assert refusal.value.facts["reason"] == "in_public"


async def test_topic_of_a_reply_needs_what_admins_say(desk: LevelDesk) -> None:
    ann = await desk.begin()
    topic = await desk.topic(level=2)

    assert await refused(desk.answer(ann, topic_id=topic)) == "level_too_low"
    assert await refused(desk.answer(ann)) == ""
    await desk.link()
    assert await refused(desk.answer(ann, topic_id=topic)) == ""


async def test_topic_of_the_case_counts_for_every_reply_in_it(desk: LevelDesk) -> None:
    ann = await desk.begin()
    topic = await desk.topic("withdrawal", level=2)
    await desk.value("update cases set topic_id = $1", topic)

    assert await refused(desk.answer(ann)) == "level_too_low"


async def test_case_that_names_channels_is_answered_by_these_only(desk: LevelDesk) -> None:
    ann = await desk.begin()
    await desk.need(channels='["letters"]')

    with pytest.raises(Conflict) as refusal:
        await desk.answer(ann)

    assert (refusal.value.code, refusal.value.facts["allowed"]) == (
        "channel_not_allowed",
        "letters",
    )


async def test_shared_address_counts_as_attested_only(desk: LevelDesk) -> None:
    ann = await desk.begin()
    await desk.link()
    await desk.value("update identities set is_shared = true where handle = 'ann'")
    await desk.need(Level.LINKED)

    with pytest.raises(Conflict) as refusal:
        await desk.answer(ann)

    assert (refusal.value.facts["present"], refusal.value.facts["reason"]) == (1, "shared")


async def test_link_to_another_account_than_the_case_is_about_does_not_count(
    desk: LevelDesk,
) -> None:
    ann = await desk.begin()
    await desk.link(host="7")
    await desk.need(Level.LINKED)
    await desk.value("update cases set host_account = '8'")

    with pytest.raises(Conflict) as refusal:
        await desk.answer(ann)

    assert refusal.value.facts["reason"] == "other_account"


async def test_step_up_counts_for_its_identity_case_and_topic_and_for_its_time(
    desk: LevelDesk,
) -> None:
    ann = await desk.begin()
    await desk.link()
    topic = await desk.topic(level=3)
    await desk.step_up("ann", topic=topic)

    assert await refused(desk.answer(ann, topic_id=topic)) == ""
    await desk.need(Level.STEPPED_UP)
    assert await refused(desk.answer(ann)) == "level_too_low"
    await desk.step_up("ann", minutes=0)
    assert await refused(desk.answer(ann)) == "level_too_low"
    await desk.step_up("ann")
    assert await refused(desk.answer(ann)) == ""


async def test_step_up_of_an_account_counts_for_no_other(desk: LevelDesk) -> None:
    ann = await desk.begin()
    await desk.link(host="7")
    await desk.need(Level.STEPPED_UP)
    await desk.step_up("ann")
    assert await refused(desk.answer(ann)) == ""

    await desk.value("update identities set host_account = '8' where handle = 'ann'")

    assert await refused(desk.answer(ann)) == "level_too_low"


@pytest.mark.parametrize("doubt", ["nobody asked", "another identity", "a copy", "another message"])
async def test_nothing_is_queued_that_nobody_has_cleared(desk: LevelDesk, doubt: str) -> None:
    await desk.begin()
    row = (await desk.deliveries(desk.sent))[0]
    fields = {name: row[name] for name in NewDelivery.__struct_fields__ if name != "spans"}
    again = NewDelivery(**{**fields, "send_key": "again", "revision": 1, "state": "queued"})
    async with desk.database.transaction() as work:
        cleared: Cleared | None = await leveling.clear(
            work,
            message_id=row["message_id"],
            place_id=row["place_id"],
            identity_id=row["identity_id"],
        )
        match doubt:
            case "nobody asked":
                cleared = None
            case "another identity":
                again = msgspec.structs.replace(again, identity_id=None)
            case "a copy":
                again = msgspec.structs.replace(again, copy_to="cc@people.example")
            case _:
                again = msgspec.structs.replace(again, message_id=desk.failed)
        with pytest.raises(ValueError, match="nobody has looked"):
            await deliveries.queue(work, [again], cleared)


async def test_fixed_line_of_ours_says_nothing_of_the_case(desk: LevelDesk) -> None:
    ann = await desk.begin()
    await desk.need(Level.STEPPED_UP, '["letters"]')
    async with desk.database.transaction() as work:
        root = await persons.lock_root(work, ann)
        assert root is not None
        reach = await find_reach(work, root)
        assert reach is not None
        words = Words(
            root_id=root,
            reach=reach,
            line=Line.STEP_UP,
            key="line",
            facts={"minutes": "15"},
            hidden={"url": "https://host.example/prove"},
        )
        assert isinstance(await say(work, desk.voice, words), int)


async def test_message_keeps_the_level_of_whom_it_was_said_to(desk: LevelDesk) -> None:
    ann = await desk.begin()
    await desk.link()
    written = await desk.answer(ann, "Yes")

    levels = await desk.rows("select id, level from messages where direction = 'out' order by id")
    assert [row["level"] for row in levels] == [1, 1, 2]
    assert levels[-1]["id"] == written.message_id


async def test_what_was_said_to_a_linked_account_is_not_said_again_when_it_is_not_linked(
    desk: LevelDesk,
) -> None:
    ann = await desk.begin()
    await desk.link()
    written = await desk.answer(ann, "Your balance is 500")
    await desk.send()
    await desk.value("update identities set level = 1, host_account = null where handle = 'ann'")

    wanted = Edit(message_id=written.message_id, client_key="e", text="Your balance is 600")
    code = await refused(
        edit_reply(desk.database, desk.capabilities.__getitem__, desk.author, wanted)
    )

    assert code == "level_too_low"
