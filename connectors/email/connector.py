"""One mailbox: read over IMAP, answered over SMTP."""

import asyncio
import ssl
from collections import Counter
from collections.abc import Mapping
from typing import ClassVar

from pydantic import BaseModel

from connectors.email.config import MIB, Config
from connectors.email.errors import ImapLost, ImapRefused, NoEncryption, from_imap
from connectors.email.imap.connection import ImapConnection
from connectors.email.imap.folder import Following, follow
from connectors.email.reading.envelope import Reading
from connectors.email.sending.compose import LoadedFile, Outgoing, compose
from connectors.email.sending.smtp import SmtpServer
from connectors.email.thread_keys import MESSAGE_ID
from connectors.email.tls import make_tls
from connectors.email.worker.reader import MailReader
from core.capabilities import Capabilities, FileLimits, Rates, Receipt, TextFormat, TextLimit
from core.connector import (
    AccountInfo,
    CheckStep,
    Connector,
    ConnectorContext,
    Cursor,
    Health,
    HealthState,
    InboundSink,
)
from core.errors import AccountError, ConnectorError, ContentRejected, TransientError
from core.ids import RemoteId
from core.messages import OutboundMessage, RemotePart, Sent, ThreadKey

MAX_FILES = 20
MAX_FILES_SIZE = 18 * MIB
"""As base64 this is 25 MiB, the most that the large providers take."""

_IMAP_FAILURES = (ImapLost, ImapRefused, NoEncryption, OSError, TimeoutError)


