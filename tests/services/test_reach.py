"""Where somebody can be answered, and why not elsewhere."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from core.capabilities import Capabilities
from core.clock import FakeClock
from core.errors import GoneBecause
from core.ids import RemotePlace
from core.messages import Place, PlaceKind
from router.services import conversations, reach
from router.services.errors import Conflict
from router.services.keyring import Keyring
from router.services.ladder.networks import Networks
from router.services.outbound import Author, Reply, reply
from router.services.outbound.privately import nowhere
from router.services.shown.reach import judge
from router.services.viewer import Viewer
from router.storage import identities
from tests.services.builders import make_account, received, signed_sender
from tests.stage import Stage


def can(**capabilities: Any) -> Any:
    return lambda _: Capabilities(**capabilities)


async def test_reach_defaults_to_where_the_person_last_wrote(stage: Stage) -> None:
    bo = await stage.agent()
    chat = await make_account(stage.database, label="Chat")
    person = await stage.meets("ana")
    await stage.says("ana", "over chat", account=chat)

    found = await conversations.load_conversation(stage.database, bo, person, can(typing=True))

    assert [(one.account_label, one.is_default) for one in found.reach] == [
        ("Chat", True),
        ("Desk", False),
    ]
    assert found.reach[0].capabilities.typing
    assert found.reach[0].last_inbound_at is not None


async def test_each_of_forty_who_were_joined_can_be_answered(stage: Stage) -> None:
    bo = await stage.agent()
    ana = await stage.meets("ana")
    for number in range(39):
        await stage.merge(await stage.meets(f"ana {number}"), ana, bo)

    found = await conversations.load_conversation(stage.database, bo, ana, can())

    assert len({one.identity_id for one in found.reach if one.is_available}) == 40
    assert [one.shown_as for one in found.reach if one.is_default] == ["Ana 38"]


async def test_reach_skips_what_is_not_available_and_says_why(stage: Stage) -> None:
    bo = await stage.agent()
    chat = await make_account(stage.database, label="Chat")
    person = await stage.meets("ana")
    await stage.says("ada", "over chat", account=chat)
    ada = await stage.person_of(await stage.says("ada", "again", account=chat))
    await stage.merge(ada, person, bo)
    await stage.run(
        "update identities set is_reachable = false, unreachable_reason = 'Blocked us.'"
        " where handle = 'ada'"
    )

    found = await conversations.load_conversation(stage.database, bo, person, can())

    assert [
        (one.shown_as, one.is_available, one.reason, one.is_default) for one in found.reach
    ] == [("Ada", False, "Blocked us.", False), ("Ana", True, "", True)]


async def test_chat_that_is_known_by_its_person_and_by_its_own_name_is_offered_once(
    stage: Stage,
) -> None:
    """A command says who writes, and not where: the chat itself is heard of later, or before."""
    bo = await stage.agent()
    by_person = Place(remote=RemotePlace("person:ana"), kind=PlaceKind.DIRECT)
    chat = Place(remote=RemotePlace("700"), kind=PlaceKind.DIRECT)
    thread = Place(remote=RemotePlace("800"), kind=PlaceKind.DIRECT, title="Withdrawal")

    async def says_in(place: Place) -> int:
        [said] = await stage.accept(msgspec.structs.replace(received("ana"), place=place))
        return said

    person = await stage.person_of(await says_in(by_person))

    async def offered() -> list[tuple[str, bool]]:
        found = await conversations.load_conversation(
            stage.database,
            bo,
            person,
            can(can_open_conversation=True),
            lambda _, who: Place(remote=RemotePlace(f"person:{who.handle}")),
        )
        names = {
            one.place_id: await stage.value(
                "select remote_place from places where id = $1", one.place_id
            )
            for one in found.reach
        }
        return [
            (str(names[one.place_id]), one.is_default) for one in found.reach if one.same_as is None
        ]

    assert await offered() == [("person:ana", True)]
    await says_in(chat)
    await says_in(thread)
    await says_in(by_person)

    assert await offered() == [("700", True), ("800", False)]
    titled = await conversations.load_conversation(stage.database, bo, person, can())
    assert [one.title for one in titled.reach if one.title] == ["Withdrawal"]


async def test_place_of_a_long_chat_does_not_hide_the_mail_address(stage: Stage) -> None:
    bo = await stage.agent()
    chat = await make_account(stage.database, label="Chat")
    by = signed_sender("v1", host="7", email="ana@shop.invalid")
    mail = signed_sender("ana@shop.invalid", host="7", realm="email")
    person = await stage.meets(mail)
    for turn in range(60):
        await stage.says(by, f"chat {turn}", account=chat)

    found = await conversations.load_conversation(stage.database, bo, person, can())

    assert [one.account_label for one in found.reach] == ["Chat", "Desk"]


async def test_channel_without_its_connector_cannot_be_answered(
    stage: Stage, clock: FakeClock
) -> None:
    assert judge(
        None,
        now=clock.now(),
        last_inbound_at=clock.now(),
        paused_reason=None,
        unreachable_reason=None,
    ) == (False, "This channel's connector is not installed.")


async def test_answer_after_the_session_window_is_refused(clock: FakeClock) -> None:
    capabilities = Capabilities(session_window=timedelta(hours=24))
    facts: dict[str, Any] = {"paused_reason": None, "unreachable_reason": None}

    late = judge(
        capabilities,
        now=clock.now(),
        last_inbound_at=clock.now() - timedelta(hours=25),
        **facts,
    )
    fresh = judge(capabilities, now=clock.now(), last_inbound_at=clock.now(), **facts)

    assert late == (False, "This network only takes answers within 24 hours.")
    assert fresh == (True, "")


async def test_paused_account_takes_answers_that_wait(clock: FakeClock) -> None:
    available, reason = judge(
        Capabilities(),
        now=clock.now(),
        last_inbound_at=clock.now(),
        paused_reason="Wrong password.",
        unreachable_reason=None,
    )

    assert available
    assert reason == "The account is paused (Wrong password): the answer waits until it runs again."


async def test_place_of_somebody_gone_says_why_and_since_when_as_a_code(
    stage: Stage, clock: FakeClock
) -> None:
    bo = await stage.agent()
    person = await stage.meets("ana")
    identity = await stage.value("select id from identities where handle = 'ana'")
    async with stage.database.transaction() as work:
        await identities.mark_reachable(
            work,
            identity,
            is_reachable=False,
            reason="They blocked us.",
            because=GoneBecause.BLOCKED,
        )

    found = await conversations.load_conversation(stage.database, bo, person, can())

    [hindrance] = found.reach[0].hindrances
    assert (hindrance.code, hindrance.is_bar, hindrance.since) == ("blocked", True, clock.now())
    assert hindrance.told == "They blocked us."


async def test_account_that_is_down_delays_and_says_since_when(
    stage: Stage, clock: FakeClock
) -> None:
    bo = await stage.agent()
    person = await stage.meets("ana")
    await stage.run(
        "update accounts set health = $1::jsonb, health_since = $2",
        '{"state": "down", "detail": "No network."}',
        clock.now(),
    )

    found = await conversations.load_conversation(stage.database, bo, person, can())

    assert found.reach[0].is_available
    assert [(one.code, one.is_bar, one.since) for one in found.reach[0].hindrances] == [
        ("account_down", False, clock.now())
    ]


async def test_rate_limit_says_until_when(stage: Stage, clock: FakeClock) -> None:
    bo = await stage.agent()
    person = await stage.meets("ana")
    await answer(stage, person, bo)
    until = clock.now() + timedelta(minutes=3)
    await stage.run("update deliveries set code = 'rate_limited', due_at = $1", until)

    found = await reach.load_ways(stage.database, bo, person, known())

    assert [(one.code, one.until) for one in found.places[0].hindrances] == [
        ("rate_limited", until)
    ]


async def test_identity_without_a_word_is_shown_with_what_stands_against_it(stage: Stage) -> None:
    bo = await stage.agent()
    person = await stage.meets("ana")
    await add_identity(stage, person, "sample", "ana2")
    await add_identity(stage, person, "claimed:sample", "ana3")
    await add_identity(stage, person, "elsewhere", "ana4")

    closed = await reach.load_ways(stage.database, bo, person, known())
    opened = await reach.load_ways(
        stage.database, bo, person, known(can(can_open_conversation=True))
    )

    def told(found: reach.Ways) -> dict[str, str | None]:
        return {one.shown_as: one.hindrance and one.hindrance.code for one in found.elsewhere}

    assert told(closed) == {"ana2": "never_wrote", "ana3": "unproven"}
    assert told(opened) == {"ana2": None, "ana3": "unproven"}


async def test_agent_writes_first_where_the_network_lets_us(stage: Stage) -> None:
    bo = await stage.agent()
    person = await stage.meets("ana")
    identity = await add_identity(stage, person, "sample", "ana2")
    account = await stage.value("select id from accounts")
    may = known(can(can_open_conversation=True))

    async def write_first() -> int:
        return await reach.open_place(
            stage.database, bo, person, may, identity_id=identity, account_id=account
        )

    place = await write_first()
    assert await write_first() == place
    ways = await reach.load_ways(stage.database, bo, person, may)
    sent = await answer(stage, person, bo, place_id=place)

    assert [one.shown_as for one in ways.elsewhere] == []
    assert [(one.place_id, one.is_default) for one in ways.places][-1] == (place, False)
    assert await stage.value("select place_id from deliveries where message_id = $1", sent) == place
    assert await stage.value("select identity_id from messages where id = $1", sent) == identity


async def test_nobody_is_written_to_first_where_the_network_forbids_it(stage: Stage) -> None:
    bo = await stage.agent()
    person = await stage.meets("ana")
    identity = await add_identity(stage, person, "sample", "ana2")
    account = await stage.value("select id from accounts")

    with pytest.raises(Conflict) as refused:
        await reach.open_place(
            stage.database, bo, person, known(), identity_id=identity, account_id=account
        )

    assert (refused.value.code, refused.value.facts) == (
        "cannot_open",
        {"hindrance": "never_wrote"},
    )


def known(capabilities_of: Any = None) -> reach.Known:
    capabilities_of = capabilities_of or can()
    return reach.Known(
        networks=Networks(
            capabilities_of=capabilities_of,
            wire_of=lambda _: lambda text, spans: text,
            realm_of=lambda channel: channel,
            is_local=lambda _: False,
            place_of=lambda _, who: Place(remote=RemotePlace(who.handle), kind=PlaceKind.DIRECT),
        ),
        capabilities_of=capabilities_of,
        private_place_of=nowhere,
        local_of=lambda _: None,
    )


async def answer(stage: Stage, person: int, by: Viewer, place_id: int | None = None) -> int:
    author = Author(agent_id=by.agent_id, name="Bo", sight=by.sight)
    wanted = Reply(person_id=person, client_key="once", text="Good day", place_id=place_id)
    keyring = Keyring("0" * 64)
    written = await reply(stage.database, keyring, lambda _: Capabilities(), author, wanted)
    return written.message_id


async def add_identity(stage: Stage, person: int, realm: str, handle: str) -> int:
    return int(
        await stage.value(
            "insert into identities (realm, handle, home_person_id, shown_as, level, created_at,"
            " seen_at) values ($1, $2, $3, $2, 1, now(), now()) returning id",
            realm,
            handle,
            person,
        )
    )
