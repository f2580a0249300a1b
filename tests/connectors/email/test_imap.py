"""Reading goes on, or ends with a truthful error, whatever the server does."""

import asyncio
import ssl

import pytest

from connectors.email.errors import ImapLost, LoginRefused, NoEncryption
from core.connector import Cursor
from core.errors import AuthRefused, TransientError
from tests.connectors.email.imap_reading import (
    MAIL,
    PATIENCE,
    answering,
    connect,
    connector,
    mails,
    reading,
    texts,
    until,
)
from tests.connectors.email.scripted_imap import ScriptedImap, Writer


async def test_mails_come_in_order_in_batches_each_with_its_cursor() -> None:
    async with ScriptedImap(mails(*range(1, 26))) as server, reading(server) as (sink, _):
        await until(sink, lambda: len(sink.events) >= 25)
        assert texts(sink) == [f"mail {uid}" for uid in range(1, 26)]
        assert [size for size in sink.sizes if size] == [10, 10, 5]


async def test_nothing_is_marked_and_no_body_is_fetched_without_peek() -> None:
    async with ScriptedImap(mails(1)) as server, reading(server) as (sink, _):
        await until(sink, lambda: bool(sink.events))
        assert not [one for one in server.commands if one.startswith(("SELECT", "UID STORE"))]
        assert not [one for one in server.commands if "BODY[" in one]


async def test_mail_that_comes_while_idling_is_read_at_once() -> None:
    async with ScriptedImap() as server, reading(server) as (sink, _):
        async with asyncio.timeout(PATIENCE):
            await server.idling.wait()
        server.add(7, MAIL % (7, 7))
        await until(sink, lambda: texts(sink) == ["mail 7"])


async def test_reading_goes_on_behind_the_cursor() -> None:
    async with ScriptedImap(mails(1, 2)) as server:
        async with reading(server) as (sink, _):
            await until(sink, lambda: len(sink.events) == 2)
        server.add(3, MAIL % (3, 3))
        async with reading(server, dict(sink.cursors)) as (again, _):
            await until(again, lambda: bool(again.events))
            assert texts(again) == ["mail 3"]


async def test_start_from_now_leaves_what_was_there() -> None:
    async with ScriptedImap(mails(1, 2)) as server, reading(server, start_from="now") as (sink, _):
        async with asyncio.timeout(PATIENCE):
            await server.idling.wait()
        server.add(3, MAIL % (3, 3))
        await until(sink, lambda: bool(sink.events))
        assert texts(sink) == ["mail 3"]


async def test_new_uidvalidity_means_reading_again_with_the_same_event_keys() -> None:
    async with ScriptedImap(mails(1, 2)) as server:
        async with reading(server) as (sink, _):
            await until(sink, lambda: len(sink.events) == 2)
        server.uid_validity = 2
        server.mails = {uid + 100: raw for uid, raw in server.mails.items()}
        server.mails[200] = MAIL % (200, 200)
        async with reading(server, dict(sink.cursors)) as (again, _):
            await until(again, lambda: len(again.events) == 3)
            keys = [one.event_key for one in sink.events]
            assert [one.event_key for one in again.events][:2] == keys


async def test_new_uidvalidity_does_not_bring_in_what_was_never_wanted() -> None:
    async with ScriptedImap(mails(1, 2)) as server:
        async with reading(server, start_from="now") as (sink, _):
            async with asyncio.timeout(PATIENCE):
                await server.idling.wait()
        server.uid_validity, server.mails = 2, mails(50, 51)
        server.idling.clear()
        # The old mails are of 5 January; the clock that "now" was read from says 1 January.
        late = {"INBOX": _moved_on(sink.cursors["INBOX"])}
        async with reading(server, late, start_from="now") as (again, _):
            async with asyncio.timeout(PATIENCE):
                await server.idling.wait()
            assert again.events == []
            server.add(52, MAIL % (52, 52))
            await until(again, lambda: bool(again.events))
            assert texts(again) == ["mail 52"]


def _moved_on(cursor: Cursor) -> Cursor:
    value = cursor.value.replace("2025-12-31", "2026-01-31")
    assert value != cursor.value
    return Cursor(scope=cursor.scope, value=type(cursor.value)(value))


async def test_goodbye_in_idle_ends_reading_with_a_transient_error() -> None:
    async with ScriptedImap() as server, reading(server) as (_, task):
        server.hooks["IDLE"] = answering(b"+ idling\r\n* BYE shutting down\r\n")
        async with asyncio.timeout(PATIENCE):
            with pytest.raises(TransientError):
                await task


async def test_connection_closed_in_idle_is_noticed_at_once() -> None:
    async with ScriptedImap() as server, reading(server) as (_, task):
        server.hooks["IDLE"] = answering(b"+ idling\r\n", closes=True)
        async with asyncio.timeout(PATIENCE):
            with pytest.raises(TransientError):
                await task


