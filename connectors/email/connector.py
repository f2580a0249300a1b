"""One mailbox: read over IMAP, answered over SMTP."""

import asyncio
import ssl
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import ClassVar
from urllib.parse import quote

from pydantic import BaseModel

from connectors.email.authorise import authorise
from connectors.email.config import Config
from connectors.email.errors import (
    IMAP_FAILURES,
    FolderRefused,
    ImapBusy,
    LoginRefused,
    from_imap,
    is_clear_refusal,
)
from connectors.email.imap.connection import ImapConnection
from connectors.email.imap.folder import Following, NotStored
from connectors.email.imap.login import Credentials
from connectors.email.imap.mailbox import MailboxReading
from connectors.email.imap.names import find_folder, shown, to_wire
from connectors.email.imap.report import Report
from connectors.email.imap.sent import SentFolder
from connectors.email.oauth import TokenSource
from connectors.email.reading.addresses import canonical_address
from connectors.email.reading.envelope import REALM, Reading, place_of
from connectors.email.round_trip import RoundTrips, travel
from connectors.email.sending.body import MARKS
from connectors.email.sending.mailer import MAX_FILES, MAX_FILES_SIZE, Mailer
from connectors.email.sending.session import Patience
from connectors.email.sending.smtp import SmtpServer
from connectors.email.tls import make_tls
from connectors.email.trust.resolver import Resolver
from connectors.email.worker.reader import MailReader
from core.capabilities import Capabilities, FileLimits, Rates, Receipt, TextFormat, TextLimit
from core.connector import (
    AccountInfo,
    CheckStep,
    Connector,
    ConnectorContext,
    Cursor,
    Endpoint,
    Health,
    InboundSink,
    Interview,
    Steps,
)
from core.errors import AccountError, ConnectorError, ContentRejected
from core.messages import IdentityAddress, OutboundMessage, Place, Sent

READ_STEP = "Read mail (IMAP)"
SEND_STEP = "Send mail (SMTP)"
MOST_LOGIN_REFUSALS = 8
"""In a row, of a login that has worked: minutes, with the pauses between."""


