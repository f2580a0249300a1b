"""Step-ups: asked for in a thread, confirmed by the host once, in force for their time."""

import asyncio
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from core.clock import FakeClock
from core.ids import hash_token, new_token
from core.people import Level
from router.runtime.ladder import Ladder
from router.runtime.lease_keeper import LeaseKeeper
from router.runtime.registry import Registry
from router.services import cases
from router.services.cases import CaseChange
from router.services.errors import Conflict, NotFound, Refused
from router.services.identity import step_ups
from router.services.identity.step_ups import Ask, StepUpUnknown, link
from router.services.shown.cases import load_cases
from router.services.shown.step_ups import StepUp
from router.storage import host_withdrawals
from router.storage import step_ups as stored
from router.storage.engine import Database
from tests.services.builders import received, signed_sender
from tests.services.level_desk import LevelDesk, open_level_desk, refused

PAGE = "https://host.example/prove"
HOST = "agents/9 tokens/1"


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> LevelDesk:
    return await open_level_desk(database, tmp_path)


async def begin(desk: LevelDesk) -> int:
    """Ann is linked to the account 7."""
    ann = await desk.begin()
    await desk.link()
    return ann


async def ask(desk: LevelDesk, *, topic: int | None = None, page: str | None = PAGE) -> StepUp:
    wanted = Ask(
        case_id=await desk.value("select max(id) from cases"),
        identity_id=await desk.identity("ann"),
        topic_id=topic,
    )
    return await step_ups.ask(desk.database, desk.voice, page, desk.caller(), wanted)


async def url(desk: LevelDesk) -> str:
    """The address in the newest line, as Ann reads it."""
    row = (await desk.deliveries())[-1]
    return str(next(word for word in row["text"].split() if word.startswith("http")))


async def token(desk: LevelDesk) -> str:
    [found] = parse_qs(urlsplit(await url(desk)).query)["step_up"]
    return found


async def confirm(desk: LevelDesk, given: str, account: str = "7") -> str:
    found = await step_ups.confirm(desk.database, given, account, actor=HOST)
    return found.granted_until


async def state(desk: LevelDesk) -> list[str]:
    async with desk.database.reading() as work:
        case = await work.driver.fetchval("select max(id) from cases")
        [(shown, _)] = await load_cases(work, [case])
    return [one.state for one in shown.step_ups]


async def test_line_leads_to_the_hosts_page_with_a_token_that_we_keep_as_a_hash(
    desk: LevelDesk,
) -> None:
    await begin(desk)

    made = await ask(desk)

    address = await url(desk)
    assert address.startswith(f"{PAGE}?step_up=")
    row = await desk.row("select * from step_ups")
    assert row["token_hash"] == hash_token(await token(desk))
    assert (made.state, made.id, made.message_id) == ("asked", row["id"], row["message_id"])
    assert await desk.actions() == ["step_up.asked"]
    everything = await desk.rows("select text, context::text from messages")
    assert await token(desk) not in str(everything)


@pytest.mark.parametrize(
    ("page", "address"),
    [
        (PAGE, "https://host.example/prove?step_up=a-b"),
        ("https://host.example/p?x=1", "https://host.example/p?x=1&step_up=a-b"),
    ],
)
def test_address_is_the_setting_and_the_token(page: str, address: str) -> None:
    assert link(page, "a-b") == address


async def test_confirmed_step_up_is_level_three_for_fifteen_minutes(
    desk: LevelDesk, clock: FakeClock
) -> None:
    ann = await begin(desk)
    await desk.need(Level.STEPPED_UP)
    assert await refused(desk.answer(ann)) == "level_too_low"
    await ask(desk)

    until = await confirm(desk, await token(desk))

    assert until == (clock.now() + timedelta(minutes=15)).isoformat()
    assert await state(desk) == ["granted"]
    assert await refused(desk.answer(ann)) == ""
    clock.advance(timedelta(minutes=15))
    assert await refused(desk.answer(ann)) == "level_too_low"
    assert await state(desk) == ["over"]


