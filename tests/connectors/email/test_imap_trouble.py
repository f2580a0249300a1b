"""F10 on a scripted server: nothing is lost or stuck, whatever the server or the line does."""

import asyncio
import socket
from itertools import count

import pytest

from connectors.email.errors import ImapLost
from connectors.email.imap import exchange
from connectors.email.imap.folder import MOST_TRIES
from core.connector import Cursor
from core.errors import TransientError
from core.messages import MessageReceived, Unreadable
from tests.connectors.email.imap_reading import (
    MAIL,
    PATIENCE,
    SizedSink,
    answering,
    connect,
    connector,
    eventually,
    mails,
    reading,
    receiving,
    texts,
    until,
)
from tests.connectors.email.scripted_imap import ScriptedImap, Writer


async def test_silent_drop_in_idle_is_noticed_within_the_wait_and_the_silence() -> None:
    async with ScriptedImap() as server:
        server.hooks["IDLE"] = answering(b"+ idling\r\n")
        connection = await connect(server)
        connection._exchange.silence = 0.05
        await connection.open("INBOX")
        async with asyncio.timeout(PATIENCE):
            with pytest.raises(ImapLost, match="fallen silent"):
                await connection.wait_for_change(0.05)


async def test_drop_below_us_is_looked_for_by_the_system_too() -> None:
    async with ScriptedImap() as server:
        connection = await connect(server)
        wire = connection._exchange.protocol.transport.get_extra_info("socket")
        assert wire.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        connection.abort()


async def test_server_that_drips_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "PATIENCE", 0.2)
    monkeypatch.setattr(exchange, "SLOWEST", 1e9)

    async def drip(tag: str, writer: Writer) -> bool:
        # A byte in each turn of the loop: however busy the machine is, it never falls silent.
        for _ in range(100_000):
            writer.write(b"*")
            await writer.drain()
            await asyncio.sleep(0)
        return True

    async with ScriptedImap() as server:
        server.hooks["NOOP"] = drip
        connection = await connect(server)
        connection._exchange.silence = 0.1
        async with asyncio.timeout(PATIENCE):
            with pytest.raises(ImapLost, match="too slowly"):
                await connection.noop()


async def test_pushes_that_tell_of_no_mail_do_not_end_the_wait() -> None:
    async def chatter(tag: str, writer: Writer) -> bool:
        writer.write(b"+ idling\r\n* OK Still here\r\n* 2 FETCH (FLAGS (\\Seen))\r\n")
        writer.write(b"* 3 EXPUNGE\r\n" * 100)
        await writer.drain()
        return True

    async with ScriptedImap() as server:
        server.hooks["IDLE"] = chatter
        connection = await connect(server)
        await connection.open("INBOX")
        waiting = asyncio.ensure_future(connection.wait_for_change(60.0))
        done, _ = await asyncio.wait({waiting}, timeout=0.2)
        assert not done
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert connection.is_lost


async def test_uids_given_anew_while_connected_are_noticed() -> None:
    async with ScriptedImap(mails(1, 2)) as server:
        server.capabilities = "IMAP4rev1"
        async with reading(server) as (sink, _):
            await until(sink, lambda: len(sink.events) == 2)
            server.uid_validity = 2
            server.mails = {1: server.mails[2], 2: MAIL % (9, 9)}
            await until(sink, lambda: "mail 9" in texts(sink))
            assert len({event.event_key for event in sink.events}) == 3


async def test_one_mail_that_is_gone_does_not_hide_the_others_of_its_batch() -> None:
    """RFC 2180, 4.1.2: a server may refuse the whole FETCH."""

    async def refuse_together(tag: str, writer: Writer) -> bool:
        if "," not in server.commands[-1]:
            return False
        server.mails.pop(2, None)
        writer.write(tag.encode() + b" NO Some of the requested messages no longer exist\r\n")
        return True

    async with ScriptedImap(mails(1, 2, 3)) as server:
        server.hooks["UID FETCH"] = refuse_together
        async with reading(server) as (sink, _):
            await until(sink, lambda: len(sink.events) == 2)
            assert texts(sink) == ["mail 1", "mail 3"]


async def test_mail_that_is_expunged_between_its_head_and_its_body_is_passed_over() -> None:
    async def expunge(tag: str, writer: Writer) -> bool:
        if server.commands[-1].startswith("UID FETCH 2 (UID BODY"):
            del server.mails[2]
        return False

    async with ScriptedImap(mails(1, 2, 3)) as server:
        server.hooks["UID FETCH"] = expunge
        async with reading(server) as (sink, _):
            await until(sink, lambda: len(sink.events) == 2)
            assert texts(sink) == ["mail 1", "mail 3"]