async def test_connection_closed_inside_a_mail_loses_nothing() -> None:
    async def cut_second_mail(tag: str, writer: Writer) -> bool:
        if not server.commands[-1].startswith("UID FETCH 2 (UID BODY"):
            return False
        writer.write(b"* 2 FETCH (UID 2 BODY[] {4000}\r\nFrom: a")
        await writer.drain()
        writer.transport.abort()
        return True

    async with ScriptedImap(mails(1, 2)) as server:
        server.hooks["UID FETCH"] = cut_second_mail
        async with reading(server) as (sink, task):
            async with asyncio.timeout(PATIENCE):
                with pytest.raises(TransientError):
                    await task
        del server.hooks["UID FETCH"]
        async with reading(server, dict(sink.cursors)) as (again, _):
            await until(again, lambda: len(texts(sink)) + len(texts(again)) >= 2)
            assert sorted({*texts(sink), *texts(again)}) == ["mail 1", "mail 2"]


async def test_server_that_falls_silent_is_given_up() -> None:
    async with ScriptedImap() as server:
        server.hooks["NOOP"] = answering()
        connection = await connect(server)
        connection._exchange.silence = 0.05
        async with asyncio.timeout(PATIENCE):
            with pytest.raises(ImapLost, match="fallen silent"):
                await connection.noop()
        assert connection.is_lost


async def test_wrong_password_is_auth_refused() -> None:
    async with ScriptedImap() as server, connector(server, password="wrong") as made:
        with pytest.raises(AuthRefused):
            await made.open()
    async with ScriptedImap() as server:
        with pytest.raises(LoginRefused):
            await connect(server, password="wrong")


async def test_login_refused_for_now_is_tried_again_later() -> None:
    async with ScriptedImap() as server, connector(server) as made:
        server.hooks["LOGIN"] = answering(b"TAG NO [UNAVAILABLE] backend down\r\n")
        with pytest.raises(TransientError):
            await made.open()


async def test_starttls_that_is_not_offered_is_never_replaced_by_plain_text() -> None:
    async with ScriptedImap() as server:
        with pytest.raises(NoEncryption):
            await connect(server, is_starttls=True, tls=ssl.create_default_context())
        assert not [one for one in server.commands if one.startswith("LOGIN")]


async def test_greeting_that_is_goodbye_is_a_lost_connection() -> None:
    async with ScriptedImap() as server:
        server.greeting = b"* BYE too many connections\r\n"
        with pytest.raises(ImapLost):
            await connect(server)


async def test_long_answer_does_not_recurse() -> None:
    async with ScriptedImap() as server:
        lines = b"".join(b"* %d FETCH (UID %d RFC822.SIZE 5)\r\n" % (n, n) for n in range(1, 5001))
        server.hooks["UID FETCH"] = answering(lines, b"TAG OK\r\n")
        connection = await connect(server)
        await connection.open("INBOX")
        assert len(await connection.heads(range(1, 5001))) == 5000
        connection.abort()


async def test_body_that_looks_like_answers_is_a_body() -> None:
    raw = b"From: a@b.example\r\n\r\n* BYE\r\nA1 OK done\r\n+ go\r\n* 9 FETCH (UID 9 {5}\r\n)\r\n"
    async with ScriptedImap({9: raw}) as server:
        connection = await connect(server)
        await connection.open("INBOX")
        assert await connection.mail(9) == raw
        connection.abort()


async def test_literal_in_small_pieces_is_put_together() -> None:
    async def trickle(tag: str, writer: Writer) -> bool:
        answer = b"* 1 FETCH (UID 1 BODY[] {10}\r\n0123456789)\r\n" + tag.encode() + b" OK\r\n"
        for position in range(len(answer)):
            writer.write(answer[position : position + 1])
            await writer.drain()
            await asyncio.sleep(0)
        return True

    async with ScriptedImap() as server:
        server.hooks["UID FETCH"] = trickle
        connection = await connect(server)
        await connection.open("INBOX")
        assert await connection.mail(1) == b"0123456789"
        connection.abort()


@pytest.mark.parametrize(
    "nonsense",
    [b"* 1 FETCH (UID 1 BODY[] {999999999999}\r\n", b"ZZZ9 OK whose\r\n", b"\xff\xfe OK x\r\n"],
)
async def test_nonsense_ends_the_connection(nonsense: bytes) -> None:
    async with ScriptedImap() as server:
        server.hooks["UID FETCH"] = answering(nonsense, closes=True)
        connection = await connect(server)
        await connection.open("INBOX")
        with pytest.raises(ImapLost):
            await connection.mail(1)


async def test_server_without_idle_is_asked_again() -> None:
    async with ScriptedImap() as server:
        server.capabilities = "IMAP4rev1"
        async with reading(server) as (sink, _):
            server.add(1, MAIL % (1, 1))
            await until(sink, lambda: bool(sink.events))
            assert not [one for one in server.commands if one == "IDLE"]


async def test_refused_idle_falls_back_to_asking() -> None:
    async with ScriptedImap() as server:
        server.hooks["IDLE"] = answering(b"TAG NO not now\r\n")
        async with reading(server) as (sink, _):
            server.add(1, MAIL % (1, 1))
            await until(sink, lambda: bool(sink.events))


async def test_several_folders_have_cursors_of_their_own() -> None:
    folders = ["INBOX", "Support"]
    async with ScriptedImap(mails(1)) as server, reading(server, folders=folders) as (sink, _):
        await until(sink, lambda: len(sink.events) == 2)
        assert set(sink.cursors) == {"INBOX", "Support"}
