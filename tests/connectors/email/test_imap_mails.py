"""One mail that is gone, refused or too large holds up no other."""

import asyncio
from typing import Any

import pytest

from connectors.email.imap.folder import MOST_TRIES
from core.errors import TransientError
from core.messages import MessageReceived, Unreadable
from tests.connectors.email.imap_reading import (
    SizedSink,
    connector,
    mails,
    reading,
    texts,
    until,
)
from tests.connectors.email.scripted_imap import ScriptedImap, Writer


async def test_mail_that_is_gone_is_passed_over() -> None:
    async def forget(tag: str, writer: Writer) -> bool:
        server.mails.pop(2, None)
        return False

    async with ScriptedImap(mails(1, 2, 3)) as server:
        server.hooks["UID FETCH"] = forget
        async with reading(server) as (sink, _):
            await until(sink, lambda: len(sink.events) == 2)
            assert texts(sink) == ["mail 1", "mail 3"]
            assert '"uid":3' in sink.cursors["INBOX"].value


async def test_mail_that_the_server_refuses_is_a_placeholder_and_the_rest_comes() -> None:
    async def refuse(tag: str, writer: Writer) -> bool:
        if not server.commands[-1].startswith("UID FETCH 2 (UID BODY"):
            return False
        writer.write(tag.encode() + b" NO cannot read it\r\n")
        return True

    async with ScriptedImap(mails(1, 2, 3)) as server:
        server.hooks["UID FETCH"] = refuse
        async with reading(server) as (sink, _):
            await until(sink, lambda: len(sink.events) == 3)
            assert [type(one) for one in sink.events] == [
                MessageReceived,
                Unreadable,
                MessageReceived,
            ]


async def test_mail_that_the_server_cannot_give_now_is_asked_for_again_before_it_is_given_up() -> (
    None
):
    refusals = 2

    async def refuse(tag: str, writer: Writer) -> bool:
        nonlocal refusals
        if refusals == 0 or not server.commands[-1].startswith("UID FETCH 2 (UID BODY"):
            return False
        refusals -= 1
        writer.write(tag.encode() + b" NO [UNAVAILABLE] temporary failure, try again\r\n")
        return True

    sink = SizedSink()
    async with ScriptedImap(mails(1, 2, 3)) as server, connector(server) as made:
        server.hooks["UID FETCH"] = refuse
        for _ in range(2):
            with pytest.raises(TransientError):
                await made.receive(sink, dict(sink.cursors))
            assert texts(sink) == ["mail 1"]
        task = asyncio.ensure_future(made.receive(sink, dict(sink.cursors)))
        await until(sink, lambda: len(sink.events) == 3)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    assert texts(sink) == ["mail 1", "mail 2", "mail 3"]


async def test_mail_that_the_server_can_never_give_now_holds_up_nothing_for_ever() -> None:
    async def refuse(tag: str, writer: Writer) -> bool:
        if not server.commands[-1].startswith("UID FETCH 2 (UID BODY"):
            return False
        writer.write(tag.encode() + b" NO [UNAVAILABLE] try again\r\n")
        return True

    sink = SizedSink()
    async with ScriptedImap(mails(1, 2, 3)) as server, connector(server) as made:
        server.hooks["UID FETCH"] = refuse
        for _ in range(MOST_TRIES):
            with pytest.raises(TransientError):
                await made.receive(sink, dict(sink.cursors))
        task = asyncio.ensure_future(made.receive(sink, dict(sink.cursors)))
        await until(sink, lambda: len(sink.events) == 3)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    assert [type(one) for one in sink.events] == [MessageReceived, Unreadable, MessageReceived]


async def test_mail_over_the_limit_is_read_by_its_header_alone() -> None:
    big = b"From: ann@people.example\r\nSubject: film\r\n\r\n" + b"x" * 70_000
    async with ScriptedImap({1: big}) as server, reading(server, max_mail_size=65_536) as (sink, _):
        await until(sink, lambda: bool(sink.events))
        (event,) = sink.events
        assert isinstance(event, MessageReceived)
        assert event.subject == "film"
        assert event.warnings
        assert not [one for one in server.commands if "BODY.PEEK[]" in one]


@pytest.mark.parametrize("desk_answers", [False, True])
async def test_nobody_speaks_for_the_desk_by_mail_unless_it_is_allowed(desk_answers: bool) -> None:
    ours = (
        b"Authentication-Results: mx.desk.example; dmarc=pass header.from=desk.example\r\n"
        b"From: help@desk.example\r\nTo: ann@people.example\r\n"
        b"Cc: help@desk.example\r\n\r\nours\r\n"
    )
    settings: dict[str, Any] = {"authserv_ids": ["mx.desk.example"], "desk_answers": desk_answers}
    async with ScriptedImap({1: ours}) as server, reading(server, **settings) as (sink, _):
        await until(sink, lambda: bool(sink.events))
        (event,) = sink.events
        assert isinstance(event, MessageReceived)
        assert event.is_from_desk is desk_answers
        place = "ann@people.example" if desk_answers else "help@desk.example"
        assert event.place.remote == place
