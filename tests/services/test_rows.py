"""Rows of the inbox list: what each says, for whom, and that many merges cost little."""

from datetime import timedelta

from core.clock import FakeClock
from router.services import cases, conversations, drafts
from router.services.cases import CaseChange
from router.services.drafts import Draft
from router.services.shown.rows import ConversationRow
from router.services.viewer import Viewer
from tests.services.builders import make_account, sender
from tests.stage import CLAIM, NORMAL, Stage, say_in_turn


async def row_of(stage: Stage, viewer: Viewer, person: int) -> ConversationRow:
    [row] = await conversations.load_rows_of(stage.database, viewer, [person])
    return row


async def test_row_says_who_wrote_last_and_what(stage: Stage) -> None:
    bo = await stage.agent()
    message = await stage.says("ana", "  Where is\n\nmy order?  ")
    person = await stage.person_of(message)

    row = await row_of(stage, bo, person)

    assert row.display_name == "Ana"
    assert row.snippet == "Where is my order?"
    assert (row.last_message_id, row.last_direction) == (message, "in")
    assert (row.state, row.open_cases, row.owner, row.priority) == ("open", 1, None, 3)
    assert [use.label for use in row.channels] == ["Desk"]
    assert (row.level, row.is_claimed) == (1, False)


async def test_row_without_text_names_the_file(stage: Stage) -> None:
    bo = await stage.agent()
    message = await stage.says("ana", "")
    await stage.run(
        "insert into attachments (message_id, name, media_type, created_at)"
        " values ($1, 'receipt.pdf', 'application/pdf', now())",
        message,
    )

    row = await row_of(stage, bo, await stage.person_of(message))

    assert row.snippet == "receipt.pdf"


async def test_row_of_what_was_deleted_says_so_and_not_what_it_was(stage: Stage) -> None:
    bo = await stage.agent()
    message = await stage.says("ana", "My code is 8841.")
    await stage.run("update messages set deleted_at = now() where id = $1", message)

    row = await row_of(stage, bo, await stage.person_of(message))

    assert (row.snippet, row.is_deleted) == ("", True)


async def test_forged_sender_is_shown_as_claimed(stage: Stage) -> None:
    bo = await stage.agent()
    person = await stage.meets(sender("ana", evidence=CLAIM))

    row = await row_of(stage, bo, person)

    assert (row.level, row.is_claimed) == (0, True)


async def test_unread_counts_what_came_in_after_the_mark_for_each_agent(stage: Stage) -> None:
    bo, cy = await stage.agent("Bo"), await stage.agent("Cy")
    first, second, third = await say_in_turn(stage, ["ana"], 3)
    person = await stage.person_of(first)

    await conversations.mark_read(stage.database, bo, person, second)

    assert (await row_of(stage, bo, person)).unread_count == 1
    assert (await row_of(stage, cy, person)).unread_count == 3
    await conversations.mark_read(stage.database, bo, person, third)
    assert not (await row_of(stage, bo, person)).unread


async def test_mark_never_goes_back_nor_past_the_newest_message(stage: Stage) -> None:
    bo = await stage.agent()
    first, second = await say_in_turn(stage, ["ana"], 2)
    person = await stage.person_of(first)

    await conversations.mark_read(stage.database, bo, person, second + 1_000)
    await conversations.mark_read(stage.database, bo, person, first)
    await stage.says("ana", "one more")

    assert (await row_of(stage, bo, person)).unread_count == 1


async def test_unread_count_stops_at_99(stage: Stage) -> None:
    bo = await stage.agent()
    ids = await say_in_turn(stage, ["ana"], 105)

    row = await row_of(stage, bo, await stage.person_of(ids[0]))

    assert (row.unread, row.unread_count) == (True, 99)


async def test_unread_message_older_than_the_window_still_counts_as_unread(stage: Stage) -> None:
    bo = await stage.agent()
    person = await stage.meets("ana")
    await stage.run(
        "insert into messages (person_id, direction, text, received_at)"
        " select $1, 'out', '', now() from generate_series(1, 120)",
        person,
    )

    row = await row_of(stage, bo, person)

    assert (row.unread, row.unread_count) == (True, 1)


