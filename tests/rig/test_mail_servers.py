"""The rig's own mail system does what a real one does."""

from __future__ import annotations

import asyncio
import smtplib
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import make_msgid

import pytest

from connectors.email.convert import to_events
from connectors.email.envelope_id import write_envelope_id
from connectors.email.reading.envelope import Reading
from core.messages import DeliveryReported
from tests.rig.mail_servers import ANN, BOB, DESK, MailServers
from tests.rig.postfix import BOUNCING_ADDRESS, BUSY_ADDRESS


def a_mail(sender: str = ANN.address, to: str = DESK.address) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = f"Ann <{sender}>"
    mail["To"] = to
    mail["Subject"] = "提现 has not arrived"
    mail["Message-ID"] = make_msgid(domain="people.test")
    mail.set_content("Where is it?\n")
    return mail


def submit(
    servers: MailServers,
    mail: EmailMessage,
    *,
    password: str | None = None,
    options: Sequence[str] = (),
) -> None:
    with smtplib.SMTP(servers.host, servers.submission_port, timeout=20) as client:
        if password is not None:
            client.login(DESK.address, password)
        client.send_message(mail, mail_options=options)


async def test_mail_sent_in_is_read_by_imap(mail: MailServers) -> None:
    sent = a_mail()

    await mail.deliver(sent)

    received = await mail.wait_for(DESK)
    assert received["Message-ID"] == sent["Message-ID"]
    assert received["Subject"] == "提现 has not arrived"
    assert received.get_content().splitlines() == ["Where is it?"]


async def test_mail_submitted_arrives_in_another_mailbox(mail: MailServers) -> None:
    sent = a_mail(sender=DESK.address, to=BOB.address)

    await asyncio.to_thread(submit, mail, sent, password=DESK.password)

    received = await mail.wait_for(BOB)
    assert received["Message-ID"] == sent["Message-ID"]
    assert "Authentication-Results" not in received


async def test_wrong_password_is_refused_at_submission(mail_servers: MailServers) -> None:
    with pytest.raises(smtplib.SMTPAuthenticationError):
        await asyncio.to_thread(submit, mail_servers, a_mail(), password="not it")


async def test_aligned_mail_is_marked_as_passed_and_forged_marks_are_gone(
    mail: MailServers,
) -> None:
    sent = a_mail()
    sent["Authentication-Results"] = "MAIL.test; dmarc=pass header.from=bank.test"
    sent["Authentication-Results"] = "elsewhere.test; dmarc=pass header.from=bank.test"

    await mail.deliver(sent)

    marks = (await mail.wait_for(DESK)).get_all("Authentication-Results")
    assert [" ".join(mark.split()) for mark in marks] == [
        "mail.test; spf=pass smtp.mailfrom=people.test; dmarc=pass header.from=people.test",
        "elsewhere.test; dmarc=pass header.from=bank.test",
    ]


@pytest.mark.parametrize(
    ("sender", "authentic"), [(ANN.address, False), ("someone@evil.test", True)]
)
async def test_mail_in_another_name_is_marked_as_failed(
    mail: MailServers, sender: str, authentic: bool
) -> None:
    await mail.deliver(a_mail(), sender=sender, authentic=authentic)

    mark = (await mail.wait_for(DESK))["Authentication-Results"]
    assert "dmarc=fail header.from=people.test" in " ".join(mark.split())


async def test_mail_for_a_domain_that_nobody_serves_bounces(mail: MailServers) -> None:
    sent = a_mail(sender=DESK.address, to=BOUNCING_ADDRESS)

    await asyncio.to_thread(submit, mail, sent)

    report = await mail.wait_for(DESK)
    assert report.get_content_type() == "multipart/report"
    assert sent["Message-ID"] in report.as_string()


async def test_report_of_a_mail_server_names_ours_by_the_id_of_its_envelope(
    mail: MailServers,
) -> None:
    sent = a_mail(sender=DESK.address, to=BOUNCING_ADDRESS)
    ours = f"onethread.{'a1' * 20}.t=o~k@{DESK.address.partition('@')[2]}"
    options = ["RET=HDRS", f"ENVID={write_envelope_id(ours)}"]

    await asyncio.to_thread(submit, mail, sent, options=options)

    report = await mail.wait_for(DESK)
    [settled] = to_events(report.as_bytes(), Reading(own_address=DESK.address))
    assert isinstance(settled, DeliveryReported)
    assert (settled.state, settled.remote_id) == ("failed", ours)


@pytest.mark.parametrize(("address", "code"), [(BUSY_ADDRESS, 451), ("nobody@people.test", 550)])
async def test_a_recipient_is_refused_at_once(
    mail_servers: MailServers, address: str, code: int
) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        await asyncio.to_thread(submit, mail_servers, a_mail(sender=DESK.address, to=address))

    assert refused.value.recipients[address][0] == code


async def test_mail_outlives_a_restart_of_both_servers(mail: MailServers) -> None:
    await mail.deliver(a_mail())
    await mail.wait_for(DESK)

    for server in (mail.dovecot, mail.postfix):
        await asyncio.to_thread(server.stop)
        await asyncio.to_thread(server.start)

    assert len(await mail.read(DESK)) == 1
    await mail.deliver(a_mail(to=BOB.address), to=[BOB.address])
    await mail.wait_for(BOB)