@pytest.mark.parametrize(
    "answer", [b"TAG OK done\r\n", b"* 2 FETCH (UID 2 BODY[] NIL)\r\nTAG OK done\r\n"]
)
async def test_mail_that_is_there_and_comes_without_its_content_is_a_placeholder(
    answer: bytes,
) -> None:
    reply = answering(answer)

    async def withhold(tag: str, writer: Writer) -> bool:
        if not server.commands[-1].startswith("UID FETCH 2 (UID BODY.PEEK[])"):
            return False
        return await reply(tag, writer)

    async with ScriptedImap(mails(1, 2, 3)) as server:
        server.hooks["UID FETCH"] = withhold
        async with reading(server) as (sink, _):
            await until(sink, lambda: len(sink.events) == 3)
            held = sink.events[1]
            assert isinstance(held, Unreadable)
            # Its header was given, so it stands in its sender's conversation.
            assert held.sender is not None
            assert held.sender.handle == "ann@people.example"


async def test_empty_mail_is_a_placeholder() -> None:
    async with ScriptedImap({1: b"", 2: MAIL % (2, 2)}) as server, reading(server) as (sink, _):
        await until(sink, lambda: len(sink.events) == 2)
        assert [type(one) for one in sink.events] == [Unreadable, MessageReceived]


async def test_line_that_always_breaks_at_the_same_mail_is_not_for_ever() -> None:
    async def break_off(tag: str, writer: Writer) -> bool:
        if not server.commands[-1].startswith("UID FETCH 2 (UID BODY.PEEK[])"):
            return False
        writer.write(b"* 2 FETCH (UID 2 BODY[] {4000}\r\nFrom: a")
        await writer.drain()
        writer.transport.abort()
        return True

    sink = SizedSink()
    async with ScriptedImap(mails(1, 2, 3)) as server, connector(server) as made:
        server.hooks["UID FETCH"] = break_off
        for _ in range(MOST_TRIES):
            with pytest.raises(TransientError):
                await made.receive(sink, dict(sink.cursors))
            assert texts(sink) == ["mail 1"]
        task = asyncio.ensure_future(made.receive(sink, dict(sink.cursors)))
        await until(sink, lambda: len(sink.events) == 3)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert [type(one) for one in sink.events] == [MessageReceived, Unreadable, MessageReceived]


async def test_what_was_read_before_the_line_broke_is_not_asked_for_again() -> None:
    async def break_off(tag: str, writer: Writer) -> bool:
        if not server.commands[-1].startswith("UID FETCH 30 (UID BODY"):
            return False
        writer.transport.abort()
        return True

    async with ScriptedImap(mails(*range(1, 41))) as server, connector(server) as made:
        server.hooks["UID FETCH"] = break_off
        async with receiving(made) as (sink, task):
            with pytest.raises(TransientError):
                await task
        assert len(sink.events) == 29
        assert '"uid":29' in sink.cursors["INBOX"].value


async def test_server_that_lies_about_how_many_there_are_is_asked_what_there_is() -> None:
    lies = answering(
        b"* 0 EXISTS\r\n* OK [UIDVALIDITY 1] ok\r\n* OK [UIDNEXT 4294967295] ok\r\nTAG OK\r\n"
    )
    async with ScriptedImap(mails(5)) as server:
        server.hooks["EXAMINE"] = lies
        async with reading(server, start_from="now") as (sink, _):
            async with asyncio.timeout(PATIENCE):
                await server.idling.wait()
            server.add(6, MAIL % (6, 6))
            await until(sink, lambda: texts(sink) == ["mail 6"])


async def test_server_that_says_no_next_uid_starts_from_now_all_the_same() -> None:
    async with ScriptedImap(mails(5)) as server:
        server.hooks["EXAMINE"] = answering(b"* OK [UIDVALIDITY 1] ok\r\nTAG OK\r\n")
        async with reading(server, start_from="now") as (sink, _):
            async with asyncio.timeout(PATIENCE):
                await server.idling.wait()
            assert sink.events == []
            server.add(6, MAIL % (6, 6))
            await until(sink, lambda: texts(sink) == ["mail 6"])


async def test_folder_without_uid_validity_is_not_read_and_said_so() -> None:
    async with ScriptedImap(mails(1)) as server, connector(server) as made:
        server.hooks["EXAMINE"] = answering(b"* 1 EXISTS\r\nTAG OK\r\n")
        async with receiving(made):
            await eventually(lambda: "no UIDVALIDITY" in made.health().detail)


