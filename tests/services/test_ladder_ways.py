"""Chats as rungs, the order that operators set, and what agents are shown of it all."""

from datetime import timedelta
from pathlib import Path

import pytest

from core.capabilities import Capabilities
from core.clock import FakeClock
from core.errors import RecipientGone
from core.messages import ProfileChanged
from router.services.errors import NotFound, Refused
from router.services.ladder.climbing import Stepped
from router.services.ladder.orders import Order, list_orders, set_order
from router.services.ladder.preview import NextWay, preview
from router.services.outbound.amending import Edit, delete_reply, edit_reply
from router.services.shown.messages import load_message
from router.services.viewer import Viewer
from router.storage import continuations, ladder
from router.storage.engine import Database
from router.storage.sight import FULL_SIGHT
from tests.services.builders import make_account, sender
from tests.services.climbing_desk import ClimbingDesk, open_climbing_desk

BLOCKED = RecipientGone("They blocked the bot.")


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> ClimbingDesk:
    return await open_climbing_desk(database, tmp_path)


async def _in_chat(desk: ClimbingDesk, person: int, *, is_there: bool = True) -> None:
    """They have a session of the chat, and wrote in it."""
    now = desk.database.clock.now()
    await desk.value(
        "insert into visitor_sessions (account_id, session, token_hash, created_at, seen_at,"
        " left_at, expires_at) values ($1, 'session-1', 'x', $2, $2, $3, $4)",
        desk.chat,
        now,
        None if is_there else now,
        now + timedelta(days=1),
    )
    await desk.known_as(person, "session-1", channel="chat")


async def _blocked(desk: ClimbingDesk, person: int, text: str = "Good day") -> int:
    """An answer to the bot's chat with Ann, who let it in once more and blocks it now."""
    back = ProfileChanged(event_key="back", sender=sender("ann"), is_reachable=True)
    await desk.take_in(back)
    await desk.hear("ann", "Once more")
    written = await desk.answer(person, text)
    await desk.send(failing={"*": BLOCKED})
    return written.message_id


async def test_chat_shows_the_answer_as_it_was_written_and_a_line_below_says_why(
    desk: ClimbingDesk,
) -> None:
    ann = await desk.hear("ann")
    await _in_chat(desk, ann)
    message = await _blocked(desk, ann)

    await desk.climb()
    await desk.send(desk.chat)

    assert [(one.place, one.text) for one in desk.taken] == [
        ("session-1", "Good day"),
        ("session-1", "Above is an answer that we could not deliver where you wrote before."),
    ]
    assert await desk.way(message) == [("sample", "cancelled", "moved_on"), ("chat", "sent", "")]


async def test_chat_whose_session_is_over_is_no_way(desk: ClimbingDesk) -> None:
    ann = await desk.hear("ann")
    await _in_chat(desk, ann)
    await desk.value("update visitor_sessions set ended_at = now()")
    await _blocked(desk, ann)

    [result] = await desk.climb()

    assert (result.what, result.reasons) == (Stepped.STAYED, ("unreachable",))


@pytest.mark.parametrize(("is_there", "channel"), [(True, "chat"), (False, "letters")])
async def test_chat_in_which_nobody_is_gives_way_to_letters(
    desk: ClimbingDesk, is_there: bool, channel: str
) -> None:
    ann = await desk.hear("ann")
    await desk.known_as(ann, "ann@people.example")
    await _in_chat(desk, ann, is_there=is_there)
    message = await _blocked(desk, ann)

    await desk.climb()

    assert [name for name, _, _ in await desk.way(message)] == ["sample", channel]


async def test_what_went_on_is_not_said_again_because_it_stays_unread(desk: ClimbingDesk) -> None:
    ann = await desk.hear("ann")
    await _in_chat(desk, ann)
    await _blocked(desk, ann)
    await desk.climb()
    await desk.send(desk.chat)

    async with desk.database.reading() as work:
        since = work.now() - timedelta(hours=1)
        found = await continuations.waiting_places(work, desk.chat, since=since, limit=10)

    assert found == []


