"""W7: a session that is renewed in time goes on without a break; one that is not ends."""

from datetime import timedelta

import pytest

from core.clock import FakeClock
from router.web import visitor_frames, visitor_socket
from tests.web.visiting import Chat


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitor_socket, "LOOK_SECONDS", 0.01)


async def test_open_stream_of_a_renewed_session_goes_on(chat: Chat, clock: FakeClock) -> None:
    page = await chat.visitor(await chat.site())
    await page.open(page.sign())
    await page.say("Hello")
    token = page.token
    async with page.socket() as wire:
        await wire.next("replay")
        clock.advance(timedelta(hours=23))
        await page.open(page.sign())
        clock.advance(timedelta(hours=2))

        await chat.answer(page, "still here?")
        frames = await wire.next("messages")

    assert page.token == token
    assert frames["messages"][-1]["text"] == "still here?"


async def test_open_stream_of_a_session_that_ran_out_ends(chat: Chat, clock: FakeClock) -> None:
    page = await chat.visitor(await chat.site())
    await page.open(page.sign())
    async with page.socket() as wire:
        await wire.next("replay")
        clock.advance(timedelta(hours=25))

        assert await wire.closed() == visitor_frames.SESSION_OVER
