"""A case that needs more than before: what waits is withdrawn, whatever happens at that moment."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.clock import FakeClock
from core.errors import ConnectorError, OutcomeUnknown, RecipientGone, TransientError
from core.people import Level
from router.services import cases, topics
from router.services.cases import CaseChange
from router.services.errors import Conflict, Forbidden, Refused
from router.services.ladder import take_step
from router.services.outbound import leveling
from router.services.outbound.amending import Edit, edit_reply
from router.services.outbound.decisions import decide
from router.services.roles import Role
from router.services.shown.cases import Case
from router.services.topics import NewTopic, TopicChange
from router.storage import claims, leases, persons
from router.storage.claims import Asked, Owner
from router.storage.engine import Database
from router.storage.topics import lock_tree
from tests.services.level_desk import LevelDesk, open_level_desk, refused


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> LevelDesk:
    return await open_level_desk(database, tmp_path)


async def change(desk: LevelDesk, wanted: CaseChange, *, may_lower: bool = False) -> Case:
    case = int(await desk.value("select max(id) from cases"))
    return await cases.change_case(desk.database, desk.viewer, case, wanted, may_lower=may_lower)


async def edit(desk: LevelDesk, message: int) -> int:
    wanted = Edit(message_id=message, client_key="e", text="Said otherwise")
    return await edit_reply(desk.database, desk.capabilities.__getitem__, desk.author, wanted)


async def claim(desk: LevelDesk) -> Owner:
    """A sender has what waits under way."""
    name = leases.account_lease(desk.account)
    await desk.value("update leases set expires_at = '-infinity' where name = $1", name)
    async with desk.database.transaction() as work:
        fence = await leases.take(work, name, "test")
    assert fence is not None
    owner = Owner(account_id=desk.account, lease=name, fence=fence)
    async with desk.database.transaction() as work:
        await claims.claim(work, [Asked(owner=owner, slots=10)])
    return owner


def drop_second_copies(desk: LevelDesk) -> None:
    """Its network does, so that what is unknown is tried again by itself."""
    able = desk.capabilities[desk.channel]
    desk.capabilities[desk.channel] = msgspec.structs.replace(able, send_is_deduplicated=True)


async def last(desk: LevelDesk) -> tuple[str, str]:
    """(state, code) of the newest delivery."""
    row = (await desk.deliveries())[-1]
    return row["state"], row["code"]


async def test_what_waits_below_the_new_level_is_cancelled(desk: LevelDesk) -> None:
    ann = await desk.begin()
    await desk.answer(ann, "Wait for it")

    await change(desk, CaseChange(minimum_level=2))

    assert await last(desk) == ("cancelled", "level_too_low")
    await desk.send()
    assert "Wait for it" not in [one.text for one in desk.taken]


async def test_what_waits_for_somebody_proven_well_enough_still_goes(desk: LevelDesk) -> None:
    ann = await desk.begin()
    await desk.link()
    await desk.answer(ann, "Wait for it")

    await change(desk, CaseChange(minimum_level=2))
    await desk.send()

    assert desk.taken[-1].text == "Wait for it"


async def test_what_waits_by_a_channel_that_is_not_allowed_any_more_is_cancelled(
    desk: LevelDesk,
) -> None:
    ann = await desk.begin()
    await desk.answer(ann)

    await change(desk, CaseChange(allowed_channels=("letters",)))

    assert await last(desk) == ("cancelled", "channel_not_allowed")


async def test_side_of_a_participant_needs_what_the_case_does(desk: LevelDesk) -> None:
    ann = await desk.begin()
    await desk.answer(ann)
    await desk.value(
        "insert into cases (person_id, joined_case_id, opened_at)"
        " select person_id, id, opened_at from cases"
    )
    side = await desk.value("select max(id) from cases")
    await desk.value("update messages set case_id = $1 where direction = 'out'", side)
    first = int(await desk.value("select min(id) from cases"))

    await cases.change_case(desk.database, desk.viewer, first, CaseChange(minimum_level=2))

    assert await last(desk) == ("cancelled", "level_too_low")
    assert await refused(desk.answer(ann, case_id=side)) == "level_too_low"


@pytest.mark.parametrize("error", [TransientError("later"), OutcomeUnknown("no answer")])
async def test_what_is_being_tried_is_not_tried_again_after_the_level_rose(
    desk: LevelDesk, error: ConnectorError
) -> None:
    ann = await desk.begin()
    await desk.answer(ann, "Wait for it")
    raised = asyncio.Event()

    async def rise() -> None:
        await change(desk, CaseChange(minimum_level=2))
        raised.set()

    await desk.send(failing={"Wait for it": error}, before=rise)

    assert raised.is_set()
    state, _ = await last(desk)
    assert state == ("cancelled" if isinstance(error, TransientError) else "unknown")
    await desk.send()
    assert "Wait for it" not in [one.text for one in desk.taken]


@pytest.mark.parametrize("rises", ["during", "after"])
async def test_what_may_have_arrived_is_unknown_after_the_level_rose_though_a_copy_would_be_dropped(
    desk: LevelDesk, rises: str
) -> None:
    ann = await desk.begin()
    drop_second_copies(desk)
    await desk.answer(ann, "Wait for it")

    async def rise() -> None:
        await change(desk, CaseChange(minimum_level=2))

    unknown = {"Wait for it": OutcomeUnknown("No answer came.")}
    await desk.send(failing=unknown, before=rise if rises == "during" else None)
    if rises == "after":
        await rise()

    assert await last(desk) == ("unknown", "outcome_unknown")
    assert (await desk.deliveries())[-1]["reason"] == "No answer came."


@pytest.mark.parametrize("rises", ["during", "after", "given_back"])
async def test_what_may_have_arrived_at_an_earlier_attempt_is_unknown_after_the_level_rose(
    desk: LevelDesk, clock: FakeClock, rises: str
) -> None:
    ann = await desk.begin()
    drop_second_copies(desk)
    await desk.answer(ann, "Wait for it")
    await desk.send(failing={"Wait for it": OutcomeUnknown("No answer came.")})
    clock.advance(timedelta(minutes=1))

    async def rise() -> None:
        await change(desk, CaseChange(minimum_level=2))

    if rises == "given_back":
        owner = await claim(desk)
        await rise()
        async with desk.database.transaction() as work:
            await claims.release(work, owner)
    else:
        later = {"Wait for it": TransientError("Not now.")}
        await desk.send(failing=later, before=rise if rises == "during" else None)
        if rises == "after":
            await rise()

    assert await last(desk) == ("unknown", "outcome_unknown")
    assert (await desk.deliveries())[-1]["reason"] == "No answer came."


async def test_what_a_sender_gives_back_after_the_level_rose_is_cancelled(
    desk: LevelDesk,
) -> None:
    ann = await desk.begin()
    await desk.answer(ann)
    owner = await claim(desk)
    await change(desk, CaseChange(minimum_level=2))

    async with desk.database.transaction() as work:
        await claims.release(work, owner)

    assert await last(desk) == ("cancelled", "level_too_low")


async def test_what_was_taken_by_the_network_while_the_level_rose_is_sent(
    desk: LevelDesk,
) -> None:
    ann = await desk.begin()
    await desk.answer(ann, "On its way")

    async def rise() -> None:
        await change(desk, CaseChange(minimum_level=2))

    await desk.send(before=rise)

    assert (await last(desk))[0] == "sent"


async def test_answer_that_waits_for_the_lock_meets_the_new_level(desk: LevelDesk) -> None:
    ann = await desk.begin()
    async with desk.database.transaction() as work:
        await persons.lock_root(work, ann)
        answering = asyncio.create_task(refused(desk.answer(ann)))
        await desk.until_blocked()
        await work.driver.execute("update cases set minimum_level = 2")
        await leveling.cancel_low(work, "case", await work.driver.fetchval("select id from cases"))

    assert await answering == "level_too_low"


async def test_answer_of_a_topic_that_is_being_raised_never_goes_out(desk: LevelDesk) -> None:
    ann = await desk.begin()
    boss = desk.caller(Role.ADMIN)
    topic = await topics.add_topic(desk.database, boss, NewTopic(name="payout"))
    written = await desk.answer(ann, topic_id=topic.id)
    said = (await desk.deliveries(written.message_id))[0]
    async with desk.database.transaction() as work:
        await desk.queue_more(work, said)
        raising = asyncio.create_task(
            topics.change_topic(desk.database, boss, topic.id, TopicChange(minimum_level=2))
        )
        await desk.until_blocked()
    await raising

    rows = await desk.deliveries(written.message_id)
    assert [(row["state"], row["code"]) for row in rows] == [("cancelled", "level_too_low")] * 2
    assert await refused(desk.answer(ann, topic_id=topic.id)) == "level_too_low"


@pytest.mark.parametrize("going", ["edit", "step", "resend"])
async def test_what_goes_on_waits_for_its_topic_before_it_holds_what_raising_it_withdraws(
    desk: LevelDesk, going: str
) -> None:
    ann = await desk.begin()
    topic = await desk.topic(level=0)
    written = await desk.answer(ann, "Said of it", topic_id=topic)
    await desk.send(failing=None if going == "edit" else {"*": RecipientGone("Blocked.")})
    [said] = await desk.deliveries(written.message_id)
    goes: dict[str, Callable[[], Coroutine[Any, Any, object]]] = {
        "edit": lambda: edit(desk, written.message_id),
        "step": lambda: take_step(
            desk.database, desk.keyring, desk.networks, written.message_id, ann
        ),
        "resend": lambda: decide(desk.database, said["id"], "resend"),
    }

    async with desk.database.transaction() as work:
        await lock_tree(work)
        doing: asyncio.Task[object] = asyncio.create_task(goes[going]())
        await desk.until_blocked()
        await work.driver.execute(
            "select from deliveries where message_id = $1 for update nowait", written.message_id
        )

    assert await doing


async def test_only_who_may_lets_a_case_need_less(desk: LevelDesk) -> None:
    await desk.begin()
    await change(desk, CaseChange(minimum_level=2, allowed_channels=("sample",)))

    for wanted in (
        CaseChange(minimum_level=1),
        CaseChange(allowed_channels=()),
        CaseChange(allowed_channels=("sample", "letters")),
    ):
        with pytest.raises(Forbidden):
            await change(desk, wanted)
    lowered = await change(desk, CaseChange(minimum_level=0), may_lower=True)

    assert (lowered.minimum_level, lowered.allowed_channels) == (0, ("sample",))
    assert await desk.actions() == ["case.levels_changed", "case.levels_changed"]


async def test_leaving_a_topic_that_needs_a_level_is_letting_the_case_need_less(
    desk: LevelDesk,
) -> None:
    await desk.begin()
    await desk.topic("kyc", level=2)
    await change(desk, CaseChange(topic="kyc"))

    with pytest.raises(Forbidden):
        await change(desk, CaseChange(topic=""))


async def test_channel_without_an_account_is_not_one_that_can_be_allowed(desk: LevelDesk) -> None:
    await desk.begin()

    with pytest.raises(Refused) as refusal:
        await change(desk, CaseChange(allowed_channels=("pigeon",)))

    assert refusal.value.field == "allowed_channels"


async def test_case_is_about_the_account_of_who_opened_it_until_an_agent_says_another(
    desk: LevelDesk,
) -> None:
    await desk.link("ann", host="7")
    ann = await desk.value("select root_id from persons order by id desc limit 1")
    await desk.known_as(int(ann), "ann@people.example")
    await desk.value("update identities set host_account = '8', level = 2 where realm = 'letters'")
    case = await desk.row(
        "select id, host_account from cases where person_id = "
        "(select home_person_id from identities where handle = 'ann')"
    )
    assert case["host_account"] == "7"

    changed = await cases.change_case(
        desk.database, desk.viewer, case["id"], CaseChange(host_account="8")
    )

    assert changed.host_account == "8"
    with pytest.raises(Refused):
        await cases.change_case(
            desk.database, desk.viewer, case["id"], CaseChange(host_account="9")
        )


async def test_removed_topic_binds_what_was_said_of_it(desk: LevelDesk) -> None:
    ann = await desk.begin()
    await desk.link()
    topic = await desk.topic(level=2)
    written = await desk.answer(ann, "Paid out", topic_id=topic)
    await desk.send()
    await topics.archive_topic(desk.database, desk.caller(Role.ADMIN), topic)
    await desk.value("update identities set level = 1, host_account = null")
    await desk.value("update messages set level = 1 where direction = 'out'")

    assert await refused(edit(desk, written.message_id)) == "level_too_low"


async def test_refusal_of_an_answer_writes_nothing(desk: LevelDesk) -> None:
    ann = await desk.begin()
    await desk.need(Level.LINKED)
    before = await desk.value("select count(*) from messages")

    with pytest.raises(Conflict):
        await desk.answer(ann)

    assert await desk.value("select count(*) from messages") == before
