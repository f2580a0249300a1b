"""Answers that wait: taken back for certain, given another time, with what becomes of the case."""

import asyncio
import random
from datetime import timedelta
from pathlib import Path

import pytest

from core.capabilities import Capabilities, FileLimits, TextLimit
from core.clock import FakeClock
from router.services import cases, drafts, holding, housekeeping
from router.services.cases import CaseChange
from router.services.drafts import Draft
from router.services.errors import Conflict, Forbidden, NotFound, Refused
from router.services.holding import Recalled
from router.services.shown.reach import load_reach
from router.services.viewer import Viewer
from router.storage import claims, leases, waiting_cases
from router.storage.claims import Asked, Owner
from router.storage.engine import Database
from tests.services.answering_desk import AnsweringDesk, make_agent, open_desk

HOLD = timedelta(seconds=10)


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> AnsweringDesk:
    return await open_desk(database, tmp_path)


def viewer(desk: AnsweringDesk) -> Viewer:
    return Viewer(desk.author.agent_id)


async def recall(desk: AnsweringDesk, message: int) -> Recalled:
    return await holding.recall(desk.database, viewer(desk), message, may_decide=False)


async def owner_of(desk: AnsweringDesk) -> Owner:
    lease = leases.account_lease(desk.account)
    async with desk.database.transaction() as work:
        fence = await leases.take(work, lease, "a sender")
    assert fence is not None
    return Owner(account_id=desk.account, lease=lease, fence=fence)


async def claim(desk: AnsweringDesk, owner: Owner, slots: int = 9) -> list[int]:
    async with desk.database.transaction() as work:
        return (await claims.claim(work, [Asked(owner=owner, slots=slots)])).delivery_ids


async def case_of(desk: AnsweringDesk, message: int) -> tuple[int, str]:
    row = await desk.row(
        "select c.id, c.state from messages m join cases c on c.id = m.case_id where m.id = $1",
        message,
    )
    return row["id"], row["state"]


async def test_recalled_answer_stands_in_the_draft_with_its_files_ahead_of_newer_words(
    desk: AnsweringDesk,
) -> None:
    desk.capabilities[desk.channel] = Capabilities(
        text=TextLimit(length=6), files=FileLimits(max_count=2, max_size=1000)
    )
    ann = await desk.hear("ann")
    file = await desk.upload()
    sent = await desk.answer(ann, "First. Last.", hold=HOLD, attachment_ids=(file,))
    spans = [{"mark": "bold", "start": 0, "end": 5}]
    newer = Draft(text="Newer", options={"spans": spans})
    await drafts.save_draft(desk.database, viewer(desk), ann, "reply", newer)
    before = await desk.newest_fact()

    recalled = await recall(desk, sent.message_id)

    assert set(await desk.states()) == {"cancelled"}
    kept = await drafts.load_kept(desk.database, viewer(desk), ann, "reply")
    assert (kept.text, [one.id for one in kept.files]) == ("First. Last.\n\nNewer", [file])
    assert kept.options["spans"] == [{"mark": "bold", "start": 14, "end": 19}]
    assert recalled.draft.text == kept.text
    kinds = [(kind, ref) for kind, _, ref in await desk.facts(before)]
    assert ("message.changed", sent.message_id) in kinds
    again = await desk.answer(ann, "First. Last.", attachment_ids=(file,))
    assert again.is_new


async def test_recalled_answer_still_offers_what_could_be_chosen(desk: AnsweringDesk) -> None:
    desk.capabilities[desk.channel] = Capabilities(buttons=True)
    ann = await desk.hear("ann")
    sent = await desk.answer(ann, "Which one?", hold=HOLD, offers=("Seven", "Eight"))

    plain = await desk.answer(ann, "Tell us.", hold=HOLD)

    recalled = await recall(desk, sent.message_id)
    both = await recall(desk, plain.message_id)

    assert recalled.draft.options["offers"] == ["Seven", "Eight"]
    assert (both.draft.text, both.draft.options["offers"]) == (
        "Tell us.\n\nWhich one?",
        ["Seven", "Eight"],
    )


