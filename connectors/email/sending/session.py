"""One connection with the outgoing server: encrypted, logged in, used for one mail at a time.

Not `SMTP.data`, which writes content and final dot at once: then a connection that breaks during a
long content leaves us not knowing what we do know, that nothing was sent.
"""

import asyncio
import contextlib
import ssl
from dataclasses import dataclass
from typing import Any, Self

import aiosmtplib
from aiosmtplib.protocol import SMTPProtocol, normalize_message_line_endings

from connectors.email.config import Config
from connectors.email.envelope_id import write_envelope_id
from connectors.email.errors import from_smtp
from connectors.email.reading.addresses import domain_of
from connectors.email.sending.compose import Outgoing
from connectors.email.sending.refusals import from_reply
from connectors.email.sending.steps import Step
from core.errors import ContentRejected, OutcomeUnknown, PermanentError, TransientError

PIECE = 64 * 1024
SMTP_FAILURES = (aiosmtplib.SMTPException, OSError, TimeoutError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds. RFC 5321, 4.5.3.2 asks for the last two; before the dot a new try costs nothing."""

    step: float = 60.0
    """One reply: greeting, EHLO, STARTTLS, AUTH, MAIL, RCPT, DATA."""
    before_content: float = 180.0
    """All of these together."""
    piece: float = 180.0
    """Until the server has taken a piece of the content."""
    after_dot: float = 600.0

    @classmethod
    def of(cls, step: float, after_dot: float) -> Self:
        return cls(step=step, before_content=3 * step, piece=3 * step, after_dot=after_dot)


@dataclass(slots=True, eq=False)
class Session:
    """Logged in."""

    client: aiosmtplib.SMTP
    host: str
    patience: Patience
    used_at: float = 0.0
    mails: int = 0
    is_dirty: bool = False
    """A transaction was begun and not ended."""
    is_amid_content: bool = False

    @property
    def is_alive(self) -> bool:
        """The server listens for a command."""
        return self.client.is_connected and not self.is_amid_content

    def abort(self) -> None:
        """Closed at once. What is still in our buffers, a final dot included, never leaves."""
        transport = self.client.transport
        if transport is not None:
            with contextlib.suppress(AttributeError):
                transport.abort()  # type: ignore[attr-defined]  # every transport of a stream has it
        self.client.close()

    async def announce(self, mail: Outgoing) -> None:
        """MAIL and the one RCPT. Raises ConnectorError, or a loss as aiosmtplib does."""
        client = self.client
        limit = client.esmtp_extensions.get("size", "")
        if limit.isdigit() and 0 < int(limit) < len(mail.raw):
            raise ContentRejected(
                f"The mail has {len(mail.raw)} bytes, the mail server takes {limit}."
            )
        if self.is_dirty:
            await self._command(b"RSET", Step.MAIL)
        self.is_dirty = True
        options = [f"SIZE={len(mail.raw)}".encode()] if limit.isdigit() else []
        if mail.needs_utf8:
            if not client.supports_extension("smtputf8"):
                raise PermanentError(
                    "Your mail server takes no address with letters outside ASCII before the @"
                    " (SMTPUTF8). Nothing was sent: answer by another channel, or ask for another"
                    " address."
                )
            options += [b"BODY=8BITMIME", b"SMTPUTF8"]
        envelope_id = write_envelope_id(mail.message_id)
        if envelope_id is not None and client.supports_extension("dsn"):
            # What comes back then names our mail, also where a relay gives it another Message-ID.
            options += [b"RET=HDRS", b"ENVID=" + envelope_id.encode()]
        await self._command(b"MAIL FROM:<" + mail.sender.encode() + b">", Step.MAIL, *options)
        await self._command(b"RCPT TO:<" + mail.recipient.encode() + b">", Step.RECIPIENT)

    async def hand_over(self, mail: Outgoing) -> str:
        """The mail is the server's; what it says to that. Raises OutcomeUnknown only once the
        final dot may have left.
        """
        await self._command(b"DATA", Step.CONTENT, good=(354,))
        protocol = self.client.protocol
        if protocol is None:
            raise TransientError("The connection broke before the mail was handed over.")
        content = await asyncio.to_thread(stuffed, mail.raw)
        self.is_amid_content = True
        answer = asyncio.ensure_future(protocol.read_response())
        try:
            for start in range(0, len(content), PIECE):
                await self._write(protocol, content[start : start + PIECE], answer)
            said = await self._end(protocol, answer)
        finally:
            answer.cancel()
            await asyncio.gather(answer, return_exceptions=True)
        self.is_dirty = False
        self.mails += 1
        return said

    async def quit(self, seconds: float) -> None:
        with contextlib.suppress(*SMTP_FAILURES):
            await self.client.quit(timeout=seconds)
        self.abort()

    async def _command(
        self, command: bytes, step: Step, *options: bytes, good: tuple[int, ...] = (250, 251)
    ) -> None:
        reply = await self.client.execute_command(command, *options, timeout=self.patience.step)
        if reply.code in good:
            return
        if reply.code == 421:
            # The server ends the session with it (RFC 5321, 3.8).
            self.abort()
        if reply.code < 400:
            raise TransientError(f"The mail server answers out of turn: {reply.code}.")
        raise from_reply(reply.code, reply.message, step)

    async def _write(
        self,
        protocol: SMTPProtocol,
        piece: bytes,
        answer: "asyncio.Future[aiosmtplib.SMTPResponse]",
    ) -> None:
        """The piece is on its way. Raises what an answer in the middle of it means."""
        protocol.write(piece)
        taken = asyncio.ensure_future(_drained(protocol))
        try:
            waits: set[asyncio.Future[Any]] = {taken, answer}
            await asyncio.wait(
                waits, timeout=self.patience.piece, return_when=asyncio.FIRST_COMPLETED
            )
            if answer.done():
                reply = answer.result()
                raise from_reply(max(reply.code, 400), reply.message, Step.CONTENT)
            if not taken.done():
                raise TransientError("The mail server stopped taking the mail in the middle of it.")
            taken.result()
        finally:
            taken.cancel()
            await asyncio.gather(taken, return_exceptions=True)

    async def _end(
        self,
        protocol: SMTPProtocol,
        answer: "asyncio.Future[aiosmtplib.SMTPResponse]",
    ) -> str:
        # From here on only a whole answer tells; or bytes of ours that are still here.
        protocol.write(b".\r\n")
        try:
            async with asyncio.timeout(self.patience.after_dot):
                reply = await asyncio.shield(answer)
        except SMTP_FAILURES as error:
            if _has_unsent(protocol):
                raise TransientError(
                    "The mail server stopped taking the mail before its end."
                ) from error
            raise OutcomeUnknown(
                "The connection broke while the mail was being handed over; it may have gone out.",
                detail=f"{type(error).__name__}: {error}"[:500],
            ) from error
        self.is_amid_content = False
        if reply.code == 421:
            self.abort()
        if not 200 <= reply.code < 300:
            raise from_reply(max(reply.code, 400), reply.message, Step.CONTENT)
        return reply.message


async def connect(
    config: Config,
    tls: ssl.SSLContext | None,
    token: str | None,
    patience: Patience,
) -> Session:
    """Encrypted as the settings say and never less; logged in. Raises ConnectorError."""
    client = aiosmtplib.SMTP(
        hostname=config.smtp_host,
        port=config.smtp_port,
        use_tls=config.smtp_security == "tls",
        start_tls=config.smtp_security == "starttls",
        tls_context=tls,
        timeout=patience.step,
        # Not the machine's own name: that needs a look-up, and tells where we run.
        local_hostname=domain_of(config.address),
    )
    session = Session(client=client, host=config.smtp_host, patience=patience)
    step = Step.CONNECT
    try:
        await client.connect()
        step = Step.LOGIN
        if config.smtp_login and token is not None:
            await client.auth_xoauth2(config.smtp_login_name, token)
        elif config.smtp_login:
            await client.login(config.smtp_login_name, config.smtp_secret.get_secret_value())
    except SMTP_FAILURES as error:
        session.abort()
        raise from_smtp(error, step, config.smtp_host) from error
    except BaseException:
        session.abort()
        raise
    return session


def stuffed(raw: bytes) -> bytes:
    """With every line ended by CRLF and dots at their start doubled (RFC 5321, 4.5.2).

    By counting and replacing, which take milliseconds where an expression takes half a second.
    """
    ends = raw.count(b"\r\n")
    if not raw.endswith(b"\r\n") or ends != raw.count(b"\n") or ends != raw.count(b"\r"):
        raw = normalize_message_line_endings(raw)
    return (b"." if raw.startswith(b".") else b"") + raw.replace(b"\r\n.", b"\r\n..")


async def _drained(protocol: SMTPProtocol) -> None:
    """What `StreamWriter.drain` does with a protocol of this kind."""
    await protocol._drain_helper()


def _has_unsent(protocol: SMTPProtocol) -> bool:
    """Whether our last bytes are certainly still here. Other loops' transports share no base."""
    size = getattr(protocol.transport, "get_write_buffer_size", None)
    return size is not None and size() > 0
