"""Where somebody can be answered, and why not elsewhere."""

from datetime import timedelta
from typing import Any

from core.capabilities import Capabilities
from core.clock import FakeClock
from router.services import conversations
from router.services.shown.reach import judge
from tests.services.builders import make_account, signed_sender
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