@pytest.mark.parametrize(("minutes", "state"), [(14, "held"), (16, "cancelled")])
async def test_what_waits_longer_than_the_step_up_lasts_is_cancelled(
    desk: LevelDesk, clock: FakeClock, minutes: int, state: str
) -> None:
    ann = await begin(desk)
    await desk.need(Level.STEPPED_UP)
    await desk.step_up("ann")
    written = await desk.answer(ann, hold=timedelta(hours=1))
    clock.advance(timedelta(minutes=minutes))

    leases = LeaseKeeper(desk.database, "here")
    await Ladder(desk.database, desk.keyring, Registry(), leases).work()

    [row] = await desk.deliveries(written.message_id)
    code = "level_too_low" if state == "cancelled" else ""
    assert (row["state"], row["code"] or "") == (state, code)


async def test_confirmation_is_evidence_an_event_and_a_fact(desk: LevelDesk) -> None:
    await begin(desk)
    await ask(desk)
    before = await desk.newest_fact()

    await confirm(desk, await token(desk))

    proof = await desk.row("select * from identity_evidence where kind = 'step_up'")
    assert (proof["level"], proof["host_account"]) == (3, "7")
    assert await desk.value("select level from identities where handle = 'ann'") == 2
    [line] = await desk.events("step_up_confirmed")
    assert line["topic_name"] == ""
    assert {kind for kind, _, _ in await desk.facts(before)} == {
        "message.created",
        "case.changed",
        "person.changed",
    }
    assert await desk.actions() == ["step_up.asked", "step_up.confirmed"]


async def test_confirmation_counts_for_its_topic_alone(desk: LevelDesk) -> None:
    ann = await begin(desk)
    payout, limit = await desk.topic("payout", level=3), await desk.topic("limit", level=3)
    await ask(desk, topic=payout)

    await confirm(desk, await token(desk))

    assert await refused(desk.answer(ann, topic_id=limit)) == "level_too_low"
    assert await refused(desk.answer(ann, topic_id=payout)) == ""


async def spoil(desk: LevelDesk, how: str, clock: FakeClock) -> tuple[str, str]:
    """The token and the account that the host names then."""
    given = await token(desk)
    identity = await desk.identity("ann")
    match how:
        case "unknown":
            return new_token(), "7"
        case "other account":
            return given, "8"
        case "used":
            await confirm(desk, given)
        case "over":
            clock.advance(timedelta(minutes=15))
        case "asked again":
            await ask(desk)
        case "unlinked":
            async with desk.database.transaction() as work:
                await host_withdrawals.withdraw(
                    work, [identity], "7", reason="unlinked", actor="host"
                )
        case "shared":
            await desk.value("update identities set is_shared = true where id = $1", identity)
        case "split":
            await desk.value(
                "update cases set person_id = (select min(id) from persons where root_id <>"
                " (select root_id from persons p join identities i on i.home_person_id = p.id"
                " where i.id = $1))",
                identity,
            )
    return given, "7"


SPOILED = ["unknown", "other account", "used", "over", "asked again", "unlinked", "shared", "split"]


@pytest.mark.parametrize("how", SPOILED)
async def test_whatever_is_wrong_is_refused_alike_and_audited(
    desk: LevelDesk, how: str, clock: FakeClock
) -> None:
    await desk.hear("eve")
    await begin(desk)
    await desk.value("update cases set state = 'open'")
    await ask(desk)
    given, account = await spoil(desk, how, clock)
    granted = await desk.value("select count(*) from step_ups where confirmed_at is not null")

    with pytest.raises(StepUpUnknown) as refusal:
        await confirm(desk, given, account)

    assert (refusal.value.code, str(refusal.value)) == ("not_found", "There is no such step-up.")
    assert (await desk.actions())[-1] == "step_up.refused"
    after = await desk.value("select count(*) from step_ups where confirmed_at is not null")
    assert after == granted == (how == "used")