async def test_what_was_said_again_because_it_stayed_unread_does_not_go_on(
    desk: ClimbingDesk,
) -> None:
    ann = await desk.hear("ann")
    await desk.known_as(ann, "ann@people.example")
    message = await _blocked(desk, ann)
    again = await desk.value("select min(id) from messages")
    await desk.value(
        "insert into continuations (message_id, place_id, echoed_until, made_at)"
        " select id, place_id, id, now() from messages where id = $1",
        again,
    )
    await desk.value(
        "insert into continued_messages (message_id, continuation_id) values ($1, $2)",
        message,
        again,
    )

    [result] = await desk.climb()

    assert result.reasons == ("said_again",)


async def test_operators_say_by_which_accounts_it_goes_on(desk: ClimbingDesk) -> None:
    ann = await desk.hear("ann")
    await desk.known_as(ann, "ann@people.example")
    await _in_chat(desk, ann)
    orders = [desk.letters, desk.chat]
    await set_order(desk.database, actor="cli", account_id=desk.account, rungs=orders)
    message = await _blocked(desk, ann)

    await desk.climb()

    assert [name for name, _, _ in await desk.way(message)] == ["sample", "letters"]


async def test_accounts_own_order_counts_before_the_desks(desk: ClimbingDesk) -> None:
    ann = await desk.hear("ann")
    await desk.known_as(ann, "ann@people.example")
    await set_order(desk.database, actor="cli", account_id=None, rungs=[desk.letters])
    await set_order(desk.database, actor="cli", account_id=desk.account, rungs=[])
    first = await _blocked(desk, ann)
    [barred] = await desk.climb()
    await set_order(desk.database, actor="cli", account_id=desk.account, rungs=None)
    second = await _blocked(desk, ann)
    [moved] = await desk.climb()

    assert barred.reasons == ("not_in_order",)
    assert moved.what is Stepped.MOVED
    assert [len(await desk.way(one)) for one in (first, second)] == [1, 2]


async def test_orders_are_kept_listed_and_written_into_the_audit(desk: ClimbingDesk) -> None:
    await set_order(desk.database, actor="agents/1", account_id=None, rungs=[desk.letters])
    await set_order(desk.database, actor="agents/1", account_id=desk.chat, rungs=[])

    assert await list_orders(desk.database) == [
        Order(account_id=None, rungs=(desk.letters,)),
        Order(account_id=desk.chat, rungs=()),
    ]
    noted = await desk.rows("select action, subject from audit_log order by id desc limit 2")
    assert [(one["action"], one["subject"]) for one in noted] == [
        ("ladder.ordered", f"accounts/{desk.chat}"),
        ("ladder.ordered", "ladder"),
    ]


async def test_order_with_an_account_that_is_not_there_or_comes_twice_is_refused(
    desk: ClimbingDesk,
) -> None:
    for rungs in ([999], [desk.letters, desk.letters]):
        with pytest.raises(Refused):
            await set_order(desk.database, actor="cli", account_id=None, rungs=rungs)
    with pytest.raises(NotFound):
        await set_order(desk.database, actor="cli", account_id=999, rungs=[])


async def test_message_shows_its_way_and_why_it_stayed(desk: ClimbingDesk) -> None:
    ann = await desk.hear("ann")
    stayed = await _blocked(desk, ann)
    await desk.climb()
    await desk.known_as(ann, "ann@people.example")
    moved = await _blocked(desk, ann)
    await desk.climb()

    async with desk.database.reading() as work:
        first, second = await load_message(work, stayed), await load_message(work, moved)

    assert first is not None
    assert second is not None
    assert first.step is not None
    assert second.step is not None
    assert (first.step.state, first.step.because) == ("stayed", ("no_other_way",))
    assert first.step.advice.startswith("No other way to them is known.")
    assert [(one.channel, one.code) for one in second.deliveries] == [
        ("sample", "moved_on"),
        ("letters", ""),
    ]
    letters = await desk.identity("ann@people.example")
    assert (second.step.state, second.step.to_identity_id) == ("moved", letters)
    assert second.channel == "letters"