async def test_pushed_flags_between_answers_are_not_mails() -> None:
    async def push(tag: str, writer: Writer) -> bool:
        writer.write(b"* 1 FETCH (FLAGS (\\Seen) UID 1)\r\n* 7 EXISTS\r\n* 2 EXPUNGE\r\n")
        return False

    async with ScriptedImap(mails(1, 2)) as server:
        server.hooks["UID FETCH"] = push
        async with reading(server) as (sink, _):
            await until(sink, lambda: texts(sink) == ["mail 1", "mail 2"])


async def test_mail_larger_than_the_server_says_is_read_by_its_start() -> None:
    big = b"From: ann@people.example\r\nSubject: film\r\n\r\n" + b"x" * 70_000

    async def small(tag: str, writer: Writer) -> bool:
        if "BODY" in server.commands[-1]:
            return False
        line = b'* 1 FETCH (UID 1 RFC822.SIZE 9 INTERNALDATE "05-Jan-2026 10:00:00 +0000")\r\n'
        writer.write(line + tag.encode() + b" OK\r\n")
        return True

    async with ScriptedImap({1: big}) as server:
        server.hooks["UID FETCH"] = small
        async with reading(server, max_mail_size=65_536) as (sink, _):
            await until(sink, lambda: bool(sink.events))
            (event,) = sink.events
            assert isinstance(event, MessageReceived)
            assert event.warnings


async def test_answer_without_end_is_cut_off() -> None:
    async def endless(tag: str, writer: Writer) -> bool:
        for _ in count():
            writer.write(b"* OK " + b"x" * 100_000 + b"\r\n")
            await writer.drain()
        return True

    async with ScriptedImap() as server:
        server.hooks["NOOP"] = endless
        connection = await connect(server)
        async with asyncio.timeout(PATIENCE):
            with pytest.raises(ImapLost, match="too long"):
                await connection.noop()


async def test_mail_that_was_deleted_after_it_was_read_stays_read_and_comes_once() -> None:
    async with ScriptedImap(mails(1, 2)) as server:
        async with reading(server) as (sink, _):
            await until(sink, lambda: len(sink.events) == 2)
        del server.mails[1]
        cursors: dict[str, Cursor] = dict(sink.cursors)
        async with reading(server, cursors) as (again, _):
            async with asyncio.timeout(PATIENCE):
                await server.idling.wait()
            assert again.events == []
            # Put back by another program it is another number, and the same mail.
            server.add(3, MAIL % (1, 1))
            await until(again, lambda: bool(again.events))
            assert again.events[0].event_key == sink.events[0].event_key


async def test_start_from_a_day_asks_by_day_once_and_by_uid_afterwards() -> None:
    async with ScriptedImap(mails(1, 2)) as server:
        async with reading(server, start_from="2026-01-06") as (sink, _):
            async with asyncio.timeout(PATIENCE):
                await server.idling.wait()
            assert sink.events == []
        server.idling.clear()
        async with reading(server, dict(sink.cursors), start_from="2026-01-06") as (again, _):
            async with asyncio.timeout(PATIENCE):
                await server.idling.wait()
            server.add(3, MAIL % (3, 3))
            await until(again, lambda: texts(again) == ["mail 3"])
        assert len([one for one in server.asked("UID SEARCH") if "SINCE" in one]) == 1


async def test_start_from_a_day_brings_what_came_on_it() -> None:
    since = "2026-01-05"
    async with ScriptedImap(mails(1, 2)) as server, reading(server, start_from=since) as (sink, _):
        await until(sink, lambda: texts(sink) == ["mail 1", "mail 2"])


async def test_uids_given_anew_amid_a_backlog_do_not_hide_the_new_ones() -> None:
    async def renumber(tag: str, writer: Writer) -> bool:
        if len(server.asked("EXAMINE")) == 3:
            server.uid_validity = 2
            server.mails = {uid: MAIL % (900 + uid, 900 + uid) for uid in range(1, 6)}
        return False

    async with ScriptedImap(mails(*range(1, 151))) as server:
        server.hooks["EXAMINE"] = renumber
        folders = ["A", "B"]
        async with reading(server, folders=folders, max_connections=1) as (sink, _):
            wanted = {f"mail {900 + uid}" for uid in range(1, 6)}
            await until(sink, lambda: wanted <= set(texts(sink)))
            assert '"validity":2' in sink.cursors["A"].value