async def test_two_confirmations_at_once_are_one(desk: LevelDesk) -> None:
    await begin(desk)
    await ask(desk)
    given = await token(desk)

    done = await asyncio.gather(confirm(desk, given), confirm(desk, given), return_exceptions=True)

    assert sorted(type(one).__name__ for one in done) == ["StepUpUnknown", "str"]


async def test_token_is_good_once_whoever_looks(desk: LevelDesk, clock: FakeClock) -> None:
    await begin(desk)
    made = await ask(desk)
    until = clock.now() + timedelta(minutes=15)

    async with desk.database.transaction() as work:
        granted = [await stored.grant(work, made.id, until=until) for _ in range(2)]

    assert granted == [True, False]


async def test_link_taken_back_ends_a_step_up_that_is_in_force(desk: LevelDesk) -> None:
    ann = await begin(desk)
    await ask(desk)
    await confirm(desk, await token(desk))
    await desk.need(Level.STEPPED_UP)
    async with desk.database.transaction() as work:
        identity = await work.driver.fetchval("select id from identities where handle = 'ann'")
        await host_withdrawals.withdraw(work, [identity], "7", reason="unlinked", actor="host")

    assert await refused(desk.answer(ann)) == "level_too_low"
    assert await desk.value("select level from identities where handle = 'ann'") == 1


async def test_without_the_setting_nothing_is_asked(desk: LevelDesk) -> None:
    await begin(desk)
    assert await refused(ask(desk, page=None)) == "not_set_up"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("update identities set level = 1, host_account = null", "not_linked"),
        ("update identities set is_shared = true", "shared"),
        ("update cases set host_account = '8'", "other_account"),
    ],
)
async def test_who_cannot_step_up_is_not_asked_to(
    desk: LevelDesk, change: str, reason: str
) -> None:
    await begin(desk)
    await desk.value(change)

    with pytest.raises(Conflict) as refusal:
        await ask(desk)

    assert (refusal.value.code, refusal.value.facts) == ("no_step_up", {"reason": reason})
    assert await desk.value("select count(*) from step_ups") == 0


async def test_nobody_is_asked_where_others_read_along(desk: LevelDesk) -> None:
    await begin(desk)
    await desk.value("update places set kind = 'group'")

    with pytest.raises(Conflict) as refusal:
        await ask(desk)

    assert (refusal.value.code, refusal.value.facts) == ("unsaid", {"reason": "in_public"})


async def test_case_that_is_not_seen_is_not_there(desk: LevelDesk) -> None:
    await begin(desk)
    wanted = Ask(case_id=4711, identity_id=await desk.identity("ann"))
    with pytest.raises(NotFound):
        await step_ups.ask(desk.database, desk.voice, PAGE, desk.caller(), wanted)


async def test_line_goes_out_although_the_case_needs_what_is_not_there_yet(
    desk: LevelDesk,
) -> None:
    await begin(desk)
    await cases.change_case(
        desk.database,
        desk.viewer,
        await desk.value("select max(id) from cases"),
        CaseChange(minimum_level=3),
    )

    await ask(desk)
    await cases.change_case(
        desk.database,
        desk.viewer,
        await desk.value("select max(id) from cases"),
        CaseChange(allowed_channels=("letters",)),
    )
    await desk.send()

    assert PAGE in desk.taken[-1].text


async def test_identity_of_somebody_else_is_not_asked(desk: LevelDesk) -> None:
    await begin(desk)
    await desk.take_in(received(signed_sender("eve", host="9", realm="sample")))
    wanted = Ask(
        case_id=await desk.value(
            "select c.id from cases c join identities i on i.home_person_id = c.person_id"
            " where i.handle = 'ann'"
        ),
        identity_id=await desk.identity("eve"),
    )

    with pytest.raises(Refused) as refusal:
        await step_ups.ask(desk.database, desk.voice, PAGE, desk.caller(), wanted)

    assert refusal.value.field == "identity_id"
