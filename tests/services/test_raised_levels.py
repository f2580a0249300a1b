"""A case that needs more than before: what waits is withdrawn, whatever happens at that moment."""

import asyncio
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ConnectorError, OutcomeUnknown, TransientError
from core.messages import PUBLIC_KINDS
from core.people import Level
from router.services import cases, reply_topics
from router.services.cases import CaseChange
from router.services.errors import Conflict, Forbidden, Refused
from router.services.identity import marks
from router.services.identity.marks import IdentityChange
from router.services.outbound import leveling
from router.services.outbound.amending import Edit, edit_reply
from router.services.outbound.decisions import decide
from router.services.reply_topics import NewTopic, TopicChange
from router.services.roles import Role
from router.services.shown.cases import Case
from router.storage import claims, leases, persons
from router.storage.claims import Asked, Owner
from router.storage.engine import Database
from router.storage.levels import NeedsRow, ThereRow
from tests.services.level_desk import LevelDesk, open_level_desk, refused


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> LevelDesk:
    return await open_level_desk(database, tmp_path)


async def change(desk: LevelDesk, wanted: CaseChange, *, may_lower: bool = False) -> Case:
    case = int(await desk.value("select max(id) from cases"))
    return await cases.change_case(desk.database, desk.viewer, case, wanted, may_lower=may_lower)


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
    topic = await reply_topics.add_topic(
        desk.database, desk.caller(Role.ADMIN), NewTopic(name="payout")
    )
    async with desk.database.transaction() as work:
        await work.driver.execute(
            "select from reply_topics where id = $1 for share", topic.id
        )  # as an answer that is being written does
        raising = asyncio.create_task(
            reply_topics.change_topic(
                desk.database, desk.caller(Role.ADMIN), topic.id, TopicChange(minimum_level=2)
            )
        )
        await desk.until_blocked()
        await desk.answer(ann, topic_id=topic.id)
    await raising

    assert await last(desk) == ("cancelled", "level_too_low")
    assert await refused(desk.answer(ann, topic_id=topic.id)) == "level_too_low"


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
    await reply_topics.remove_topic(desk.database, desk.caller(Role.ADMIN), topic)
    await desk.value("update identities set level = 1, host_account = null")
    await desk.value("update messages set level = 1 where direction = 'out'")

    wanted = Edit(message_id=written.message_id, client_key="e", text="Paid out twice")
    edited = edit_reply(desk.database, desk.capabilities.__getitem__, desk.author, wanted)

    assert await refused(edited) == "level_too_low"


LEVELS = st.integers(min_value=0, max_value=3)


@given(
    minimum=st.lists(LEVELS, max_size=3),
    said=st.integers(min_value=0, max_value=2),
    level=LEVELS,
    kind=st.sampled_from(["direct", "group", "thread", "mail_thread", "session"]),
    is_shared=st.booleans(),
    is_stepped_up=st.booleans(),
    is_outsider=st.booleans(),
    has_copies=st.booleans(),
    accounts=st.tuples(st.sampled_from([None, "7", "8"]), st.sampled_from([None, "7", "8"])),
)
def test_whatever_is_allowed_is_read_by_nobody_less_proven_than_is_needed(
    minimum: list[int],
    said: int,
    level: int,
    kind: str,
    is_shared: bool,
    is_stepped_up: bool,
    is_outsider: bool,
    has_copies: bool,
    accounts: tuple[str | None, str | None],
) -> None:
    needs = NeedsRow(
        case_id=1,
        topic_id=None,
        said_level=said,
        minimum_levels=tuple(minimum),
        channel_lists=(),
        host_account=accounts[0],
    )
    there = ThereRow(
        channel="sample",
        place_kind=kind,
        identity_id=None if is_outsider else 1,
        level=level,
        host_account=accounts[1],
        is_shared=is_shared,
        is_stepped_up=is_stepped_up,
    )

    if leveling.judge(needs, there, has_copies=has_copies) is not None:
        return

    needed = max([*minimum, said])
    is_public = kind in {one.value for one in PUBLIC_KINDS}
    if needed > 0:
        assert not is_outsider
        assert not is_public
    if any(minimum):
        assert not has_copies
    if needed >= 2:
        assert level >= 2
        assert not is_shared
        assert None in accounts or accounts[0] == accounts[1]
    if needed == 3:
        assert is_stepped_up
    assert level >= min(needed, 2)


LOW = """
    select d.id from deliveries d join messages m on m.id = d.message_id
    join cases c on c.id = m.case_id join identities i on i.id = d.identity_id
    where d.state in ('held', 'queued') and d.kind <> 'delete'
      and least(i.level, case when i.is_shared then 1 else 2 end)
          < greatest(c.minimum_level, coalesce(m.level, 0))
"""


@pytest.mark.parametrize("seed", [1, 2])
async def test_nothing_ever_waits_for_somebody_less_proven_than_it_needs(
    desk: LevelDesk, seed: int
) -> None:
    """A walk of everything that raises, lowers, sends and sends again, against one look at rows."""
    dice = random.Random(seed)
    ann = await desk.begin()
    identity = await desk.identity("ann")
    outcomes: set[str] = set()

    async def step() -> str:
        match dice.choice(
            ["answer", "answer", "edit", "resend", "level", "link", "unlink", "mark"]
        ):
            case "answer":
                return await refused(desk.answer(ann, f"Number {dice.random()}"))
            case "edit":
                mine = await desk.value(
                    "select max(id) from messages where agent_id is not null and direction = 'out'"
                )
                wanted = Edit(
                    message_id=mine, client_key=str(dice.random()), text=str(dice.random())
                )
                return await refused(
                    edit_reply(desk.database, desk.capabilities.__getitem__, desk.author, wanted)
                )
            case "resend":
                [row] = await desk.rows("select max(id) as id from deliveries")
                await desk.value(
                    "update deliveries set state = 'failed' where id = $1 and state = 'sent'",
                    row["id"],
                )
                return await refused(decide(desk.database, row["id"], "resend"))
            case "level":
                wanted_level = dice.choice([0, 1, 2])
                await change(desk, CaseChange(minimum_level=wanted_level), may_lower=True)
            case "link":
                if not await desk.value("select is_shared from identities where id = $1", identity):
                    await desk.link()
            case "unlink":
                async with desk.database.transaction() as work:
                    await persons.lock_root(work, ann)
                    await work.driver.execute(
                        "update identities set level = 1, host_account = null where id = $1",
                        identity,
                    )
                    await leveling.cancel_low(work, "conversation", ann)
            case "mark":
                await marks.change_identity(
                    desk.database,
                    desk.caller(),
                    identity,
                    IdentityChange(is_shared=dice.random() < 0.3),
                )
        return ""

    for number in range(40):
        outcomes.add(await step())
        if number % 5 == 4:
            await desk.send()
        assert await desk.rows(LOW) == []
    assert {"", "level_too_low"} <= outcomes


async def test_refusal_of_an_answer_writes_nothing(desk: LevelDesk) -> None:
    ann = await desk.begin()
    await desk.need(Level.LINKED)
    before = await desk.value("select count(*) from messages")

    with pytest.raises(Conflict):
        await desk.answer(ann)

    assert await desk.value("select count(*) from messages") == before