async def test_merge_and_split_unread_nothing_that_was_read(stage: Stage) -> None:
    bo = await stage.agent()
    ana, ada = await stage.meets("ana"), await stage.meets("ada")
    later = await stage.says("ana", "again")
    await conversations.mark_read(stage.database, bo, ana, later)

    merge = await stage.merge(ada, ana, bo)
    assert (await row_of(stage, bo, ana)).unread_count == 1
    newest = (await row_of(stage, bo, ana)).last_message_id
    await conversations.mark_read(stage.database, bo, ana, newest)
    assert not (await row_of(stage, bo, ana)).unread

    await stage.split(merge, bo)
    assert not (await row_of(stage, bo, ana)).unread
    assert not (await row_of(stage, bo, ada)).unread


async def test_merged_loser_is_found_under_whoever_stands_for_it(stage: Stage) -> None:
    bo = await stage.agent()
    ana, ada = await stage.meets("ana"), await stage.meets("ada", "from ada")
    await stage.merge(ada, ana, bo)

    rows = await conversations.load_rows_of(stage.database, bo, [ada, ana, 999])

    assert [(row.person_id, row.snippet) for row in rows] == [(ana, "from ada")]


async def test_channels_stand_last_used_first(stage: Stage) -> None:
    bo = await stage.agent()
    other = await make_account(stage.database, label="Chat")
    person = await stage.meets("ana")
    await stage.says("ana", "over there", account=other)
    assert [use.label for use in (await row_of(stage, bo, person)).channels] == ["Chat", "Desk"]

    await stage.says("ana", "back here")

    assert [use.label for use in (await row_of(stage, bo, person)).channels] == ["Desk", "Chat"]


async def test_failed_delivery_is_trouble_until_it_is_settled(stage: Stage) -> None:
    bo = await stage.agent()
    message = await stage.says("ana")
    person = await stage.person_of(message)
    delivery = await stage.deliver(message, "failed")
    assert (await row_of(stage, bo, person)).has_trouble

    await stage.run("update deliveries set state = 'cancelled' where id = $1", delivery)

    assert not (await row_of(stage, bo, person)).has_trouble


async def test_draft_is_seen_by_its_agent_only(stage: Stage) -> None:
    bo, cy = await stage.agent("Bo"), await stage.agent("Cy")
    person = await stage.meets("ana")

    await drafts.save_draft(stage.database, bo, person, "reply", Draft(text="Dear"))

    assert (await row_of(stage, bo, person)).has_draft
    assert not (await row_of(stage, cy, person)).has_draft


async def test_event_says_nothing_and_moves_nothing(stage: Stage, clock: FakeClock) -> None:
    bo = await stage.agent()
    message = await stage.says("ana", "thanks")
    person = await stage.person_of(message)
    before = await row_of(stage, bo, person)
    clock.advance(timedelta(minutes=5))

    await cases.change_case(
        stage.database, bo, await stage.case_of(message), CaseChange(state="solved")
    )

    after = await row_of(stage, bo, person)
    assert (after.last_message_id, after.snippet) == (before.last_message_id, "thanks")
    assert (after.state, after.open_cases) == ("solved", 0)


async def test_restricted_case_shows_in_no_field_of_the_row(stage: Stage) -> None:
    bo, boss = await stage.agent("Bo", sight=NORMAL), await stage.agent("Boss")
    seen = await stage.says("ana", "about shoes")
    person = await stage.person_of(seen)
    await cases.change_case(
        stage.database, boss, await stage.case_of(seen), CaseChange(state="solved")
    )
    secret = await stage.says("ana", "my account was robbed", subject="Robbery")
    await stage.restrict(await stage.case_of(secret))
    await stage.deliver(secret, "failed")

    hidden, full = await row_of(stage, bo, person), await row_of(stage, boss, person)

    assert (full.snippet, full.open_cases, full.unread_count) == ("my account was robbed", 1, 2)
    assert full.has_trouble
    assert hidden.snippet == "about shoes"
    assert (hidden.last_message_id, hidden.state, hidden.open_cases) == (seen, "solved", 0)
    assert (hidden.unread_count, hidden.has_trouble, hidden.subject) == (1, False, "")
    assert "rob" not in repr(hidden).lower()


async def test_person_with_restricted_cases_only_does_not_exist_for_others(stage: Stage) -> None:
    bo = await stage.agent("Bo", sight=NORMAL)
    message = await stage.says("ana")
    await stage.restrict(await stage.case_of(message))

    person = await stage.person_of(message)

    assert await conversations.load_rows_of(stage.database, bo, [person]) == []
