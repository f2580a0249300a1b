"""An outbound message all the way: composed, signed, handed over, filed, and looked for later."""

import asyncio
from datetime import date

from connectors.email.config import MIB, Config
from connectors.email.errors import IMAP_FAILURES
from connectors.email.imap.sent import SentFolder
from connectors.email.reading.addresses import domain_of
from connectors.email.sending.compose import Desk, LoadedFile, Outgoing, compose, message_id_of
from connectors.email.sending.signing import Signer
from connectors.email.sending.smtp import SmtpServer
from connectors.email.thread_keys import MESSAGE_ID, given_ids
from core.connector import ConnectorContext
from core.errors import (
    ConnectorError,
    ContentRejected,
    OutcomeUnknown,
    TransientError,
    Unsupported,
)
from core.ids import RemoteId
from core.messages import OutboundMessage, RemotePart, Sent, ThreadKey

MAX_FILES = 20
MAX_FILES_SIZE = 18 * MIB
"""As base64 this is 25 MiB, the most that the large providers take."""
MOST_UNFILED = 20


class Mailer:
    """Of one account."""

    def __init__(
        self, config: Config, context: ConnectorContext, smtp: SmtpServer, sent: SentFolder
    ) -> None:
        self._config = config
        self._context = context
        self._smtp = smtp
        self._sent = sent
        self._desk = Desk(
            address=config.address,
            name=config.display_name,
            signature=config.signature,
            reply_address_tokens=config.reply_address_tokens,
        )
        self._unfiled: asyncio.Queue[tuple[Outgoing, date]] = asyncio.Queue(MOST_UNFILED)
        self._signer = None
        if config.dkim_key is not None:
            self._signer = Signer(
                domain=domain_of(config.address),
                selector=config.dkim_selector,
                key=config.dkim_key.get_secret_value(),
            )

    async def send(self, message: OutboundMessage) -> Sent:
        """One attempt. Raises ConnectorError."""
        files = await self._load_files(message)
        # Base64 of megabytes takes longer than the loop may stand still.
        outgoing = await asyncio.to_thread(compose, message, self._desk, files)
        outgoing = await self._signed(outgoing)
        said = await self._smtp.send(outgoing)
        if self._config.sent_copies == "append" and message.copy_to is None:
            self._keep_for_filing(outgoing, message.queued_at.date())
        return self._taken(outgoing.message_id, *given_ids(said, self._config.smtp_host))

    async def hand_over(self, outgoing: Outgoing) -> None:
        """A mail that is nobody's message, signed like all others and filed nowhere. Raises
        ConnectorError.
        """
        await self._smtp.send(await self._signed(outgoing))

    async def _signed(self, outgoing: Outgoing) -> Outgoing:
        if self._signer is None:
            return outgoing
        return outgoing.with_raw(await self._signer.sign(outgoing.raw))

    async def find_sent(self, message: OutboundMessage) -> Sent:
        """It went out: the provider has filed it. Raises OutcomeUnknown as long as it has not:
        some file late, so that nothing found proves nothing. Raises Unsupported if nobody files.
        """
        if self._config.sent_copies != "provider":
            raise Unsupported("Nobody but us files what leaves this mailbox.")
        if message.copy_to is not None:
            raise Unsupported("One filed mail does not tell whose copy it was.")
        message_id = message_id_of(message, self._desk)
        try:
            is_there = await self._sent.holds(message_id, since=message.queued_at.date())
        except (ConnectorError, *IMAP_FAILURES) as error:
            raise OutcomeUnknown(
                "The folder of sent mails cannot be asked now.", detail=str(error)[:500]
            ) from error
        if not is_there:
            raise OutcomeUnknown("It is not among the sent mails, at least not yet.")
        return self._taken(message_id)

    async def file_copies(self) -> None:
        """Until cancelled. Apart from `send`: a mail that is out must be known to be so at once,
        whatever becomes of its copy. A failure is for the log.
        """
        while True:
            outgoing, since = await self._unfiled.get()
            try:
                await self._sent.file_copy(outgoing.raw, outgoing.message_id, since=since)
            except (ConnectorError, *IMAP_FAILURES) as error:
                self._context.log.warning("email.copy_not_filed", fault=type(error).__name__)

    def _keep_for_filing(self, outgoing: Outgoing, since: date) -> None:
        try:
            self._unfiled.put_nowait((outgoing, since))
        except asyncio.QueueFull:
            self._context.log.warning("email.copy_not_filed", fault="QueueFull")

    def _taken(self, message_id: str, *given: str) -> Sent:
        return Sent(
            remote_parts=(RemotePart(remote_id=RemoteId(message_id)),),
            thread_keys=tuple(ThreadKey(MESSAGE_ID, one) for one in (message_id, *given)),
            at=self._context.clock.now(),
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
                async with self._context.open_blob(attachment.blob_key) as blob:
                    loaded.append(LoadedFile(attachment=attachment, content=await blob.read()))
            except OSError as error:
                raise TransientError(f"The file {attachment.name} cannot be read now.") from error
        return loaded
