"""Each way in which a server can fail, at each step, is told as what it is."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest

from connectors.email.config import Config
from connectors.email.sending.compose import Outgoing
from connectors.email.sending.session import Patience
from connectors.email.sending.smtp import LONGEST_IDLE, MOST_MAILS, SmtpServer
from core.clock import FakeClock
from core.errors import (
    AuthRefused,
    BadConfig,
    ConnectorError,
    ContentRejected,
    OutcomeUnknown,
    PermanentError,
    RateLimited,
    RecipientGone,
    TransientError,
)
from tests.connectors.email.scripted_smtp import CLOSE, GOOD, HANG, ScriptedSmtp
from tests.waiting import PATIENCE

SOON = 0.15


def patience_with(replies: Mapping[str, str]) -> Patience:
    """Short where this server hangs, and nowhere else: there it would be the machine's fault."""
    hangs = [step for step, reply in replies.items() if reply == HANG]
    match hangs:
        case []:
            return Patience()
        case ["BODY"]:
            return Patience(piece=SOON)
        case ["END"]:
            return Patience(after_dot=SOON)
        case _:
            return Patience(step=SOON)


@asynccontextmanager
async def server(
    changes: Mapping[str, str], **settings: object
) -> AsyncIterator[tuple[ScriptedSmtp, SmtpServer, FakeClock]]:
    scripted = ScriptedSmtp(changes)
    port = await scripted.start()
    clock = FakeClock()
    config = Config.model_validate(
        {
            "address": "help@desk.example",
            "imap_host": "127.0.0.1",
            "imap_security": "none",
            "smtp_host": "127.0.0.1",
            "smtp_port": port,
            "smtp_security": "none",
            "password": "p",
            **settings,
        }
    )
    smtp = SmtpServer(config=config, clock=clock, patience=patience_with(changes))
    try:
        yield scripted, smtp, clock
    finally:
        await smtp.close()
        await scripted.stop()


def mail(
    recipient: str = "ann@people.example",
    *,
    raw: bytes = b"Subject: s\r\n\r\nhello\r\n.\r\n..x\r\n",
    needs_utf8: bool = False,
) -> Outgoing:
    return Outgoing(
        message_id="id@desk.example",
        sender="help@desk.example",
        recipient=recipient,
        raw=raw,
        needs_utf8=needs_utf8,
    )


TABLE: list[tuple[str, str, type[ConnectorError]]] = [
    ("GREETING", "421 4.3.2 busy", TransientError),
    ("GREETING", "554 5.0.0 no", TransientError),
    ("GREETING", HANG, TransientError),
    ("GREETING", CLOSE, TransientError),
    ("EHLO", HANG, TransientError),
    ("EHLO", CLOSE, TransientError),
    ("AUTH", "535 5.7.8 wrong", AuthRefused),
    ("AUTH", "534 5.7.9 use an app password", AuthRefused),
    ("AUTH", "454 4.7.0 later", TransientError),
    ("AUTH", HANG, TransientError),
    ("AUTH", CLOSE, TransientError),
    ("MAIL", "530 5.7.0 log in first", AuthRefused),
    ("MAIL", "421 4.4.2 timeout", TransientError),
    ("MAIL", "451 4.3.0 later", TransientError),
    ("MAIL", "450 4.7.28 rate limit exceeded", RateLimited),
    ("MAIL", "552 5.3.4 too big", ContentRejected),
    ("MAIL", "553 5.7.1 not your address", BadConfig),
    ("MAIL", HANG, TransientError),
    ("MAIL", CLOSE, TransientError),
    ("RCPT", "550 5.1.1 no such mailbox", RecipientGone),
    ("RCPT", "550 5.1.10 not found", RecipientGone),
    ("RCPT", "550 User unknown", RecipientGone),
    ("RCPT", "550 5.2.1 mailbox disabled", RecipientGone),
    ("RCPT", "550 5.7.1 refused by policy", PermanentError),
    ("RCPT", "554 5.7.1 Relay access denied", PermanentError),
    ("RCPT", "552 5.2.2 mailbox full", PermanentError),
    ("RCPT", "450 4.2.0 greylisted", TransientError),
    ("RCPT", "452 4.5.3 too many recipients", RateLimited),
    ("RCPT", "452 4.2.2 Quota exceeded (mailbox for user is full)", TransientError),
    ("RCPT", "451 4.3.0 cannot generate an answer", TransientError),
    ("RCPT", HANG, TransientError),
    ("RCPT", CLOSE, TransientError),
    ("DATA", "451 4.3.0 later", TransientError),
    ("DATA", "554 5.5.1 no valid recipients", ContentRejected),
    ("DATA", "421 4.3.2 shutting down", TransientError),
    ("DATA", HANG, TransientError),
    ("DATA", CLOSE, TransientError),
    ("END", "451 4.3.0 later", TransientError),
    ("END", "452 4.2.2 Quota exceeded (mailbox for user is full)", TransientError),
    ("END", "421 4.3.2 shutting down", TransientError),
    ("END", "550 5.7.1 spam", ContentRejected),
    ("END", "what is this", OutcomeUnknown),
    ("END", "552 5.3.4 too big", ContentRejected),
    ("END", "554 5.6.0 content", ContentRejected),
    ("END", HANG, OutcomeUnknown),
    ("END", CLOSE, OutcomeUnknown),
]