@pytest.mark.parametrize("spans", [None, [1], [{"mark": "bold"}]])
async def test_recall_goes_ahead_of_a_draft_whose_formatting_is_none(
    desk: AnsweringDesk, spans: object
) -> None:
    ann = await desk.hear("ann")
    sent = await desk.answer(ann, "Soon", hold=HOLD)
    newer = Draft(text="Newer", options={"spans": spans})
    await drafts.save_draft(desk.database, viewer(desk), ann, "reply", newer)

    draft = (await recall(desk, sent.message_id)).draft

    assert (draft.text, draft.options["spans"]) == ("Soon\n\nNewer", [])


async def test_recall_that_makes_the_draft_too_large_is_refused(desk: AnsweringDesk) -> None:
    ann = await desk.hear("ann")
    sent = await desk.answer(ann, "Soon", hold=HOLD, attachment_ids=(await desk.upload(),))
    files = tuple([await desk.upload() for _ in range(20)])
    codes = []
    for newer in (Draft(attachment_ids=files), Draft(text="x" * 200_000)):
        await drafts.save_draft(desk.database, viewer(desk), ann, "reply", newer)
        with pytest.raises(Conflict) as refused:
            await recall(desk, sent.message_id)
        codes.append(refused.value.code)
    assert codes == ["too_many_files", "too_long"]
    assert await desk.states() == ["held"]


async def test_recalling_twice_recalls_once(desk: AnsweringDesk) -> None:
    ann = await desk.hear("ann")
    sent = await desk.answer(ann, "Soon", hold=HOLD)
    first, second = await recall(desk, sent.message_id), await recall(desk, sent.message_id)
    assert (first.draft.text, second.draft.text) == ("Soon", "Soon")


async def test_answer_of_which_one_part_is_on_its_way_is_not_recalled_at_all(
    desk: AnsweringDesk,
) -> None:
    desk.capabilities[desk.channel] = Capabilities(text=TextLimit(length=6))
    sent = await desk.answer(await desk.hear("ann"), "First. Last.")
    await claim(desk, await owner_of(desk))
    assert await desk.states() == ["sending", "queued"]

    with pytest.raises(Conflict) as refused:
        await recall(desk, sent.message_id)

    assert refused.value.code == "too_late"
    assert await desk.states() == ["sending", "queued"]
    assert await desk.value("select count(*) from drafts") == 0


async def test_recalls_and_a_sender_at_once_never_both_have_an_answer(
    desk: AnsweringDesk,
) -> None:
    """What was recalled was never claimed, and what was claimed was never recalled: U11."""
    chance = random.Random(11)
    owner = await owner_of(desk)
    recalled: set[int] = set()
    claimed: set[int] = set()
    people = [await desk.hear(f"person-{number}") for number in range(20)]
    for _ in range(10):
        sent = [await desk.answer(person, "One of many") for person in people]

        async def take_back(message: int) -> None:
            await asyncio.sleep(chance.random() / 100)
            try:
                recalled.add((await recall(desk, message)).message_id)
            except Conflict:
                return

        async def send() -> None:
            for _ in range(6):
                claimed.update(await claim(desk, owner, slots=4))

        chance.shuffle(sent)
        await asyncio.gather(send(), *(take_back(one.message_id) for one in sent))
        await desk.value("update deliveries set state = 'sent' where state = 'sending'")
    went = {row["message_id"] for row in await desk.deliveries() if row["id"] in claimed}
    assert recalled
    assert went
    assert recalled.isdisjoint(went)
    assert len(recalled | went) == 200 - await desk.value(
        "select count(*) from deliveries where state = 'queued'"
    )
    kept = await desk.rows("select text from drafts")
    assert sum(row["text"].count("One of many") for row in kept) == len(recalled)


async def test_only_its_author_or_who_decides_takes_an_answer_back(desk: AnsweringDesk) -> None:
    sent = await desk.answer(await desk.hear("ann"), "Soon", hold=HOLD)
    bo = Viewer(await make_agent(desk.database, "Bo"))
    with pytest.raises(Forbidden):
        await holding.recall(desk.database, bo, sent.message_id, may_decide=False)
    taken = await holding.recall(desk.database, bo, sent.message_id, may_decide=True)
    assert taken.draft.text == "Soon"


