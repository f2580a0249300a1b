"""A25: whatever stands in a text, a name or a file's name, one mail arrives and no header more.

Against two servers: aiosmtpd takes every way to end a line literally, Postfix is what is out there.
"""

from collections.abc import AsyncIterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import aiohttp
import pytest

from connectors.email.connector import EmailConnector
from connectors.email.reading.envelope import place_of
from connectors.email.sandbox_servers import SmtpReceiver
from core.clock import SystemClock
from core.messages import IdentityAddress, OutboundMessage, Participant, ThreadKey
from core.testing.builders import MemoryBlobs, connector_context, outbound_message
from tests.connectors.email.test_real_servers import config
from tests.rig.mail_servers import ANN, BOB, DESK, MailServers

ENDS = ("\r\n", "\n", "\r", "\r\r\n", "\n\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029", "\x00")
SECOND = f"MAIL FROM:<evil@evil.test>{{0}}RCPT TO:<{ANN.address}>{{0}}DATA{{0}}Subject: smuggled"
INJECTIONS = [f"x{end}Bcc: {ANN.address}{end}{end}smuggled" for end in ENDS] + [
    f"=?utf-8?q?x=0D=0ABcc:_{ANN.address}?=",
    f'x" <{ANN.address}>, "y',
    f"x> , <{ANN.address}",
    "x\udc0dy\ud800",
]
STUFFINGS = [
    f"before{first}.{second}{SECOND.format(second)}{second}{second}smuggled{first}.{second}"
    for first in ("\r\n", "\n", "\r")
    for second in ("\r\n", "\n", "\r")
] + [".", "..", ".\n.\n.", "a\n.\nb", "\n.\n", ". ", ".\r\nQUIT\r\n", "x" * 997 + "\n.", "a\n..b"]
ALLOWED = {
    *("from", "to", "cc", "reply-to", "subject", "date", "message-id", "in-reply-to"),
    *("references", "mime-version", "content-type", "content-transfer-encoding"),
    *("x-onethread-loop", "return-path", "delivered-to", "received"),
}


def hostile(evil: str, number: int) -> OutboundMessage:
    """One in which everything that comes from outside is this text."""
    blob = BLOBS.put(b"abc", name=evil, media_type=f"text/plain; x={evil}")
    return outbound_message(
        evil or "x",
        key=f"evil-{number}",
        place=place_of(BOB.address),
        recipient=IdentityAddress(realm="email", handle=BOB.address, shown_as=evil),
        subject=evil,
        author_name=evil,
        signature=evil,
        html=f"<p>{evil}</p>",
        reply_token=evil,
        in_reply_to=(ThreadKey("message_id", evil), ThreadKey("message_id", "a@b.test")),
        copies=(Participant(realm="email", handle=DESK.address, shown_as=evil),),
        attachments=(blob,),
    )


BLOBS = MemoryBlobs()


@pytest.fixture
async def sink() -> AsyncIterator[tuple[int, list[tuple[list[str], bytes]]]]:
    taken: list[tuple[list[str], bytes]] = []

    async def take(sender: str, recipients: list[str], raw: bytes) -> None:
        taken.append((recipients, raw))

    receiver = SmtpReceiver(DESK.address, DESK.password, take)
    port = await receiver.start(0)
    yield port, taken
    await receiver.stop()


async def send_all(servers: Any, evils: list[str], **changes: Any) -> None:
    async with aiohttp.ClientSession() as http:
        context = connector_context(http, clock=SystemClock(), blobs=BLOBS)
        made = EmailConnector(config(servers, **changes), context)
        try:
            for number, evil in enumerate(evils):
                await made.send(hostile(evil, number))
        finally:
            await made.close()


def check(mail: EmailMessage) -> None:
    assert {name.lower() for name in mail} <= ALLOWED
    assert [one.addr_spec for one in mail["From"].addresses] == [DESK.address]
    assert [one.addr_spec for one in mail["To"].addresses] == [BOB.address]
    [attached] = mail.iter_attachments()
    assert attached.get_payload(decode=True) == b"abc"
    assert attached.get_content_type() == "text/plain"
    assert not set(attached.get_filename() or "") & set('/\\"\r\n\x00')


async def test_one_server_that_takes_every_line_end_sees_one_mail_each(
    sink: tuple[int, list[tuple[list[str], bytes]]], mail_servers: MailServers
) -> None:
    port, taken = sink
    evils = [*INJECTIONS, *STUFFINGS]
    await send_all(mail_servers, evils, smtp_port=port)
    assert [recipients for recipients, _ in taken] == [[BOB.address]] * len(evils)
    for _, raw in taken:
        made = message_from_bytes(raw, policy=policy.default)
        assert isinstance(made, EmailMessage)
        check(made)
        assert b"\x00" not in raw


async def test_postfix_delivers_one_mail_each_and_none_to_anybody_else(mail: MailServers) -> None:
    evils = [*INJECTIONS, *STUFFINGS]
    await send_all(mail, evils)
    for one in await until(mail, len(evils)):
        check(one)
    assert await mail.read(ANN) == []


async def until(mail: MailServers, count: int) -> list[EmailMessage]:
    ids: set[str] = set()

    def are_all(one: EmailMessage) -> bool:
        ids.add(str(one["Message-ID"]))
        return len(ids) >= count

    await mail.wait_for(BOB, are_all)
    found = await mail.read(BOB)
    assert len(found) == count
    return found


@pytest.mark.parametrize("number", range(len(STUFFINGS)))
async def test_text_arrives_as_it_was_written_whatever_its_lines_are(
    sink: tuple[int, list[tuple[list[str], bytes]]], mail_servers: MailServers, number: int
) -> None:
    port, taken = sink
    await send_all(mail_servers, [STUFFINGS[number]], smtp_port=port)
    [(_, raw)] = taken
    made = message_from_bytes(raw, policy=policy.default)
    assert isinstance(made, EmailMessage)
    body = made.get_body(("plain",))
    assert body is not None
    words = STUFFINGS[number].replace("\r\n", "\n").replace("\r", "\n")
    text = body.get_content().replace("\r\n", "\n")
    assert text.startswith(words)
