"""One mailbox: read over IMAP, answered over SMTP."""

import ssl
from collections import Counter
from collections.abc import Mapping
from typing import ClassVar

from pydantic import BaseModel

from connectors.email.config import MIB, Config
from connectors.email.errors import (
    FolderRefused,
    ImapBusy,
    ImapLost,
    ImapRefused,
    LoginRefused,
    NoEncryption,
    from_imap,
    is_clear_refusal,
)
from connectors.email.imap.connection import ImapConnection
from connectors.email.imap.folder import Following
from connectors.email.imap.login import Credentials
from connectors.email.imap.mailbox import MailboxReading
from connectors.email.imap.names import find_folder, shown, to_wire
from connectors.email.imap.report import Report
from connectors.email.imap.sent import SentFolder
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
    InboundSink,
)
from core.errors import AccountError, ConnectorError, ContentRejected, TransientError
from core.ids import RemoteId
from core.messages import OutboundMessage, RemotePart, Sent, ThreadKey

MAX_FILES = 20
MAX_FILES_SIZE = 18 * MIB
"""As base64 this is 25 MiB, the most that the large providers take."""

READ_STEP = "Read mail (IMAP)"
SEND_STEP = "Send mail (SMTP)"
MOST_LOGIN_REFUSALS = 8
"""In a row, of a login that has worked: minutes, with the pauses between."""

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
        self._tries: Counter[str] = Counter()
        self._report = Report(context.clock)
        self._login_refusals: int | None = None
        self._sent_folder = SentFolder(self._connect)

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
            (READ_STEP, "Check imap_host and imap_port.", self._check_imap),
            (SEND_STEP, "Check smtp_host and smtp_port.", self._check_smtp),
        ):
            try:
                steps.append(await attempt())
            except AccountError:
                raise
            except ConnectorError as error:
                failures.append(error)
                steps.append(CheckStep(name=name, ok=False, detail=str(error), fix=fix))
        if len(failures) == len(steps):
            raise failures[0]
        steps.append(self._trust_step())
        return AccountInfo(shown_as=self._config.address, steps=tuple(steps))

    async def receive(self, sink: InboundSink, cursors: Mapping[str, Cursor]) -> None:
        """All folders; the first failure of a connection ends all, a folder's own only it."""
        following = Following(
            config=self._config,
            reading=self._reading,
            reader=self._reader,
            clock=self.context.clock,
            sink=sink,
            tries=self._tries,
        )
        first, self._opened = self._opened, None
        if first is not None and first.is_lost:
            first = None
        try:
            await MailboxReading(following, self._log_in, self._report).run(cursors, first)
        except _IMAP_FAILURES as error:
            raise self._down(from_imap(error, self._config.imap_host)) from error
        except ConnectorError as error:
            raise self._down(error) from error.__cause__

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
        return self._report.health()

    async def close(self) -> None:
        connection, self._opened = self._opened, None
        if connection is not None:
            await connection.logout()
        await self._smtp.close()
        await self._reader.close()

    def _down(self, error: ConnectorError) -> ConnectorError:
        self._report.end(str(error))
        return error

    async def _connect(self) -> ImapConnection:
        try:
            return await self._log_in()
        except _IMAP_FAILURES as error:
            raise from_imap(error, self._config.imap_host) from error

    async def _log_in(self) -> ImapConnection:
        """Raises ImapLost, ImapRefused, NoEncryption, OSError, BadConfig."""
        config = self._config
        tls: ssl.SSLContext | None = None
        if config.imap_security != "none":
            tls = await make_tls(config)
        try:
            connection = await ImapConnection.connect(
                config.imap_host,
                config.imap_port,
                tls=tls,
                is_starttls=config.imap_security == "starttls",
                credentials=Credentials(
                    username=config.imap_login_name, password=config.password.get_secret_value()
                ),
            )
        except LoginRefused as error:
            # A login that worked a while ago may be refused for reasons that no server tells.
            if self._login_refusals is None or is_clear_refusal(str(error)):
                raise
            self._login_refusals += 1
            if self._login_refusals >= MOST_LOGIN_REFUSALS:
                raise
            raise ImapBusy(str(error)) from error
        self._login_refusals = 0
        return connection

    async def _check_imap(self) -> CheckStep:
        connection = await self._connect()
        try:
            folders = await connection.folders()
            missing = []
            for name in self._config.folders:
                found = find_folder(name, folders)
                try:
                    await connection.open(found.name if found is not None else to_wire(name))
                except FolderRefused as error:
                    missing.append(f"{name}: {error}")
        except _IMAP_FAILURES as error:
            raise from_imap(error, self._config.imap_host) from error
        finally:
            await connection.logout()
        if missing:
            return CheckStep(
                name=READ_STEP,
                ok=False,
                detail=" ".join(missing),
                fix=f"Check folders. There are: {shown(folders)}.",
            )
        return CheckStep(
            name=READ_STEP, ok=True, detail="Folders: " + ", ".join(self._config.folders)
        )

    async def _check_smtp(self) -> CheckStep:
        await self._smtp.verify()
        return CheckStep(name=SEND_STEP, ok=True, detail=f"May send as {self._config.address}")

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
