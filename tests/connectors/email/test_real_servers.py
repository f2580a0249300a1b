"""The connector on a real Dovecot and a real Postfix."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email.message import EmailMessage
from email.utils import make_msgid
from typing import Any

import aiohttp
import pytest
from msgspec.structs import replace

from connectors.email.config import Config
from connectors.email.connector import EmailConnector
from core.clock import SystemClock
from core.connector import Cursor
from core.errors import AuthRefused, RecipientGone
from core.messages import (
    AnyInboundEvent,
    DeliveryReported,
    MessageReceived,
    ReportedState,
)
from core.people import Level
from core.testing.builders import MemoryBlobs, answer_to, connector_context
from core.testing.sink import RecordingSink
from tests.rig.mail_servers import ANN, BOB, DESK, MailServers
from tests.rig.postfix import BOUNCING_ADDRESS

PATIENCE = 30.0


def config(servers: MailServers, **changes: Any) -> Config:
    return Config.model_validate(
        {
            "address": DESK.address,
            "display_name": "Desk",
            "imap_host": servers.host,
            "imap_port": servers.imap_port,
            "imap_security": "none",
            "smtp_host": servers.host,
            "smtp_port": servers.submission_port,
            "smtp_security": "none",
            "password": DESK.password,
            "authserv_ids": [servers.authserv_id],
            "start_from": "all",
            **changes,
        }
    )


@asynccontextmanager
async def connector(
    servers: MailServers, blobs: MemoryBlobs | None = None, **changes: Any
) -> AsyncIterator[EmailConnector]:
    async with aiohttp.ClientSession() as http:
        context = connector_context(http, clock=SystemClock(), blobs=blobs)
        made = EmailConnector(config(servers, **changes), context)
        try:
            yield made
        finally:
            await made.close()


@asynccontextmanager
async def reading(
    made: EmailConnector, cursors: dict[str, Cursor] | None = None
) -> AsyncIterator[RecordingSink]:
    sink = RecordingSink()
    task = asyncio.ensure_future(made.receive(sink, cursors or {}))
    try:
        yield sink
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def event(
    sink: RecordingSink, matches: Callable[[AnyInboundEvent], bool] = lambda one: True
) -> AnyInboundEvent:
    async with asyncio.timeout(PATIENCE):
        while True:
            for one in sink.events:
                if matches(one):
                    return one
            sink.changed.clear()
            await sink.changed.wait()


async def message(sink: RecordingSink, text: str) -> MessageReceived:
    found = await event(sink, lambda one: isinstance(one, MessageReceived) and text in one.text)
    assert isinstance(found, MessageReceived)
    return found


def a_mail(text: str, sender: str = ANN.address) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = f"Ann <{sender}>"
    mail["To"] = DESK.address
    mail["Subject"] = "提现 has not arrived"
    mail["Message-ID"] = make_msgid(domain="people.test")
    mail.set_content(text)
    return mail


async def test_genuine_mail_is_attested_and_forged_mail_is_a_claim(mail: MailServers) -> None:
    async with connector(mail) as made, reading(made) as sink:
        await mail.deliver(a_mail("genuine"))
        await mail.deliver(a_mail("forged"), authentic=False)
        assert (await message(sink, "genuine")).sender.level is Level.ATTESTED
        assert (await message(sink, "forged")).sender.level is Level.CLAIMED


async def test_answer_arrives_in_the_persons_thread_and_their_answer_names_the_token(
    mail: MailServers,
) -> None:
    blobs = MemoryBlobs()
    blob = blobs.put(b"\x00\xffbytes", name="größe.bin", media_type="application/octet-stream")
    async with connector(mail, blobs) as made, reading(made) as sink:
        asked = a_mail("Where is it?")
        await mail.deliver(asked)
        received = await message(sink, "Where is it?")
        answer = answer_to(
            received, "On its way.\n.\n..", attachments=(blob,), reply_token="tok-EN.12"
        )
        sent = await made.send(answer)
        arrived = await mail.wait_for(ANN)
        assert arrived["In-Reply-To"] == asked["Message-ID"]
        assert arrived["Message-ID"] == f"<{sent.thread_keys[0].key}>"
        body = arrived.get_body(("plain",))
        assert body is not None
        assert body.get_content().split() == ["On", "its", "way.", ".", ".."]
        (attached,) = arrived.iter_attachments()
        assert (attached.get_filename(), attached.get_content()) == ("größe.bin", b"\x00\xffbytes")
        again = a_mail("Thanks.")
        again["In-Reply-To"] = arrived["Message-ID"]
        del again["To"]
        again["To"] = arrived["Reply-To"]
        await mail.deliver(again, to=[arrived["Reply-To"].addresses[0].addr_spec])
        thanks = await message(sink, "Thanks.")
        assert [key.key for key in thanks.answers] == ["tok-EN.12", sent.thread_keys[0].key]


async def test_mails_are_left_unread_and_where_they_are(mail: MailServers) -> None:
    async with connector(mail) as made, reading(made) as sink:
        await mail.deliver(a_mail("stay"))
        await message(sink, "stay")
    found = await mail.read(DESK)
    assert len(found) == 1

    def unseen() -> list[bytes]:
        with mail._log_in(DESK) as client:
            client.select("INBOX", readonly=True)
            _, answer = client.search(None, "UNSEEN")
            return answer[0].split()

    assert len(await asyncio.to_thread(unseen)) == 1


async def test_reading_again_from_the_cursor_brings_only_what_is_new(mail: MailServers) -> None:
    async with connector(mail) as made, reading(made) as sink:
        await mail.deliver(a_mail("first"))
        await message(sink, "first")
    await mail.deliver(a_mail("second"))
    async with connector(mail) as made, reading(made, dict(sink.cursors)) as again:
        await message(again, "second")
        assert len(again.events) == 1


async def test_refused_recipient_or_later_bounce_settles_the_delivery(mail: MailServers) -> None:
    async with connector(mail) as made, reading(made) as sink:
        await mail.deliver(a_mail("hello"))
        received = await message(sink, "hello")
        recipient = type(received.place)(remote=BOUNCING_ADDRESS, kind=received.place.kind)
        answer = answer_to(received, "into the void", place=recipient, recipient=None)
        try:
            sent = await made.send(answer)
        except RecipientGone:
            return
        report = await event(sink, lambda one: isinstance(one, DeliveryReported))
        assert isinstance(report, DeliveryReported)
        assert report.state is ReportedState.FAILED
        assert report.remote_id == sent.remote_parts[0].remote_id
        assert report.remote_place == BOUNCING_ADDRESS


async def test_far_server_that_takes_no_letters_outside_ascii_sends_the_answer_back(
    mail: MailServers,
) -> None:
    """Ours offers SMTPUTF8 and takes it; the next has none, and the report is one of RFC 6533."""
    async with connector(mail) as made, reading(made) as sink:
        await mail.deliver(a_mail("hello"))
        received = await message(sink, "hello")
        place, recipient = EmailConnector.to_recipient("用户@例子.test")
        answer = answer_to(received, "你好", place=place, recipient=recipient)
        sent = await made.send(answer)
        report = await event(sink, lambda one: isinstance(one, DeliveryReported))
        assert isinstance(report, DeliveryReported)
        assert (report.state, report.code) == (ReportedState.FAILED, "5.6.7")
        assert report.remote_id == sent.remote_parts[0].remote_id
        assert report.remote_place == place.remote
        assert "SMTPUTF8" in report.reason


async def test_copy_reaches_the_participant_and_the_person(mail: MailServers) -> None:
    async with connector(mail) as made, reading(made) as sink:
        asked = a_mail("with Bob")
        asked["Cc"] = BOB.address
        await mail.deliver(asked)
        received = await message(sink, "with Bob")
        written = answer_to(received, "to both", copies=received.participants)
        await made.send(written)
        [bob] = received.participants
        copy = replace(written, key="copy", copy_of=written.key, copy_to=bob)
        await made.send(copy)
        for mailbox in (ANN, BOB):
            arrived = await mail.wait_for(mailbox)
            assert arrived["Cc"] == BOB.address


async def test_junk_is_shown_with_what_is_missing_and_the_next_mail_comes(
    mail: MailServers,
) -> None:
    async with connector(mail) as made, reading(made) as sink:
        bomb = b"From: a@people.test\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        await mail.deliver(bomb + b"--b\r\n\r\n" * 5000, sender=ANN.address)
        await mail.deliver(a_mail("after"))
        await message(sink, "after")
        # A server delivers two at once in the order that it likes.
        junk = await event(
            sink,
            lambda one: isinstance(one, MessageReceived) and one.sender.handle == "a@people.test",
        )
        assert isinstance(junk, MessageReceived)
        assert "too many were left out" in " ".join(junk.warnings)


async def test_check_passes_and_a_wrong_password_is_named(mail: MailServers) -> None:
    async with connector(mail) as made:
        found = await made.check()
        assert [step.ok for step in found.steps] == [True, True, True]
    async with connector(mail, password="wrong") as made:
        with pytest.raises(AuthRefused):
            await made.check()
