"""The visitor's live stream: pushed, resumed without a gap, ended with its session."""

import asyncio
import json
from datetime import timedelta

import aiohttp
import pytest

from core.clock import FakeClock
from router.bus import signals
from router.services import visitor_stream
from router.services.visitors import find_session
from router.storage.engine import DatabaseUnavailable
from router.web import visitor_frames, visitor_hub, visitor_socket
from tests.web.visiting import PATIENCE, Chat, Page


async def until_seen(page: Page, text: str, after: int) -> tuple[list[str], int]:
    """Read a socket until this text is there: all texts that came, and the position."""
    texts: list[str] = []
    async with page.socket(after=after) as wire:
        replay = (await wire.next("replay"))["stream"]
        texts += [one["text"] for one in replay["messages"]]
        position = replay["position"]
        while text not in texts:
            frame = await wire.next("messages")
            texts += [one["text"] for one in frame["messages"]]
            position = frame["position"]
    return texts, position


async def test_message_over_the_socket_is_acknowledged_once_stored(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())
    async with page.socket() as wire:
        await wire.send(type="message", client_id="a", text="Hello")
        ack = await wire.next("ack")

    assert ack["client_id"] == "a"
    assert ack["seq"] == await chat.value("select id from messages")


async def test_messages_of_one_socket_keep_their_order(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())
    async with page.socket() as wire:
        for number in range(20):
            await wire.send(type="message", client_id=f"m{number}", text=str(number))
        for _ in range(20):
            await wire.next("ack")

    assert await page.texts() == [str(number) for number in range(20)]


async def test_answer_is_pushed(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())
    async with page.socket() as wire:
        await wire.next("replay")
        await page.say("Hello")
        await chat.answer(page, "Good day")
        while True:
            frame = await wire.next("messages")
            if frame["messages"][-1]["text"] == "Good day":
                break

    assert frame["messages"][-1]["author"] == "Bo"


async def test_own_message_reaches_the_other_tab(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())
    async with page.socket() as wire:
        await wire.next("replay")
        await page.say("from the other tab", "a")
        await chat.relay()
        [message] = (await wire.next("messages"))["messages"]

    assert (message["client_id"], message["is_own"]) == ("a", True)


async def test_answer_to_one_visitor_is_pushed_to_nobody_else(chat: Chat) -> None:
    site = await chat.site()
    ada, eve = await chat.visitor(site), await chat.visitor(site)
    await eve.say("Hello")
    await chat.relay()
    async with ada.socket() as wire:
        await wire.next("replay")
        await chat.answer(eve, "for Eve")
        await ada.say("mine")
        await chat.relay()
        frame = await wire.next("messages")

    assert [one["text"] for one in frame["messages"]] == ["mine"]


async def test_same_account_on_two_devices_gets_both(chat: Chat) -> None:
    site = await chat.site()
    phone, laptop = await chat.visitor(site), await chat.visitor(site)
    await phone.open(phone.sign())
    await laptop.open(laptop.sign())
    async with laptop.socket() as wire:
        await wire.next("replay")
        await phone.say("from the phone")
        await chat.relay()
        frame = await wire.next("messages")

    assert [one["text"] for one in frame["messages"]] == ["from the phone"]


async def test_resume_is_without_gap_and_without_double(chat: Chat) -> None:
    """Cut at every step while messages come both ways; what was seen is the conversation."""
    page = await chat.visitor(await chat.site())
    await page.say("start")
    await chat.relay()
    seen, position = (await page.texts()), (await page.read())["position"]
    for number in range(6):
        await page.say(f"asked {number}")
        await chat.answer(page, f"answered {number}")
        texts, position = await until_seen(page, f"answered {number}", position)
        seen += [text for text in texts if text not in seen]

    assert seen == await page.texts()


async def test_what_happens_between_replay_and_push_is_not_lost(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())
    await page.say("start")
    for number in range(15):
        before = (await page.read())["position"]
        writing = asyncio.create_task(page.say(f"m{number}"))
        async with page.socket(after=before) as wire:
            await writing
            await chat.relay()
            texts = [one["text"] for one in (await wire.next("replay"))["stream"]["messages"]]
            while f"m{number}" not in texts:
                frame = await wire.next("messages")
                texts += [one["text"] for one in frame["messages"]]