class EmailConnector(Connector):
    Config: ClassVar[type[BaseModel]] = Config
    capabilities: ClassVar[Capabilities] = Capabilities(
        text=TextLimit(length=None),
        formats=(TextFormat.PLAIN, TextFormat.HTML),
        marks=MARKS,
        files=FileLimits(
            max_count=MAX_FILES, max_size=MAX_FILES_SIZE, max_total_size=MAX_FILES_SIZE
        ),
        receipts=(Receipt.ACCEPTED,),
        rates=Rates(in_flight=3),
        subject=True,
        threads=True,
        copies=True,
        descriptions=True,
        find_sent=True,
        round_trip=True,
        longest_send=timedelta(minutes=30),
        can_open_conversation=True,
        hold=timedelta(seconds=10),
    )

    def __init__(self, config: BaseModel, context: ConnectorContext) -> None:
        super().__init__(config, context)
        if not isinstance(config, Config):
            raise TypeError("the e-mail connector takes its own Config")
        self._config = config
        self._reading = Reading(
            own_address=config.address,
            authserv_ids=config.authserv_ids,
            arc_sealers=config.trusted_arc_sealers,
            verifies_signatures=config.verify_signatures,
            own_lists=config.own_lists,
        )
        self._reader = MailReader(self._reading, look_up=Resolver(context.clock).look_up)
        self._tokens: TokenSource | None = None
        if config.oauth != "none":
            self._tokens = TokenSource(
                config=config,
                http=context.http,
                clock=context.clock,
                keep_secret=context.keep_secret,
            )
        self._smtp = SmtpServer(
            config=config,
            clock=context.clock,
            tokens=self._tokens,
            patience=Patience.of(config.smtp_timeout, config.smtp_final_timeout),
        )
        self._opened: ImapConnection | None = None
        self._tries: Counter[str] = Counter()
        self._report = Report(context.clock)
        self._login_refusals: int | None = None
        sent = SentFolder(self._connect, name=config.sent_folder)
        self._mailer = Mailer(config, context, self._smtp, sent)
        self._round_trips = RoundTrips(config)

    @property
    def rates(self) -> Rates:
        return Rates(in_flight=self._config.smtp_connections)

    @classmethod
    def to_recipient(cls, typed: str) -> tuple[Place, IdentityAddress]:
        address = canonical_address(typed)
        if address is None or "." not in address.rpartition("@")[2]:
            raise ContentRejected("That is no mail address.")
        return place_of(address), IdentityAddress(realm=REALM, handle=address)

    @classmethod
    def link_url(cls, own_name: str, code: str) -> str | None:
        """A new mail that is the code and nothing else (RFC 6068)."""
        return f"mailto:{quote(own_name, safe='@')}?body={quote(code)}" if own_name else None

    @classmethod
    async def authorise(
        cls, config: BaseModel, context: ConnectorContext, person: Interview
    ) -> dict[str, str]:
        if not isinstance(config, Config):
            raise TypeError("the e-mail connector takes its own Config")
        return await authorise(config, context.http, context.clock, person)

    def endpoints(self) -> tuple[Endpoint, ...]:
        config = self._config
        return (
            Endpoint(
                name="IMAP",
                host=config.imap_host,
                port=config.imap_port,
                is_tls=config.imap_security == "tls",
            ),
            Endpoint(
                name="SMTP",
                host=config.smtp_host,
                port=config.smtp_port,
                is_tls=config.smtp_security == "tls",
            ),
        )

    async def open(self) -> None:
        """Logged in for reading; `receive` goes on with this connection."""
        if self._opened is None or self._opened.is_lost:
            self._opened = await self._connect()

    async def check(self) -> AccountInfo:
        """Both servers are tried. A wrong password or setting raises; a server that is merely away
        does so only if the other is away too, else it is shown as a step that failed.
        """
        steps = Steps(self.context.clock)
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
        address = self._config.address
        return AccountInfo(shown_as=address, steps=tuple(steps), own_name=address)

    async def receive(self, sink: InboundSink, cursors: Mapping[str, Cursor]) -> None:
        """All folders; the first failure of a connection ends all, a folder's own only it."""
        following = Following(
            config=self._config,
            reading=self._reading,
            reader=self._reader,
            clock=self.context.clock,
            sink=sink,
            round_trips=self._round_trips,
            tries=self._tries,
        )
        first, self._opened = self._opened, None
        if first is not None and first.is_lost:
            first = None
        filing = asyncio.ensure_future(self._mailer.file_copies())
        try:
            await MailboxReading(following, self._log_in, self._report).run(cursors, first)
        except NotStored as error:
            raise (error.__cause__ or error) from None
        except IMAP_FAILURES as error:
            raise self._down(from_imap(error, self._config.imap_host)) from error
        except ConnectorError as error:
            raise self._down(error) from error.__cause__
        finally:
            filing.cancel()
            await asyncio.gather(filing, return_exceptions=True)

    async def send(self, message: OutboundMessage) -> Sent:
        return await self._mailer.send(message)

    async def find_sent(self, message: OutboundMessage) -> Sent | None:
        return await self._mailer.find_sent(message)

    async def round_trip(self) -> Sequence[CheckStep]:
        """A mail to its own address, looked for in what is read and among the junk."""
        return await travel(
            self._round_trips.write(self.context.clock.now()),
            send=self._mailer.hand_over,
            connect=self._connect,
            config=self._config,
            clock=self.context.clock,
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
        except IMAP_FAILURES as error:
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
                    username=config.imap_login_name,
                    password=config.password.get_secret_value(),
                    access_token=None if self._tokens is None else self._tokens.token,
                ),
            )
        except LoginRefused as error:
            if self._tokens is not None:
                self._tokens.forget()
            # A login that worked a while ago may be refused for reasons that no server tells,
            # and whether a permission was withdrawn is said by who gives the tokens.
            is_clear = self._tokens is None and is_clear_refusal(str(error))
            if self._login_refusals is None or is_clear:
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
        except IMAP_FAILURES as error:
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
        believed = list(self._config.authserv_ids)
        if self._config.verify_signatures:
            believed.append("signatures that are verified here")
        if believed:
            return CheckStep(name="Believe senders", ok=True, detail=", ".join(believed))
        return CheckStep(
            name="Believe senders",
            ok=False,
            detail="No sender is believed, so mail and chat of one person stay apart.",
            fix="Turn verify_signatures on, or set authserv_ids to the first word of "
            "Authentication-Results in a mail that this mailbox received.",
        )