class EmailConnector(Connector):
    Config: ClassVar[type[BaseModel]] = Config
    capabilities: ClassVar[Capabilities] = Capabilities(
        text=TextLimit(length=None),
        formats=(TextFormat.PLAIN, TextFormat.HTML),
        files=FileLimits(
            max_count=MAX_FILES, max_size=MAX_FILES_SIZE, max_total_size=MAX_FILES_SIZE
        ),
        receipts=(Receipt.ACCEPTED,),
        rates=Rates(in_flight=2),
        subject=True,
        threads=True,
        copies=True,
        can_open_conversation=True,
    )

    def __init__(self, config: BaseModel, context: ConnectorContext) -> None:
        super().__init__(config, context)
        if not isinstance(config, Config):
            raise TypeError("the e-mail connector takes its own Config")
        self._config = config
        self._reading = Reading(own_address=config.address, authserv_ids=tuple(config.authserv_ids))
        self._reader = MailReader(self._reading)
        self._smtp = SmtpServer(config=config, clock=context.clock)
        self._opened: ImapConnection | None = None
        self._refusals: Counter[str] = Counter()
        self._health = Health()

    async def open(self) -> None:
        """Logged in for reading; `receive` goes on with this connection."""
        if self._opened is None or self._opened.is_lost:
            self._opened = await self._connect()

    async def check(self) -> AccountInfo:
        """Both servers are tried. A wrong password or setting raises; a server that is merely away
        does so only if the other is away too, else it is shown as a step that failed.
        """
        steps: list[CheckStep] = []
        failures: list[ConnectorError] = []
        for name, fix, attempt in (
            ("Read mail (IMAP)", "Check imap_host and imap_port.", self._check_imap),
            ("Send mail (SMTP)", "Check smtp_host and smtp_port.", self._check_smtp),
        ):
            try:
                detail = await attempt()
            except AccountError:
                raise
            except ConnectorError as error:
                failures.append(error)
                steps.append(CheckStep(name=name, ok=False, detail=str(error), fix=fix))
            else:
                steps.append(CheckStep(name=name, ok=True, detail=detail))
        if len(failures) == len(steps):
            raise failures[0]
        steps.append(self._trust_step())
        return AccountInfo(shown_as=self._config.address, steps=tuple(steps))

    async def receive(self, sink: InboundSink, cursors: Mapping[str, Cursor]) -> None:
        """All folders side by side; the first failure of one ends all."""
        try:
            async with asyncio.TaskGroup() as group:
                for folder in self._config.folders:
                    group.create_task(self._follow(folder, sink, cursors.get(folder)))
        except BaseExceptionGroup as failures:
            self._health = Health(
                state=HealthState.DOWN,
                detail=type(failures.exceptions[0]).__name__,
                last_event_at=self._health.last_event_at,
            )
            raise failures.exceptions[0] from None

    async def send(self, message: OutboundMessage) -> Sent:
        outgoing = await self._compose(message)
        refused = await self._smtp.send(outgoing)
        return Sent(
            remote_parts=(RemotePart(remote_id=RemoteId(outgoing.message_id)),),
            thread_keys=(ThreadKey(MESSAGE_ID, outgoing.message_id),),
            at=self.context.clock.now(),
            refused=refused,
        )

    def health(self) -> Health:
        return self._health

    async def close(self) -> None:
        connection, self._opened = self._opened, None
        if connection is not None:
            await connection.logout()
        await self._smtp.close()
        await self._reader.close()

    async def _follow(self, folder: str, sink: InboundSink, cursor: Cursor | None) -> None:
        connection, self._opened = self._opened, None
        if connection is None or connection.is_lost:
            connection = await self._connect()
        following = Following(
            config=self._config,
            reading=self._reading,
            reader=self._reader,
            clock=self.context.clock,
            on_read=self._note_read,
            refusals=self._refusals,
        )
        try:
            await follow(folder, connection, sink, cursor, following)
        except _IMAP_FAILURES as error:
            raise from_imap(error, self._config.imap_host) from error
        finally:
            connection.abort()

    def _note_read(self, count: int) -> None:
        last = self.context.clock.now() if count else self._health.last_event_at
        self._health = Health(state=HealthState.RUNNING, last_event_at=last)

    async def _connect(self) -> ImapConnection:
        config = self._config
        tls: ssl.SSLContext | None = None
        if config.imap_security != "none":
            tls = await make_tls(config)
        try:
            return await ImapConnection.connect(
                config.imap_host,
                config.imap_port,
                tls=tls,
                is_starttls=config.imap_security == "starttls",
                username=config.imap_login_name,
                password=config.password.get_secret_value(),
            )
        except _IMAP_FAILURES as error:
            raise from_imap(error, config.imap_host) from error

    async def _check_imap(self) -> str:
        connection = await self._connect()
        try:
            for folder in self._config.folders:
                await connection.examine(folder)
        except _IMAP_FAILURES as error:
            raise from_imap(error, self._config.imap_host) from error
        finally:
            await connection.logout()
        return "Folders: " + ", ".join(self._config.folders)

    async def _check_smtp(self) -> str:
        await self._smtp.verify()
        return f"May send as {self._config.address}"

    def _trust_step(self) -> CheckStep:
        if self._config.authserv_ids:
            return CheckStep(
                name="Believe senders", ok=True, detail=", ".join(self._config.authserv_ids)
            )
        return CheckStep(
            name="Believe senders",
            ok=False,
            detail="No sender is believed, so mail and chat of one person stay apart.",
            fix="Set authserv_ids to the first word of Authentication-Results in a mail that "
            "this mailbox received.",
        )

    async def _compose(self, message: OutboundMessage) -> Outgoing:
        return compose(
            message,
            own_address=self._config.address,
            own_name=self._config.display_name,
            files=await self._load_files(message),
            reply_address_tokens=self._config.reply_address_tokens,
        )

    async def _load_files(self, message: OutboundMessage) -> list[LoadedFile]:
        """Raises ContentRejected above the limits, before anything is read or sent."""
        if len(message.attachments) > MAX_FILES:
            raise ContentRejected(f"A mail takes at most {MAX_FILES} files.")
        if sum(file.size for file in message.attachments) > MAX_FILES_SIZE:
            raise ContentRejected(f"A mail takes at most {MAX_FILES_SIZE // MIB} MiB of files.")
        loaded = []
        for attachment in message.attachments:
            try:
                async with self.context.open_blob(attachment.blob_key) as blob:
                    loaded.append(LoadedFile(attachment=attachment, content=await blob.read()))
            except OSError as error:
                raise TransientError(f"The file {attachment.name} cannot be read now.") from error
        return loaded