@pytest.mark.parametrize("way", ["push", "replay"])
async def test_answers_are_told_in_order_while_the_numbering_of_what_was_sent_lags(
    chat: Chat, way: str
) -> None:
    page = await chat.visitor(await chat.site())
    await page.say("start")
    first = await chat.answer(page, "first", state="queued")
    before = await chat.relay()
    async with page.socket(after=before) as wire:
        await wire.next("replay")
        second = await chat.answer(page, "second", state="queued")
        written = await chat.value("select count(*) from outbox where position is null")
        for message in (first, second):
            await chat.mark(message, "sent")
        await chat.relay(limit=written)  # not what tells that both were sent
        if way == "push":
            frame = await wire.next("messages")
        else:
            frame = await page.read(after=before)

    assert [one["text"] for one in frame["messages"]] == ["first", "second"]


async def test_refused_message_names_its_client_id_and_the_rest_goes_on(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())
    async with page.socket() as wire:
        await wire.send(type="message", client_id="a", text=" ")
        refused = await wire.next("refused")
        await wire.socket.send_str("{nonsense")
        nonsense = await wire.next("refused")
        await wire.send(type="unheard-of")
        unheard = await wire.next("refused")
        await wire.send(type="message", client_id="b", text="Hello")
        await wire.next("ack")

    assert (refused["client_id"], refused["field"]) == ("a", "text")
    assert nonsense["status"] == unheard["status"] == 400


async def test_flood_over_the_socket_is_told_to_wait(chat: Chat) -> None:
    page = await chat.visitor(await chat.site(messages_per_minute=2))
    async with page.socket() as wire:
        for number in range(3):
            await wire.send(type="message", client_id=f"m{number}", text="Hello")
        refused = await wire.next("refused")

    assert (refused["status"], refused["client_id"], refused["retry_after"]) == (429, "m2", 30)


