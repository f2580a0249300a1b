"""Handing mails to the outgoing server, one attempt at a time, over a few kept connections."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from connectors.email.config import Config
from connectors.email.errors import from_smtp
from connectors.email.oauth import TokenSource
from connectors.email.sending.compose import Outgoing
from connectors.email.sending.session import SMTP_FAILURES, Patience, Session, connect
from connectors.email.sending.steps import Step
from connectors.email.tls import make_tls
from core.clock import Clock
from core.errors import AuthRefused, ConnectorError, TransientError

LONGEST_IDLE = 20.0
"""Seconds that a connection is kept unused: servers close older ones without a word."""
MOST_MAILS = 50
"""On one connection: several servers end it at a hundred."""
QUIT_TIMEOUT = 1.0


@dataclass(slots=True)
class SmtpServer:
    """The outgoing server of one account. One connection carries one mail at a time."""

    config: Config
    clock: Clock
    tokens: TokenSource | None = None
    patience: Patience = field(default_factory=Patience)
    _kept: list[Session] = field(default_factory=list)
    _tls: ssl.SSLContext | None = None
    _room: asyncio.Semaphore = field(init=False)
    _sweep: asyncio.TimerHandle | None = None
    _is_closed: bool = False

    def __post_init__(self) -> None:
        self._room = asyncio.Semaphore(self.config.smtp_connections)

    async def send(self, mail: Outgoing) -> str:
        """The server has taken it, for its one recipient; what it says to that. Raises
        ConnectorError.

        OutcomeUnknown only if the final dot may have left us; anything else means: nothing sent.
        """
        async with self._room:
            session = await self._announced(mail)
            try:
                said = await session.hand_over(mail)
            except (ConnectorError, *SMTP_FAILURES) as error:
                self._give_back(session)
                if isinstance(error, ConnectorError):
                    raise
                raise from_smtp(error, Step.CONTENT, self.config.smtp_host) from error
            except BaseException:
                session.abort()
                raise
            self._give_back(session)
            return said

    async def verify(self) -> None:
        """Connects and logs in. Raises ConnectorError."""
        async with self._room, self._in_time():
            self._give_back(await self._connected())

    async def close(self) -> None:
        self._is_closed = True
        if self._sweep is not None:
            self._sweep.cancel()
        kept, self._kept = self._kept, []
        await asyncio.gather(*(session.quit(QUIT_TIMEOUT) for session in kept))

    async def _announced(self, mail: Outgoing) -> Session:
        """A session in which the server waits for DATA."""
        async with self._in_time():
            session = self._kept_session()
            if session is not None:
                try:
                    await self._announce(session, mail)
                except ConnectorError:
                    if session.is_alive:
                        raise
                    # It was stale, or the server had enough of it. Nothing of this mail had left.
                else:
                    return session
            session = await self._connected()
            await self._announce(session, mail)
            return session

    async def _announce(self, session: Session, mail: Outgoing) -> None:
        try:
            await session.announce(mail)
        except ConnectorError:
            self._give_back(session)
            raise
        except SMTP_FAILURES as error:
            session.abort()
            raise from_smtp(error, Step.RECIPIENT, self.config.smtp_host) from error
        except BaseException:
            session.abort()
            raise

    def _kept_session(self) -> Session | None:
        while self._kept:
            session = self._kept.pop()
            if session.is_alive and self._age(session) <= LONGEST_IDLE:
                return session
            session.abort()
        return None

    async def _connected(self) -> Session:
        if self._tls is None and self.config.smtp_security != "none":
            self._tls = await make_tls(self.config)
        if self.tokens is None:
            return await connect(self.config, self._tls, None, self.patience)
        token = await self.tokens.token()
        try:
            return await connect(self.config, self._tls, token, self.patience)
        except AuthRefused:
            # It may have been withdrawn before its time; a new one cannot have been.
            self.tokens.forget(token)
        token = await self.tokens.token()
        return await connect(self.config, self._tls, token, self.patience)

    def _give_back(self, session: Session) -> None:
        if not session.is_alive or session.mails >= MOST_MAILS or self._is_closed:
            session.abort()
            return
        session.used_at = self.clock.monotonic()
        self._kept.append(session)
        if self._sweep is None:
            loop = asyncio.get_running_loop()
            self._sweep = loop.call_later(LONGEST_IDLE + 1, self._drop_idle)

    def _drop_idle(self) -> None:
        """Some servers count connections that only wait against those that they allow."""
        self._sweep = None
        for session in [one for one in self._kept if self._age(one) > LONGEST_IDLE]:
            self._kept.remove(session)
            session.abort()
        if self._kept:
            loop = asyncio.get_running_loop()
            self._sweep = loop.call_later(LONGEST_IDLE + 1, self._drop_idle)

    def _age(self, session: Session) -> float:
        return self.clock.monotonic() - session.used_at

    @contextlib.asynccontextmanager
    async def _in_time(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self.patience.before_content) as limit:
                yield
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise TransientError("The outgoing mail server is too slow.") from error
