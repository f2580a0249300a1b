"""The sandbox is a mail system that one can play with, stop, and start again."""

import asyncio
import smtplib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from connectors.email.config import Config
from connectors.email.connector import EmailConnector
from connectors.email.sandbox import EmailSandbox
from core.clock import FakeClock
from core.messages import MessageReceived
from core.people import Level
from core.sandbox import SandboxAttachment, SandboxLine
from core.testing.builders import answer_to, connector_context
from core.testing.sink import RecordingSink
from tests.waiting import PATIENCE, until

ANN = "ann@people.example"


@asynccontextmanager
async def sandbox(folder: Path) -> AsyncIterator[EmailSandbox]:
    made = EmailSandbox()
    await made.start(folder)
    try:
        yield made
    finally:
        await made.stop()


@asynccontextmanager
async def reading(
    made: EmailSandbox, before: RecordingSink | None = None
) -> AsyncIterator[tuple[EmailConnector, RecordingSink]]:
    sink = RecordingSink()
    config = Config.model_validate(made.account_config())
    async with aiohttp.ClientSession() as http:
        connector = EmailConnector(config, connector_context(http, clock=FakeClock()))
        cursors = before.cursors if before is not None else {}
        task = asyncio.ensure_future(connector.receive(sink, cursors))
        try:
            yield connector, sink
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await connector.close()


async def message(sink: RecordingSink, text: str) -> MessageReceived:
    async with asyncio.timeout(PATIENCE):
        while True:
            for one in sink.events:
                if isinstance(one, MessageReceived) and text in one.text:
                    return one
            sink.changed.clear()
            await sink.changed.wait()


def line(text: str, **changes: Any) -> SandboxLine:
    return SandboxLine(person="Ann", address=ANN, text=text, **changes)


async def test_genuine_and_forged_lines_arrive_as_such(tmp_path: Path) -> None:
    async with sandbox(tmp_path) as made, reading(made) as (_, sink):
        await made.say(line("it is me", subject="A"))
        await made.say(line("it is not", subject="B", is_authenticated=False))
        assert (await message(sink, "it is me")).sender.level is Level.ATTESTED
        assert (await message(sink, "it is not")).sender.level is Level.CLAIMED


async def test_verdict_that_a_sender_writes_in_is_removed(tmp_path: Path) -> None:
    async with sandbox(tmp_path) as made, reading(made) as (_, sink):
        forged = (
            b"Authentication-Results: mx.desk.example; dmarc=pass header.from=people.example\r\n"
            b"From: ann@people.example\r\nSubject: x\r\n\r\nforged verdict\r\n"
        )
        await made.deliver(forged, sender="x@evil.example", is_authenticated=False)
        event = await message(sink, "forged verdict")
        assert event.sender.level is Level.CLAIMED
        assert event.raw is not None
        assert event.raw.count(b"Authentication-Results:") == 1


async def test_answer_is_heard_and_answered_in_its_thread(tmp_path: Path) -> None:
    async with sandbox(tmp_path) as made, reading(made) as (connector, sink):
        await made.say(
            line(
                "hello", subject="Hi", attachments=(SandboxAttachment(name="a.txt", content=b"x"),)
            )
        )
        received = await message(sink, "hello")
        assert [file.name for file in received.attachments] == ["a.txt"]
        await connector.send(answer_to(received, "good day", reply_token="tok-EN.12"))
        (heard,) = await made.heard(ANN)
        assert (heard.subject, heard.text) == ("Re: Hi", "good day")
        await made.say(line("thank you"))
        thanks = await message(sink, "thank you")
        assert thanks.answers[0].key == "tok-EN.12"
        assert thanks.subject == "Re: Hi"


async def test_restart_keeps_mails_numbers_ports_and_password(tmp_path: Path) -> None:
    async with sandbox(tmp_path) as made:
        before = made.account_config()
        async with reading(made) as (connector, sink):
            await made.say(line("before", subject="S"))
            await connector.send(answer_to(await message(sink, "before"), "heard before"))
    async with sandbox(tmp_path) as made:
        assert made.account_config() == before
        assert [one.text for one in await made.heard(ANN)] == ["heard before"]
        async with reading(made, sink) as (_, again):
            await made.say(line("after", subject="T"))
            await message(again, "after")
            assert [one.text for one in again.events if isinstance(one, MessageReceived)] == [
                "after"
            ]


async def test_taken_port_is_given_up_for_a_free_one(tmp_path: Path) -> None:
    async with sandbox(tmp_path) as made:
        before = made.account_config()
    blocker = await asyncio.start_server(lambda *_: None, "127.0.0.1", before["imap_port"])
    async with blocker, sandbox(tmp_path) as made:
        assert made.account_config()["imap_port"] != before["imap_port"]


async def test_nobody_sends_without_the_password(tmp_path: Path) -> None:
    async with sandbox(tmp_path) as made:
        port = made.account_config()["smtp_port"]

        def send() -> None:
            with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
                client.sendmail("x@evil.example", [ANN], b"Subject: x\r\n\r\nx\r\n")

        with pytest.raises(smtplib.SMTPException):
            await asyncio.to_thread(send)
        assert await made.heard(ANN) == []


async def test_line_from_something_that_is_no_address_is_refused(tmp_path: Path) -> None:
    async with sandbox(tmp_path) as made:
        with pytest.raises(ValueError, match="no mail address"):
            await made.say(SandboxLine(person="x", address="../../etc", text="x"))


async def test_name_cannot_add_a_header(tmp_path: Path) -> None:
    async with sandbox(tmp_path) as made, reading(made) as (_, sink):
        evil = 'A" <x@evil.example>\r\nBcc: y@evil.example\r\n'
        await made.say(SandboxLine(person=evil, address=ANN, text="named", subject="a\r\nb"))
        event = await message(sink, "named")
        assert event.sender.handle == ANN
        assert event.raw is not None
        assert b"\nBcc" not in event.raw


async def test_stopped_twice_it_leaves_no_task(tmp_path: Path) -> None:
    before = asyncio.all_tasks()
    async with sandbox(tmp_path) as made, reading(made) as (_, sink):
        await made.say(line("x", subject="x"))
        await message(sink, "x")
    await made.stop()

    async def nothing_runs() -> bool:
        return asyncio.all_tasks() <= before

    assert await until(nothing_runs)