async def test_socket_whose_database_goes_away_is_told_to_come_again(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = await chat.visitor(await chat.site())
    await page.read()

    async def gone(*_: object, **__: object) -> None:
        raise DatabaseUnavailable("it is restarting")

    monkeypatch.setattr(visitor_stream, "bounds_of", gone)
    async with page.socket() as wire:
        assert await wire.closed() == visitor_frames.COME_AGAIN


async def test_page_that_came_before_the_first_position_comes_again(chat: Chat) -> None:
    hub = visitor_hub.VisitorHub(chat.database, chat.bus)
    page = await chat.visitor(await chat.site())
    await page.say("said before anybody looked")
    await chat.relay()
    row = await find_session(chat.database, page.site.account, page.token or "")
    assert row is not None
    listener = hub.join(row, b"")

    await hub.step()

    assert listener.frames.get_nowait() is None
    assert not listener.is_over


async def test_token_travels_in_no_address_and_comes_back_in_no_header(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())
    async with page.socket() as wire:
        assert wire.socket.protocol == "onethread"


@pytest.mark.parametrize("token", ["", "made-up", "x" * 300])
async def test_socket_needs_a_live_session(chat: Chat, token: str) -> None:
    page = await chat.visitor(await chat.site())
    page.token = token

    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with page.socket():
            pass

    assert refused.value.status == 401


async def test_whoever_says_no_hello_is_sent_away(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())
    url = chat.url(f"/hooks/{page.site.hook}/socket")
    protocols = ("onethread", f"onethread.{page.token}")
    async with chat.http.ws_connect(url, protocols=protocols) as socket:
        await socket.send_str(json.dumps({"type": "message", "client_id": "a", "text": "Hello"}))
        async with asyncio.timeout(PATIENCE):
            await socket.receive()

        assert socket.close_code == 1008


@pytest.mark.parametrize("by", ["logout", "somebody else"])
async def test_end_of_the_session_ends_its_sockets(chat: Chat, by: str) -> None:
    page = await chat.visitor(await chat.site())
    await page.open(page.sign())
    async with page.socket() as wire:
        await wire.next("replay")
        if by == "logout":
            await page.call("POST", "/logout")
        else:
            await page.open(page.sign("customer-8"))

        assert await wire.closed() == visitor_frames.SESSION_OVER


async def test_end_of_a_session_is_said_to_the_other_nodes(chat: Chat) -> None:
    heard: list[signals.Signal | None] = []
    chat.bus.on_live(lambda raw: heard.append(signals.decode(raw)))
    page = await chat.visitor(await chat.site())
    session = (await page.open()).body["session"]

    await page.call("POST", "/logout")

    over = [one for one in heard if isinstance(one, signals.VisitorOver)]
    assert [(one.account_id, one.session) for one in over] == [(page.site.account, session)]


async def test_end_of_the_session_at_another_node_ends_its_sockets(chat: Chat) -> None:
    from core.ids import hash_token

    page = await chat.visitor(await chat.site())
    session = (await page.open()).body["session"]
    async with page.socket() as wire:
        await wire.next("replay")
        over = signals.VisitorOver(
            account_id=page.site.account,
            session=session,
            token_hash=hash_token(page.token or "").hex(),
        )
        await chat.bus.say_live(signals.encode(over))

        assert await wire.closed() == visitor_frames.SESSION_OVER


async def test_session_that_runs_out_ends_its_sockets(
    chat: Chat, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visitor_socket, "LOOK_SECONDS", 0.01)
    page = await chat.visitor(await chat.site())
    async with page.socket() as wire:
        await wire.next("replay")
        clock.advance(timedelta(days=91))

        assert await wire.closed() == visitor_frames.SESSION_OVER


async def test_paused_account_tells_its_visitors_to_come_again(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visitor_socket, "LOOK_SECONDS", 0.01)
    page = await chat.visitor(await chat.site())
    async with page.socket() as wire:
        await wire.next("replay")
        await chat.value("update accounts set state = 'paused'")
        await chat.doors.refresh()

        assert await wire.closed() == visitor_frames.COME_AGAIN


async def test_slow_reader_is_cut_off_and_not_kept_in_memory() -> None:
    from core.connector import Visitor
    from router.storage.visitors import SessionRow

    clock = FakeClock()
    row = SessionRow(id=1, account_id=1, visitor=Visitor(session="s"), expires_at=clock.now())
    listener = visitor_hub.Listener(row=row, token_hash=b"")

    for _ in range(visitor_hub.MAX_WAITING + 1):
        listener.push(b"frame")

    kept = [listener.frames.get_nowait() for _ in range(listener.frames.qsize())]
    assert kept[-1] is None
    assert not listener.is_over


async def test_typing_agent_is_shown_in_that_place_only(chat: Chat) -> None:
    site = await chat.site()
    ada, eve = await chat.visitor(site), await chat.visitor(site)
    session = (await ada.open()).body["session"]
    async with ada.socket() as hers, eve.socket() as theirs:
        await hers.next("replay")
        await theirs.next("replay")
        typing = signals.TypingSignal(
            side="agent", account_id=site.account, remote_place=session, is_typing=True, name="Bo"
        )
        await chat.bus.say_live(signals.encode(typing))
        frame = await hers.next("typing")
        await theirs.send(type="message", client_id="a", text=" ")
        quiet = await theirs.socket.receive_json()

    assert (frame["author"], frame["is_typing"]) == ("Bo", True)
    assert quiet["type"] == "refused"


async def test_typing_visitor_is_said_live_and_never_stored(chat: Chat) -> None:
    heard: list[signals.Signal | None] = []
    chat.bus.on_live(lambda raw: heard.append(signals.decode(raw)))
    page = await chat.visitor(await chat.site())
    async with page.socket() as wire:
        await wire.send(type="typing", is_typing=True)
        await wire.send(type="message", client_id="a", text=" ")
        await wire.next("refused")

    typing = [one for one in heard if isinstance(one, signals.TypingSignal)]
    assert [(one.side, one.is_typing) for one in typing] == [("person", True)]
    assert await chat.value("select count(*) from messages") == 0


async def test_open_page_is_known_and_left_page_too(chat: Chat) -> None:
    from router.storage import visitors

    page = await chat.visitor(await chat.site())
    key = (page.site.account, (await page.open()).body["session"])

    async def online() -> set[tuple[int, str]]:
        await chat.flush_presence()
        async with chat.database.reading() as work:
            return await visitors.list_online(work, [key])

    assert await online() == set()
    async with page.socket() as wire:
        await wire.next("replay")
        assert await online() == {key}
    async with asyncio.timeout(PATIENCE):
        while await online():  # noqa: ASYNC110 - there is nothing to wait for but the record
            await asyncio.sleep(0.01)


async def test_events_without_a_socket_are_the_same(chat: Chat) -> None:
    page = await chat.visitor(await chat.site())
    await page.say("Hello")
    url = chat.url(f"/hooks/{page.site.hook}/stream")
    headers = {"Authorization": f"Bearer {page.token}", "Origin": page.site.origin}
    async with chat.http.get(url, headers=headers) as response, asyncio.timeout(PATIENCE):
        assert response.content_type == "text/event-stream"
        replay = json.loads((await response.content.readline()).removeprefix(b"data: "))
        await response.content.readline()
        await chat.answer(page, "Good day")
        texts: list[str] = []
        while "Good day" not in texts:
            line = await response.content.readline()
            if line.startswith(b"data: "):
                frame = json.loads(line.removeprefix(b"data: "))
                texts += [one["text"] for one in frame["messages"]]

    assert [one["text"] for one in replay["stream"]["messages"]] == ["Hello"]
