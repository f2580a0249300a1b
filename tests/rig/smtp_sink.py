"""The other end of the outgoing mail: takes what it is told to, and writes down what it got."""

from __future__ import annotations

import asyncio
import re
import warnings
from collections.abc import Callable
from email import message_from_bytes, policy
from enum import StrEnum
from random import Random

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.rig.ledger import Ledger
from tests.rig.tokens import tokens_in

HOST = "127.0.0.1"


class Answer(StrEnum):
    """What the sink does with a mail whose content it has."""

    TAKE = "take"
    REFUSE_FOR_NOW = "refuse_for_now"
    """451: nothing is kept, and the sender should come again."""
    REFUSE = "refuse"
    """554: nothing is kept, for ever."""
    TAKE_AND_HANG_UP = "take_and_hang_up"
    """It is kept and the answer never arrives (RFC 1047)."""


Script = Callable[[str], Answer]
"""By the token in the text."""


class SmtpSink:
    """Any login is right, `script` decides. A taken mail is in the ledger before the 250."""

    def __init__(
        self, ledger: Ledger, *, script: Script = lambda token: Answer.TAKE, seed: int = 0
    ) -> None:
        self.script = script
        self._ledger = ledger
        self._random = Random(seed)
        self._server: asyncio.Server | None = None
        self._sessions: list[SMTP] = []

    async def start(self, port: int) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._session, HOST, port)

    async def stop(self) -> None:
        if self._server is None:
            return
        self._server.close()
        for session in self._sessions:
            if session.transport is not None:
                session.transport.close()
            if session._handler_coroutine is not None:
                session._handler_coroutine.cancel()
        await asyncio.sleep(0)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        mail = message_from_bytes(content, policy=policy.default)
        found = tokens_in(str(mail.get_body(("plain",)).get_content()))
        token = found[0] if found else ""
        answer = self.script(token)
        if answer is Answer.REFUSE_FOR_NOW:
            return "451 4.3.0 come again"
        if answer is Answer.REFUSE:
            return "554 5.7.1 never"
        recipient = re.sub(r"[<>]", "", envelope.rcpt_tos[0])
        self._ledger.note("heard", token, by=recipient, message_id=str(mail["Message-ID"]))
        # A moment in which a kill makes the outcome unknown.
        await asyncio.sleep(self._random.uniform(0.0, 0.03))
        if answer is Answer.TAKE_AND_HANG_UP:
            assert server.transport is not None
            server.transport.close()
            return "421 4.3.0 gone"
        return "250 2.0.0 taken"

    def _session(self) -> SMTP:
        with warnings.catch_warnings():
            # It warns that logins are not encrypted; on loopback nobody listens.
            warnings.simplefilter("ignore")
            session = SMTP(
                self,
                hostname="sink.test",
                loop=asyncio.get_running_loop(),
                authenticator=lambda *_: AuthResult(success=True),
                auth_required=True,
                auth_require_tls=False,
            )
        self._sessions.append(session)
        return session
