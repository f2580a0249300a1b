"""What leaves by a real Postfix, is filed in a real Dovecot, and is looked for there later."""

import asyncio
from datetime import UTC, datetime, timedelta

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from msgspec.structs import replace

from connectors.email.reading.envelope import place_of
from connectors.email.sending.compose import Desk, compose
from connectors.email.sending.signing import Signer
from core.errors import BadConfig, OutcomeUnknown, PermanentError, RecipientGone, Unsupported
from core.messages import IdentityAddress, OutboundMessage, Participant
from core.testing.builders import outbound_message
from tests.connectors.email.test_real_servers import connector, reading
from tests.rig.mail_servers import ANN, BOB, DESK, MailServers
from tests.rig.postfix import BUSY_ADDRESS


def to(address: str, text: str = "Hello", **changes: object) -> OutboundMessage:
    return outbound_message(
        text,
        place=place_of(address),
        recipient=IdentityAddress(realm="email", handle=address, shown_as="Somebody"),
        subject="Your order",
        queued_at=datetime.now(UTC),
        **changes,
    )


async def file_as_provider(mail: MailServers, raw: bytes) -> None:
    def append() -> None:
        with mail._log_in(DESK) as client:
            client.create("Sent")
            client.append("Sent", "", "", raw)

    await asyncio.to_thread(append)


async def test_mail_that_the_provider_filed_is_known_to_have_gone_out(mail: MailServers) -> None:
    async with connector(mail, sent_copies="provider") as made:
        message = to(ANN.address, reply_token="c7.abcdefghij")
        with pytest.raises(OutcomeUnknown):
            await made.find_sent(message)
        outgoing = compose(message, Desk(address=DESK.address))
        await file_as_provider(mail, outgoing.raw)
        found = await made.find_sent(message)
        assert found is not None
        assert [part.remote_id for part in found.remote_parts] == [outgoing.message_id]
        with pytest.raises(OutcomeUnknown):
            await made.find_sent(to(ANN.address))


async def test_where_nobody_files_nobody_is_asked(mail: MailServers) -> None:
    copy = Participant(realm="email", handle=BOB.address)
    async with connector(mail) as made:
        with pytest.raises(Unsupported):
            await made.find_sent(to(ANN.address))
    async with connector(mail, sent_copies="provider") as made:
        with pytest.raises(Unsupported):
            await made.find_sent(to(ANN.address, copy_to=copy, copy_of="k"))


async def test_folder_that_cannot_be_asked_tells_nothing(mail: MailServers) -> None:
    async with connector(mail, sent_copies="provider", sent_folder="Nowhere") as made:
        with pytest.raises(OutcomeUnknown, match="cannot be asked"):
            await made.find_sent(to(ANN.address))


async def test_mail_is_filed_once_for_the_recipient_and_not_for_copies(mail: MailServers) -> None:
    await file_as_provider(mail, b"Subject: earlier\r\n\r\nx\r\n")
    message = to(ANN.address, "filed")
    bob = Participant(realm="email", handle=BOB.address, role="bcc")
    async with connector(mail, sent_copies="append") as made, reading(made):
        await made.send(message)
        await made.send(replace(message, key="copy", copy_of=message.key, copy_to=bob))
        await mail.wait_for(BOB)
        filed = await mail.wait_for(DESK, lambda one: one["To"] is not None, folder="Sent")
    assert (await mail.wait_for(ANN))["Message-ID"] == filed["Message-ID"]
    assert len(await mail.read(DESK, folder="Sent")) == 2


async def test_hidden_copy_arrives_and_nobody_reads_of_it(mail: MailServers) -> None:
    message = to(ANN.address)
    bob = Participant(realm="email", handle=BOB.address, role="bcc")
    async with connector(mail) as made:
        await made.send(message)
        await made.send(replace(message, key="copy", copy_of=message.key, copy_to=bob))
    for mailbox in (ANN, BOB):
        arrived = await mail.wait_for(mailbox)
        headers = "".join(f"{name}: {value}" for name, value in arrived.items())
        assert "bcc" not in headers.lower()
        if mailbox is ANN:
            assert BOB.address not in headers


async def test_refusals_of_a_real_server_are_told_as_what_they_are(mail: MailServers) -> None:
    async with connector(mail) as made:
        with pytest.raises(RecipientGone, match="does not exist"):
            await made.send(to("nobody@people.test"))
        with pytest.raises(PermanentError):
            await made.send(to("用户@people.test"))
        await made.send(to(ANN.address, "after both"))
        with pytest.raises(Exception, match="Try again later") as raised:
            await made.send(to(BUSY_ADDRESS))
        assert getattr(raised.value, "retry_after", None) == timedelta(minutes=5)
    assert (await mail.wait_for(ANN))["Subject"] == "Your order"


KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.PKCS8,
    serialization.NoEncryption(),
).decode()


def published(name: bytes, timeout: int = 5) -> bytes:
    """What the DNS would say."""
    assert name == b"desk1._domainkey.mail.test."
    public = KEY.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    coded = b"".join(public.splitlines()[1:-1])
    return b"v=DKIM1; k=rsa; p=" + coded


async def test_signature_holds_after_a_real_server_had_the_mail(mail: MailServers) -> None:
    text = "größer 汉字\n.\n" + "long " * 400
    async with connector(mail, dkim_selector="desk1", dkim_key=PEM) as made:
        await made.send(to(ANN.address, text))
    await mail.wait_for(ANN)

    def fetch() -> bytes:
        with mail._log_in(ANN) as client:
            client.select("INBOX", readonly=True)
            _, parts = client.fetch("1", "(BODY.PEEK[])")
            found = parts[0][1]
            assert isinstance(found, bytes)
            return found

    raw = await asyncio.to_thread(fetch)
    assert dkim.verify(raw, dnsfunc=published)
    assert not dkim.verify(raw.replace(b"Your order", b"Your 0rder"), dnsfunc=published)
    # A second Subject or a Reply-To would be taken for ours; absent headers are signed as absent.
    assert not dkim.verify(b"Reply-To: evil@evil.test\r\n" + raw, dnsfunc=published)
    assert not dkim.verify(b"From: evil@evil.test\r\n" + raw, dnsfunc=published)


async def test_key_that_is_none_is_a_setting_to_mend() -> None:
    with pytest.raises(BadConfig, match="dkim_key"):
        await Signer(domain="d.example", selector="s", key="no key").sign(
            b"From: a@b.c\r\n\r\nx\r\n"
        )
