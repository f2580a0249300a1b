"""The sandbox's servers: pymap for reading, aiosmtpd for sending, both on loopback."""

import asyncio
import contextlib
import contextvars
import logging
import warnings
from argparse import Namespace
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from proxyprotocol.noop import ProxyProtocolNoop
from proxyprotocol.reader import ProxyProtocolReader
from pymap.backend.dict import Config as PymapConfig
from pymap.backend.dict import Login
from pymap.backend.dict.filter import FilterSet
from pymap.backend.dict.mailbox import MailboxData, MailboxSet
from pymap.concurrent import Subsystem
from pymap.imap import IMAPServer
from pymap.parsing.message import AppendMessage
from pymap.user import UserMetadata
from pysasl.hashing import Cleartext

HOST = "127.0.0.1"
SENT_FOLDER = "Sent"
MAX_MAIL = 40 * 1024 * 1024

Take = Callable[[str, list[str], bytes], Awaitable[None]]


class ImapServer:
    """One mailbox, kept in memory; whoever owns it appends its mails."""

    def __init__(self, login_name: str, password: str, uid_validity: int) -> None:
        self._login_name = login_name
        self._password = password
        self._uid_validity = uid_validity
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[Any]] = set()
        # pymap keeps its settings in context variables; this is where they live.
        self._context = contextvars.copy_context()
        self._inbox: MailboxData | None = None
        self._sent: MailboxData | None = None
        self._config: Any = None

    async def start(self, port: int) -> int:
        """Returns the port that was taken: the wanted one if it is free."""
        taken: int = await self._within(self._start(port))
        return taken

    async def append(self, raw: bytes, at: datetime) -> None:
        await self._within(self._append(self._inbox, raw, at))

    async def file_sent(self, raw: bytes, at: datetime) -> None:
        """Among the sent mails, as large providers do with all that leaves by them."""
        await self._within(self._append(self._sent, raw, at))

    def renumber(self, uid_validity: int) -> None:
        """The folder is as if made anew: every UID known so far is void."""
        if self._inbox is not None:
            self._inbox._uid_validity = uid_validity

    def drop_connections(self) -> None:
        for task in list(self._connections):
            task.cancel()

    async def stop(self) -> None:
        if self._server is None:
            return
        server, self._server = self._server, None
        server.close()
        self.drop_connections()
        await asyncio.gather(*self._connections, return_exceptions=True)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await server.wait_closed()

    def set_password(self, password: str) -> None:
        self._login.users_dict[self._login_name] = UserMetadata(
            self._config, self._login_name, password=password
        )

    async def _start(self, port: int) -> int:
        arguments = Namespace(passlib_cfg=None, proxy_protocol=None)
        self._config = PymapConfig(
            arguments,
            host=HOST,
            port=port,
            demo_data=False,
            demo_user="",
            demo_password="",
            tls_enabled=False,
            hash_context=Cleartext(),
            # Comparing two texts needs no threads, and so leaves none behind.
            cpu_subsystem=Subsystem.for_asyncio(),
            proxy_protocol=ProxyProtocolNoop(),
            invalid_user_sleep=0.0,
        )
        # It writes every line to its log at level DEBUG, logins included.
        logging.getLogger("pymap").setLevel(logging.INFO)
        self._config.apply_context()
        self._login = Login(self._config)
        self.set_password(self._password)
        mailboxes = MailboxSet()
        self._config.set_cache[self._login_name] = (mailboxes, FilterSet())
        self._inbox = await mailboxes.get_mailbox("INBOX")
        self._inbox._uid_validity = self._uid_validity
        await mailboxes.add_mailbox(SENT_FOLDER)
        self._sent = await mailboxes.get_mailbox(SENT_FOLDER)
        serve = ProxyProtocolReader(self._config.proxy_protocol).get_callback(
            IMAPServer(self._login, self._config)
        )

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            if task is not None:
                self._connections.add(task)
                task.add_done_callback(self._connections.discard)
            with contextlib.suppress(ConnectionError, asyncio.CancelledError, EOFError):
                await serve(reader, writer)

        self._server = await _listen(lambda at: asyncio.start_server(connected, HOST, at), port)
        return _port_of(self._server)

    async def _append(self, folder: MailboxData | None, raw: bytes, at: datetime) -> None:
        if folder is None:
            raise RuntimeError("the server is not started")
        await folder.append(AppendMessage(raw, at), recent=False)

    async def _within(self, call: Any) -> Any:
        return await asyncio.get_running_loop().create_task(call, context=self._context)


class SmtpReceiver:
    """Takes mails from whoever logs in, and hands each over before it says so."""

    def __init__(self, login_name: str, password: str, take: Take) -> None:
        self._login_name = login_name
        self.password = password
        self._take = take
        self._server: asyncio.Server | None = None
        self._sessions: set[SMTP] = set()

    async def start(self, port: int) -> int:
        loop = asyncio.get_running_loop()
        # It warns at each connection that logins are not encrypted.
        logging.getLogger("mail.log").setLevel(logging.ERROR)

        def session() -> SMTP:
            with warnings.catch_warnings():
                # It warns that logins are not encrypted; on loopback nobody listens.
                warnings.simplefilter("ignore")
                made = SMTP(
                    self,
                    hostname="sandbox",
                    loop=loop,
                    data_size_limit=MAX_MAIL,
                    authenticator=self._authenticate,
                    auth_required=True,
                    auth_require_tls=False,
                    enable_SMTPUTF8=True,
                )
            self._sessions.add(made)
            return made

        self._server = await _listen(lambda at: loop.create_server(session, HOST, at), port)
        return _port_of(self._server)

    async def stop(self) -> None:
        if self._server is None:
            return
        server, self._server = self._server, None
        server.close()
        tasks = []
        for session in self._sessions:
            if session.transport is not None:
                session.transport.close()
            if session._handler_coroutine is not None:
                tasks.append(session._handler_coroutine)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._sessions.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await server.wait_closed()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        raw = content if isinstance(content, bytes) else (content or "").encode()
        await self._take(envelope.mail_from or "", list(envelope.rcpt_tos), raw)
        return "250 2.0.0 taken"

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: Any
    ) -> AuthResult:
        is_right = (
            isinstance(login, LoginPassword)
            and login.login.decode() == self._login_name
            and login.password.decode() == self.password
        )
        return AuthResult(success=is_right)


async def _listen(serve: Callable[[int], Awaitable[asyncio.Server]], port: int) -> asyncio.Server:
    """At this port, or at any that is free if somebody else has it."""
    try:
        return await serve(port)
    except OSError:
        return await serve(0)


def _port_of(server: asyncio.Server) -> int:
    port: int = server.sockets[0].getsockname()[1]
    return port