@pytest.mark.parametrize(("step", "reply", "error"), TABLE, ids=lambda value: str(value)[:30])
async def test_failure_is_told_as_what_it_is(
    step: str, reply: str, error: type[ConnectorError]
) -> None:
    async with server({step: reply}) as (_, smtp, _):
        with pytest.raises(ConnectorError) as raised:
            await smtp.send(mail())
        exact = type(raised.value)
        assert exact is error
        assert str(raised.value).strip()


async def test_recipient_that_is_refused_for_now_says_when_to_come_back() -> None:
    async with server({"RCPT": "450 4.2.0 Greylisted, come back later"}) as (_, smtp, _):
        with pytest.raises(TransientError) as raised:
            await smtp.send(mail())
        assert raised.value.retry_after is not None


async def test_mail_arrives_whole_with_its_dots() -> None:
    async with server({}) as (scripted, smtp, _):
        await smtp.send(mail())
        assert scripted.mails == [b"Subject: s\r\n\r\nhello\r\n..\r\n...x\r\n.\r\n"]


async def test_transaction_has_one_recipient() -> None:
    async with server({}) as (scripted, smtp, _):
        await smtp.send(mail())
        await smtp.send(mail("bea@people.example"))
        assert scripted.verbs.count("MAIL") == scripted.verbs.count("RCPT") == 2


@pytest.mark.parametrize("step", ["RCPT", "DATA", "END"])
async def test_refusal_leaves_the_connection_good_for_the_next_mail(step: str) -> None:
    async with server({step: "550 5.7.1 no"}) as (scripted, smtp, _):
        with pytest.raises(PermanentError):
            await smtp.send(mail())
        scripted.replies[step] = GOOD[step]
        await smtp.send(mail("bea@people.example"))
        assert scripted.connections == 1
        assert scripted.verbs[scripted.verbs.index("RSET") + 1] == "MAIL"


async def test_connection_that_carried_many_mails_is_replaced() -> None:
    async with server({}) as (scripted, smtp, _):
        for _ in range(MOST_MAILS + 1):
            await smtp.send(mail())
        assert scripted.connections == 2


async def test_kept_connection_of_which_the_server_has_enough_is_replaced() -> None:
    async with server({}) as (scripted, smtp, _):
        await smtp.send(mail())
        scripted.once["MAIL"] = "421 4.7.0 too many messages on this connection"
        await smtp.send(mail())
        assert (scripted.connections, len(scripted.mails)) == (2, 2)


async def test_no_more_connections_are_open_than_the_account_may_have() -> None:
    async with server({}, smtp_connections=2) as (scripted, smtp, _):
        await asyncio.gather(*(smtp.send(mail()) for _ in range(6)))
        assert (scripted.connections, len(scripted.mails)) == (2, 6)


async def test_one_mail_that_hangs_does_not_hold_up_the_next() -> None:
    hang = {"RCPT TO:<ann@people.example>": HANG}
    async with server(hang, smtp_connections=2) as (scripted, smtp, _):
        smtp.patience = Patience()
        stuck = asyncio.ensure_future(smtp.send(mail()))
        async with asyncio.timeout(PATIENCE):
            await smtp.send(mail("bea@people.example"))
        assert len(scripted.mails) == 1
        stuck.cancel()
        await asyncio.gather(stuck, return_exceptions=True)


LARGE = b"Subject: s\r\n\r\n" + b"x" * 70 + b"\r\n" + b"line of it\r\n" * 1_500_000


async def test_server_that_stops_reading_before_the_end_has_not_taken_the_mail() -> None:
    async with server({"BODY": HANG}) as (scripted, smtp, _):
        with pytest.raises(TransientError):
            await smtp.send(mail(raw=LARGE))
        assert scripted.mails == []


async def test_connection_lost_in_the_middle_of_a_mail_means_nothing_was_sent() -> None:
    async with server({"BODY": CLOSE}) as (scripted, smtp, _):
        with pytest.raises(TransientError):
            await smtp.send(mail(raw=LARGE))
        assert scripted.mails == []


async def test_answer_in_the_middle_of_a_mail_is_a_refusal() -> None:
    async with server({"BODY": "552 5.3.4 too big, stop"}) as (scripted, smtp, _):
        with pytest.raises(ContentRejected, match="too big, stop"):
            await smtp.send(mail(raw=LARGE))
        scripted.replies["BODY"] = ""
        await smtp.send(mail())
        assert (scripted.connections, len(scripted.mails)) == (2, 1)


