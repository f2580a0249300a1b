"""Handing mails to the outgoing server, one attempt at a time, over a few kept connections."""

import contextlib
from dataclasses import dataclass, field

import aiosmtplib

from connectors.email.config import Config
from connectors.email.errors import Step, from_smtp
from connectors.email.reading.addresses import domain_of
from connectors.email.sending.compose import Outgoing
from connectors.email.tls import make_tls
from core.clock import Clock
from core.errors import ContentRejected

STEP_TIMEOUT = 30.0
CONTENT_TIMEOUT = 100.0
"""RFC 5321 asks for ten minutes at the final dot; a claim on a delivery lasts two."""
LONGEST_IDLE = 20.0
"""Seconds that a connection is kept unused: servers close older ones without a word."""
MAX_KEPT = 2
QUIT_TIMEOUT = 1.0


@dataclass(slots=True)
class _Session:
    client: aiosmtplib.SMTP
    used_at: float
    is_fresh: bool = True


@dataclass(slots=True)
class SmtpServer:
    """The outgoing server of one account. One connection carries one mail at a time."""

    config: Config
    clock: Clock
    step_timeout: float = STEP_TIMEOUT
    content_timeout: float = CONTENT_TIMEOUT
    _kept: list[_Session] = field(default_factory=list)
    _is_closed: bool = False

    async def send(self, mail: Outgoing) -> dict[str, str]:
        """Copies that were refused, while the main recipient was taken. Raises ConnectorError.

        Nothing was sent before the content began; once it began and no answer came, it is unknown.
        """
        session = await self._session()
        is_done = False
        try:
            try:
                refused = await self._announce(session, mail)
            except (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPReadTimeoutError):
                if session.is_fresh:
                    raise
                # A kept connection had gone stale; nothing of this mail had left.
                session.client.close()
                session = await self._connected()
                refused = await self._announce(session, mail)
            await self._hand_over(session, mail)
            is_done = True
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            raise from_smtp(error, Step.RECIPIENT, self.config.smtp_host) from error
        finally:
            self._give_back(session, is_usable=is_done)
        return refused

    async def verify(self) -> None:
        """Connects and logs in. Raises ConnectorError."""
        self._give_back(await self._connected(), is_usable=True)

    async def close(self) -> None:
        self._is_closed = True
        while self._kept:
            client = self._kept.pop().client
            with contextlib.suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
                await client.quit(timeout=QUIT_TIMEOUT)
            client.close()

    async def _announce(self, session: _Session, mail: Outgoing) -> dict[str, str]:
        client = session.client
        limit = client.esmtp_extensions.get("size", "")
        if limit.isdigit() and 0 < int(limit) < len(mail.raw):
            raise ContentRejected(
                f"The mail has {len(mail.raw)} bytes, the mail server takes {limit}."
            )
        try:
            await client.mail(mail.sender)
        except aiosmtplib.SMTPResponseException as error:
            raise from_smtp(error, Step.MAIL, self.config.smtp_host) from error
        try:
            await client.rcpt(mail.recipient)
        except aiosmtplib.SMTPResponseException as error:
            raise from_smtp(error, Step.RECIPIENT, self.config.smtp_host) from error
        refused: dict[str, str] = {}
        for copy in mail.copies:
            try:
                await client.rcpt(copy)
            except aiosmtplib.SMTPResponseException as error:
                refused[copy] = f"{error.code} {' '.join(error.message.split())[:300]}"
        return refused

    async def _hand_over(self, session: _Session, mail: Outgoing) -> None:
        try:
            await session.client.data(mail.raw, timeout=self.content_timeout)
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            raise from_smtp(error, Step.CONTENT, self.config.smtp_host) from error

    async def _session(self) -> _Session:
        while self._kept:
            session = self._kept.pop()
            age = self.clock.monotonic() - session.used_at
            if age <= LONGEST_IDLE and session.client.is_connected:
                session.is_fresh = False
                return session
            session.client.close()
        return await self._connected()

    async def _connected(self) -> _Session:
        config = self.config
        is_tls = config.smtp_security == "tls"
        context = await make_tls(config) if config.smtp_security != "none" else None
        client = aiosmtplib.SMTP(
            hostname=config.smtp_host,
            port=config.smtp_port,
            use_tls=is_tls,
            start_tls=config.smtp_security == "starttls",
            tls_context=context,
            timeout=self.step_timeout,
            # Not the machine's own name: that needs a look-up, and tells where we run.
            local_hostname=domain_of(config.address),
        )
        step = Step.CONNECT
        try:
            await client.connect()
            step = Step.LOGIN
            if config.smtp_login:
                await client.login(config.smtp_login_name, config.smtp_secret.get_secret_value())
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            client.close()
            raise from_smtp(error, step, config.smtp_host) from error
        except BaseException:
            client.close()
            raise
        return _Session(client=client, used_at=self.clock.monotonic())

    def _give_back(self, session: _Session, *, is_usable: bool) -> None:
        if is_usable and not self._is_closed and len(self._kept) < MAX_KEPT:
            session.used_at = self.clock.monotonic()
            self._kept.append(session)
        else:
            session.client.close()