async def test_agent_sees_before_where_an_answer_would_go_on(desk: ClimbingDesk) -> None:
    ann = await desk.hear("ann")
    viewer = Viewer(desk.author.agent_id, FULL_SIGHT)
    [alone] = await preview(desk.database, viewer, ann, desk.networks)
    await desk.known_as(ann, "ann@people.example")

    bot, letters = await preview(desk.database, viewer, ann, desk.networks)

    assert (alone.account_id, alone.because) == (None, ("no_other_way",))
    assert bot == NextWay(
        place_id=alone.place_id,
        identity_id=await desk.identity("ann"),
        account_id=desk.letters,
        channel="letters",
        to_identity_id=await desk.identity("ann@people.example"),
        to_place_id=letters.place_id,
        shown_as="Ann@People.Example",
        because=(),
        advice="",
    )
    assert letters.account_id == desk.account


async def test_change_of_what_went_on_goes_where_it_arrived(desk: ClimbingDesk) -> None:
    other = await make_account(desk.database, channel="other", label="other")
    can_edit = Capabilities(edit=True, delete=True)
    desk.capabilities["other"] = can_edit
    ann = await desk.hear("ann")
    elsewhere = await desk.hear(sender("ann-too", realm="other"), account=other)
    await desk.value("update identities set home_person_id = $1 where handle = 'ann-too'", ann)
    await desk.value("update messages set person_id = $1 where person_id = $2", ann, elsewhere)
    message = await _blocked(desk, ann)
    await desk.climb()
    await desk.send(other)

    await edit_reply(
        desk.database,
        desk.capabilities.__getitem__,
        desk.author,
        Edit(message_id=message, client_key="e", text="Good evening"),
    )
    await delete_reply(desk.database, desk.capabilities.__getitem__, desk.author, message)

    changes = await desk.rows(
        "select kind, account_id from deliveries where message_id = $1 and kind <> 'send'"
        " order by id",
        message,
    )
    assert [(one["kind"], one["account_id"]) for one in changes] == [
        ("edit", other),
        ("delete", other),
    ]


async def test_reply_that_was_deleted_does_not_go_on(desk: ClimbingDesk) -> None:
    ann = await desk.hear("ann")
    await desk.known_as(ann, "ann@people.example")
    message = await _blocked(desk, ann)

    await delete_reply(desk.database, desk.capabilities.__getitem__, desk.author, message)

    assert [one.what for one in await desk.climb()] == [Stepped.OBSOLETE]
    assert await desk.climb() == []


async def test_what_waits_longer_than_its_network_takes_answers_goes_on(
    desk: ClimbingDesk, clock: FakeClock
) -> None:
    desk.capabilities["sample"] = Capabilities(session_window=timedelta(hours=24))
    ann = await desk.hear("ann")
    await desk.known_as(ann, "ann@people.example")
    await desk.hear("ann", "Again")
    written = await desk.answer(ann)
    clock.advance(timedelta(hours=25))
    async with desk.database.transaction() as work:
        await ladder.fall_late(work, desk.account, before=work.now() - timedelta(hours=24))

    await desk.climb()

    assert [code for _, _, code in await desk.way(written.message_id)] == ["moved_on", ""]


async def test_who_is_back_before_the_step_gets_what_waits_there(desk: ClimbingDesk) -> None:
    ann = await desk.hear("ann")
    await desk.known_as(ann, "ann@people.example")
    await desk.hear("ann", "Again")
    await desk.answer(ann)
    for is_there in (False, True):
        event = f"there-{is_there}"
        change = ProfileChanged(event_key=event, sender=sender("ann"), is_reachable=is_there)
        await desk.take_in(change)

    assert [one.what for one in await desk.climb()] == [Stepped.NOT_YET]
    await desk.send()
    assert [one.what for one in await desk.climb()] == [Stepped.OBSOLETE]
    assert [one.channel for one in desk.taken] == ["sample"]
