"""Sending is encrypted as the settings say: never less, and never to somebody else."""

from pathlib import Path

import pytest

from connectors.email.config import Config
from connectors.email.sending.compose import Outgoing
from connectors.email.sending.session import Patience
from connectors.email.sending.smtp import SmtpServer
from core.clock import FakeClock
from core.errors import BadConfig, ConnectorError, TransientError
from tests.connectors.email.scripted_smtp import CLOSE, HANG, ScriptedSmtp
from tests.connectors.email.test_tls import certificate, server_context

OFFERS = {
    "EHLO": "250-mx\r\n250-STARTTLS\r\n250 AUTH PLAIN",
    "STARTTLS": "220 2.0.0 go on",
}
SECRETS = {"AUTH", "MAIL", "RCPT", "DATA"}
MAIL = Outgoing(
    message_id="id@desk.example",
    sender="help@desk.example",
    recipient="ann@people.example",
    raw=b"Subject: s\r\n\r\nhello\r\n",
)


async def send(port: int, ca: str, *, patience: Patience | None = None) -> None:
    config = Config.model_validate(
        {
            "address": "help@desk.example",
            "imap_host": "127.0.0.1",
            "imap_security": "none",
            "smtp_host": "127.0.0.1",
            "smtp_port": port,
            "smtp_security": "starttls",
            "password": "right",
            "ca_certificate": ca,
        }
    )
    smtp = SmtpServer(config=config, clock=FakeClock(), patience=patience or Patience(step=5.0))
    try:
        await smtp.send(MAIL)
    finally:
        await smtp.close()


async def test_login_and_mail_are_said_behind_the_encryption(tmp_path: Path) -> None:
    pem = certificate("127.0.0.1")
    async with ScriptedSmtp(OFFERS).running() as scripted:
        scripted.tls = server_context(tmp_path, pem)
        await send(scripted.port, pem[0])
        assert len(scripted.mails) == 1
        before = scripted.verbs[: scripted.verbs.index("(encrypted)")]
        assert before == ["EHLO", "STARTTLS"]
        # What was said of abilities in the clear proves nothing: they are asked for again.
        assert scripted.verbs[len(before) + 1] == "EHLO"


@pytest.mark.parametrize(
    "changes",
    [
        {"EHLO": "250-mx\r\n250 AUTH PLAIN"},
        {"STARTTLS": "454 4.7.0 TLS not available"},
        {"STARTTLS": "502 5.5.1 unknown"},
        {"EHLO": "502 5.5.1 unknown", "HELO": "250 mx"},
    ],
    ids=["not offered", "not now", "not known", "no EHLO"],
)
async def test_without_encryption_nothing_secret_is_said(changes: dict[str, str]) -> None:
    async with ScriptedSmtp({**OFFERS, **changes}).running() as scripted:
        with pytest.raises(ConnectorError):
            await send(scripted.port, "")
        assert not SECRETS & set(scripted.verbs)


@pytest.mark.parametrize("trouble", [HANG, CLOSE])
@pytest.mark.parametrize("step", ["EHLO", "STARTTLS"])
async def test_server_that_fails_before_the_encryption_is_tried_again_later(
    step: str, trouble: str
) -> None:
    async with ScriptedSmtp({**OFFERS, step: trouble}).running() as scripted:
        with pytest.raises(TransientError):
            await send(scripted.port, "", patience=Patience(step=0.2))
        assert not SECRETS & set(scripted.verbs)


async def test_answers_put_before_the_encryption_count_for_nothing(tmp_path: Path) -> None:
    pem = certificate("127.0.0.1")
    async with ScriptedSmtp(OFFERS).running() as scripted:
        scripted.tls = server_context(tmp_path, pem)
        scripted.replies["STARTTLS"] += "\r\n235 2.7.0 logged in\r\n250 2.0.0 injected"
        try:
            await send(scripted.port, pem[0])
        except ConnectorError:
            assert not SECRETS & set(scripted.verbs)
        else:
            assert scripted.verbs.count("AUTH") == 1
            assert len(scripted.mails) == 1


@pytest.mark.parametrize("name", ["other.example", "127.0.0.2"])
async def test_certificate_for_another_name_is_refused(tmp_path: Path, name: str) -> None:
    pem = certificate(name)
    async with ScriptedSmtp(OFFERS).running() as scripted:
        scripted.tls = server_context(tmp_path, pem)
        with pytest.raises(BadConfig, match="not valid for that name"):
            await send(scripted.port, pem[0])
        assert not SECRETS & set(scripted.verbs)


async def test_certificate_of_an_unknown_authority_is_refused(tmp_path: Path) -> None:
    pem = certificate("127.0.0.1")
    async with ScriptedSmtp(OFFERS).running() as scripted:
        scripted.tls = server_context(tmp_path, pem)
        with pytest.raises((BadConfig, TransientError)):
            await send(scripted.port, "")
        assert not SECRETS & set(scripted.verbs)