async def test_host_that_answers_no_connection_is_given_up_before_anything_is_sent() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        try:
            for one in waiting:  # the queue of those to be accepted is full: more get no answer
                one.setblocking(False)
                one.connect_ex(("127.0.0.1", port))
            async with server({}, smtp_port=port) as (_, smtp, _):
                smtp.patience = Patience(step=SOON)
                with pytest.raises(TransientError, match="no answer"):
                    await smtp.send(mail())
        finally:
            for one in waiting:
                one.close()


async def test_slow_server_is_given_up_before_anything_is_sent() -> None:
    async with server({}) as (scripted, smtp, _):
        smtp.patience = Patience(before_content=0.1)
        scripted.replies["EHLO"] = HANG
        with pytest.raises(TransientError, match="too slow"):
            await smtp.send(mail())


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        ("550 5.1.1 <ann@people.example>", "This address does not exist."),
        ("550 User unknown", "This address does not exist."),
        ("552 5.2.2 over quota", "Their mailbox is full."),
        ("550 5.7.26 unauthenticated", "not signed for its domain"),
        ("550 5.1.10 null MX", "This domain takes no mail."),
        ("553 unintelligible", "The mail server refuses the mail."),
    ],
)
async def test_refusal_is_said_in_words_and_in_the_servers_own(reply: str, sentence: str) -> None:
    async with server({"RCPT": reply}) as (_, smtp, _):
        with pytest.raises(PermanentError) as raised:
            await smtp.send(mail())
        assert sentence in str(raised.value)
        assert reply in str(raised.value)


async def test_address_with_letters_outside_ascii_goes_where_the_server_takes_it() -> None:
    able = "250-mx\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 AUTH PLAIN"
    async with server({"EHLO": able}) as (scripted, smtp, _):
        await smtp.send(mail("用户@people.example", needs_utf8=True))
        assert "RCPT TO:<用户@people.example>" in scripted.lines
        assert any(line.endswith("BODY=8BITMIME SMTPUTF8") for line in scripted.lines)
    async with server({}) as (scripted, smtp, _):
        with pytest.raises(PermanentError, match=r"outside ASCII.*Nothing was sent: answer by"):
            await smtp.send(mail("用户@people.example", needs_utf8=True))
        assert "MAIL" not in scripted.verbs


async def test_second_mail_takes_the_same_connection() -> None:
    async with server({}) as (scripted, smtp, _):
        await smtp.send(mail())
        await smtp.send(mail())
        assert (scripted.connections, len(scripted.mails)) == (1, 2)


async def test_connection_that_was_idle_too_long_is_not_used_again() -> None:
    async with server({}) as (scripted, smtp, clock):
        await smtp.send(mail())
        await clock.sleep(LONGEST_IDLE + 1)
        await smtp.send(mail())
        assert scripted.connections == 2


async def test_kept_connection_that_the_server_closed_is_replaced_within_the_attempt() -> None:
    async with server({}) as (scripted, smtp, _):
        await smtp.send(mail())
        scripted.drop()
        await asyncio.sleep(0)
        await smtp.send(mail())
        assert len(scripted.mails) == 2


async def test_mail_larger_than_the_server_takes_is_refused_before_it_leaves() -> None:
    async with server({"EHLO": "250-mx\r\n250-SIZE 10\r\n250 AUTH PLAIN"}) as (scripted, smtp, _):
        with pytest.raises(ContentRejected):
            await smtp.send(mail())
        assert "MAIL" not in scripted.verbs


async def test_starttls_that_is_not_offered_is_never_replaced_by_plain_text() -> None:
    async with server({}, smtp_security="starttls") as (scripted, smtp, _):
        with pytest.raises(BadConfig, match="STARTTLS"):
            await smtp.send(mail())
        assert "AUTH" not in scripted.verbs


async def test_server_without_login_is_a_setting_to_mend() -> None:
    async with server({"EHLO": "250 mx"}) as (_, smtp, _):
        with pytest.raises(BadConfig, match="smtp_login"):
            await smtp.send(mail())


async def test_relay_without_login_is_used_without_one() -> None:
    async with server({"EHLO": "250 mx"}, smtp_login=False) as (scripted, smtp, _):
        await smtp.send(mail())
        assert "AUTH" not in scripted.verbs


async def test_tls_at_a_port_without_it_is_a_setting_to_mend() -> None:
    async with server({}, smtp_security="tls") as (_, smtp, _):
        with pytest.raises((BadConfig, TransientError)):
            await smtp.send(mail())


async def test_cancelled_send_leaves_no_connection_behind() -> None:
    async with server({"END": HANG}) as (_, smtp, _):
        smtp.patience = Patience()
        sending = asyncio.ensure_future(smtp.send(mail()))
        await asyncio.sleep(0.05)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        assert smtp._kept == []