async def test_recalled_answer_opens_its_case_again(desk: AnsweringDesk) -> None:
    ann = await desk.hear("ann")
    heard = await desk.value("select max(id) from messages")
    case, _ = await case_of(desk, heard)

    async def solve(work: object, case_id: int) -> None:
        await cases.settle(work, viewer(desk), case_id, "solved")  # type: ignore[arg-type]  # of the answer

    sent = await desk.answer(ann, "Done", hold=HOLD, afterwards=solve)
    assert await case_of(desk, heard) == (case, "solved")
    await recall(desk, sent.message_id)

    assert await case_of(desk, heard) == (case, "open")
    row = await desk.row("select first_reply_at, last_message_id from cases where id = $1", case)
    assert (row["first_reply_at"], row["last_message_id"]) == (None, heard)
    assert await desk.value("select last_message_id from persons where id = $1", ann) == heard


async def test_who_had_no_answer_because_it_was_recalled_waits_since_they_wrote(
    desk: AnsweringDesk, clock: FakeClock
) -> None:
    ann = await desk.hear("ann")
    heard = await desk.row("select case_id, received_at from messages order by id desc limit 1")
    clock.advance(timedelta(hours=3))
    sent = await desk.answer(ann, "Soon", hold=HOLD)
    await recall(desk, sent.message_id)

    async with desk.database.transaction() as work:
        [case] = await waiting_cases.sources(
            work, [heard["case_id"]], tier_attribute="", owned_since=clock.now()
        )

    assert case["waits_since"] == heard["received_at"]


async def test_recalled_answer_opens_its_case_though_a_line_of_ours_was_sent_by_itself(
    desk: AnsweringDesk,
) -> None:
    ann = await desk.hear("ann")
    heard = await desk.value("select max(id) from messages")
    sent = await desk.answer(ann, "Done", hold=HOLD)
    line = await desk.answer(ann, "We are closed")
    await desk.value(
        "update messages set agent_id = null,"
        " context = jsonb_build_object('automatic', 'out_of_hours')"
        " where id = $1",
        line.message_id,
    )

    await recall(desk, sent.message_id)

    assert (await case_of(desk, heard))[1] == "open"


async def test_answer_for_later_holds_up_nothing_and_gets_another_time(
    desk: AnsweringDesk,
) -> None:
    ann = await desk.hear("ann")
    now = desk.database.clock.now()
    later = await desk.answer(ann, "Tomorrow", send_at=now + timedelta(days=1))
    await desk.answer(ann, "At once")
    owner = await owner_of(desk)
    [went] = await claim(desk, owner)
    [scheduled, at_once] = await desk.deliveries()
    assert (went, scheduled["state"]) == (at_once["id"], "held")
    assert scheduled["queued_at"] == scheduled["due_at"] == now + timedelta(days=1)

    new_time = now + timedelta(days=3)
    await holding.reschedule(
        desk.database, viewer(desk), later.message_id, new_time, may_decide=False
    )
    assert (await desk.deliveries(later.message_id))[0]["due_at"] == new_time
    await holding.reschedule(desk.database, viewer(desk), later.message_id, None, may_decide=False)
    assert await claim(desk, owner) == [scheduled["id"]]
    with pytest.raises(Conflict):
        await holding.reschedule(
            desk.database, viewer(desk), later.message_id, new_time, may_decide=False
        )


async def test_answer_that_is_put_off_leaves_the_lane_of_what_is_written_later(
    desk: AnsweringDesk,
) -> None:
    ann = await desk.hear("ann")
    now = desk.database.clock.now()
    soon = await desk.answer(ann, "Soon", hold=HOLD)
    await desk.answer(ann, "At once")
    owner = await owner_of(desk)
    assert await claim(desk, owner) == []

    await holding.reschedule(
        desk.database, viewer(desk), soon.message_id, now + timedelta(days=9), may_decide=False
    )

    [put_off, at_once] = await desk.deliveries()
    assert put_off["lane"] == f"{at_once['lane']}:at:{soon.message_id}"
    assert await claim(desk, owner) == [at_once["id"]]


