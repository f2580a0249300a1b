"""What a message changes of its sender is announced, so that open pages need not ask again."""

from datetime import timedelta

import msgspec

from core.clock import FakeClock
from core.messages import Sender
from tests.services.builders import sender
from tests.stage import Stage


def _ann(name: str = "Ann") -> Sender:
    return msgspec.structs.replace(sender("ann"), shown_as=name)


async def _facts_of(stage: Stage, by: Sender) -> list[str]:
    """What her next message announces."""
    before = len(await stage.kinds())
    await stage.says(by)
    return [kind for kind, _, _ in (await stage.kinds())[before:]]


async def test_new_display_name_is_announced(stage: Stage) -> None:
    await stage.says(_ann())

    assert "person.changed" in await _facts_of(stage, _ann("Ann Lee"))


async def test_being_seen_again_later_is_announced(stage: Stage, clock: FakeClock) -> None:
    await stage.says(_ann())
    clock.advance(timedelta(minutes=2))

    assert "person.changed" in await _facts_of(stage, _ann())


async def test_being_seen_again_within_a_minute_is_not(stage: Stage, clock: FakeClock) -> None:
    await stage.says(_ann())
    clock.advance(timedelta(seconds=30))

    assert "person.changed" not in await _facts_of(stage, _ann())