async def test_same_key_is_the_same_answer_after_its_time_has_passed(
    desk: AnsweringDesk, clock: FakeClock
) -> None:
    ann = await desk.hear("ann")
    at = clock.now() + timedelta(hours=1)
    sent = await desk.answer(ann, client_key="once", send_at=at)
    clock.advance(timedelta(hours=2))

    again = await desk.answer(ann, client_key="once", send_at=at)

    assert (again.message_id, again.is_new) == (sent.message_id, False)


@pytest.mark.parametrize("days", [-1, 400])
async def test_answer_is_for_a_time_to_come_within_a_year(desk: AnsweringDesk, days: int) -> None:
    ann = await desk.hear("ann")
    with pytest.raises(Refused) as refused:
        await desk.answer(ann, send_at=desk.database.clock.now() + timedelta(days=days))
    assert refused.value.field == "send_at"


async def test_snoozed_case_says_until_when_and_wakes_then(desk: AnsweringDesk) -> None:
    await desk.hear("ann")
    heard = await desk.value("select max(id) from messages")
    case, _ = await case_of(desk, heard)
    until = desk.database.clock.now() + timedelta(hours=2)
    change = CaseChange(state="snoozed", snoozed_until=until)
    shown = await cases.change_case(desk.database, viewer(desk), case, change)
    assert (shown.state, shown.snoozed_until) == ("snoozed", until)
    assert await housekeeping.wake_snoozed(desk.database) == 0
    await desk.value("update cases set snoozed_until = $1", desk.database.clock.now())
    assert await housekeeping.wake_snoozed(desk.database) == 1
    assert await case_of(desk, heard) == (case, "open")


async def test_only_a_snoozed_case_has_a_time_to_wake(desk: AnsweringDesk) -> None:
    await desk.hear("ann")
    case, _ = await case_of(desk, await desk.value("select max(id) from messages"))
    later = desk.database.clock.now() + timedelta(hours=2)
    with pytest.raises(Refused) as refused:
        await cases.change_case(
            desk.database, viewer(desk), case, CaseChange(state="solved", snoozed_until=later)
        )
    assert refused.value.field == "snoozed_until"


async def test_files_of_a_draft_outlast_the_uploads_that_nobody_keeps(desk: AnsweringDesk) -> None:
    ann = await desk.hear("ann")
    kept, other = await desk.upload(), await desk.upload()
    wanted = Draft(attachment_ids=(kept,))
    await drafts.save_draft(desk.database, viewer(desk), ann, "reply", wanted)
    is_kept = "select is_kept from attachments where id = $1"
    assert [await desk.value(is_kept, one) for one in (kept, other)] == [True, False]
    await drafts.drop_draft(desk.database, viewer(desk), ann, "reply")
    assert not await desk.value(is_kept, kept)


async def test_hold_is_the_agents_own_else_the_accounts_else_the_channels(
    desk: AnsweringDesk,
) -> None:
    ann = await desk.hear("ann")
    channels = {desk.channel: Capabilities(hold=timedelta(seconds=10))}

    async def hold() -> int:
        async with desk.database.reading() as work:
            [one] = await load_reach(work, desk.author.agent_id, ann, (), channels.get)
        return one.hold_seconds

    found = [await hold()]
    await holding.set_account_hold(desk.database, desk.account, 30, actor="cli")
    found.append(await hold())
    await holding.set_own_hold(desk.database, viewer(desk), 0)
    found.append(await hold())
    assert found == [10, 30, 0]


async def test_own_hold_on_an_account_goes_before_what_holds_everywhere(
    desk: AnsweringDesk,
) -> None:
    channels = {desk.channel: Capabilities(hold=timedelta(seconds=10))}
    mine = viewer(desk)

    async def seconds() -> int:
        found = await holding.load_holds(desk.database, mine, channels.get)
        return next(one for one in found.accounts if one.account_id == desk.account).seconds

    found = [await seconds()]
    await holding.set_own_hold(desk.database, mine, 20)
    found.append(await seconds())
    await holding.set_own_hold(desk.database, mine, 0, account_id=desk.account)
    found.append(await seconds())
    await holding.set_own_hold(desk.database, mine, None, account_id=desk.account)
    found.append(await seconds())

    assert found == [10, 20, 0, 20]
    with pytest.raises(NotFound):
        await holding.set_own_hold(desk.database, mine, 5, account_id=999_999)
