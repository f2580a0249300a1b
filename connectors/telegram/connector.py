"""One bot."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

import msgspec
from pydantic import BaseModel
from telegram.error import ChatMigrated, TelegramError

from connectors.telegram.address import Address, parse_address
from connectors.telegram.config import MIB, Config
from connectors.telegram.entities import ENTITIES
from connectors.telegram.errors import cannot_tell, from_telegram, is_done
from connectors.telegram.files import Downloads
from connectors.telegram.intake import Intake
from connectors.telegram.outgoing import (
    MAX_CAPTION,
    MAX_FILES,
    MAX_TEXT,
    File,
    check_fits,
    to_call,
    to_delete,
    to_edit,
    to_read,
    to_sent,
    to_typing,
)
from connectors.telegram.polling import Polling
from connectors.telegram.transport import BotApi, Refused
from connectors.telegram.webhook import drift, keep_webhook, take_call, webhook_url
from core.capabilities import (
    Capabilities,
    FileLimits,
    Rates,
    Receipt,
    TextLimit,
    TextUnit,
)
from core.connector import (
    AccountInfo,
    CheckStep,
    Connector,
    ConnectorContext,
    Cursor,
    Endpoint,
    Health,
    InboundSink,
    Steps,
    WebhookReply,
    WebhookRequest,
)
from core.errors import BadConfig, ContentRejected, OutcomeUnknown, Unsupported
from core.ids import RemoteId
from core.messages import IdentityAddress, InboundAttachment, OutboundMessage, Place, Sent

UPLOADS = 3
"""Messages with files under way at once: each is held in memory whole."""
PER_CHAT = 1.0
PER_GROUP = 20 / 60
"""Messages a second. https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this"""
PER_BOT = 30.0
IN_FLIGHT = 16
SIGN_SECONDS = 5.0
PRIVACY = (
    "Privacy mode is on: in groups the bot reads commands, mentions and answers to it. To read all,"
    " turn it off at @BotFather and add the bot to the group again."
)


class TelegramConnector(Connector):
    Config: ClassVar[type[BaseModel]] = Config
    capabilities: ClassVar[Capabilities] = Capabilities(
        text=TextLimit(length=MAX_TEXT, unit=TextUnit.UTF16),
        files=FileLimits(max_count=MAX_FILES, max_size=50 * MIB, text_length=MAX_CAPTION),
        marks=tuple(ENTITIES),
        receipts=(Receipt.ACCEPTED,),
        rates=Rates(
            per_place=PER_CHAT,
            per_shared_place=PER_GROUP,
            per_account=PER_BOT,
            in_flight=IN_FLIGHT,
        ),
        edit=True,
        delete=True,
        delete_window=timedelta(hours=48),
        mark_read=True,
        typing=True,
        reactions=True,
        fetch_attachment=True,
        longest_send=timedelta(minutes=8),
    )

    def __init__(self, config: BaseModel, context: ConnectorContext) -> None:
        super().__init__(config, context)
        if not isinstance(config, Config):
            raise TypeError("the Telegram connector takes its own Config")
        self._config = config
        self._api = BotApi(config, context.http, context.clock)
        self._intake = Intake(config, self._api, context)
        self._downloads = Downloads(config, self._api, context.http)
        self._uploads = asyncio.Semaphore(UPLOADS)

    @classmethod
    def private_place(cls, identity: IdentityAddress) -> Place | None:
        """Their chat with the bot, which takes something once they have written there. Chats and
        channels that speak in a group have no private side.
        """
        if not identity.handle.isdecimal():
            return None
        return Place(remote=Address(chat_id=int(identity.handle)).remote)

    @classmethod
    def link_url(cls, own_name: str, code: str) -> str | None:
        """https://core.telegram.org/bots/features#deep-linking"""
        return f"https://t.me/{own_name}?start={code}" if own_name else None

    @property
    def rates(self) -> Rates:
        return msgspec.structs.replace(
            self.capabilities.rates, per_account=self._config.messages_per_second
        )

    def endpoints(self) -> tuple[Endpoint, ...]:
        return (Endpoint.of_url(self._config.methods_url),)

    async def open(self) -> None:
        """The session is the router's, and every request carries the token: nothing to do."""

    async def check(self) -> AccountInfo:
        steps = Steps(self.context.clock)
        me = await self._ask("getMe")
        if not isinstance(me, dict) or not isinstance(me.get("id"), int):
            raise BadConfig("There is no Bot API server at api_base_url.")
        self._intake.know_bot(me["id"])
        name = f"{me.get('first_name') or ''} (@{me.get('username') or '?'})".strip()
        steps.append(self._groups_step(me))
        steps.append(await self._updates_step())
        own_name = str(me.get("username") or "")
        return AccountInfo(shown_as=name, steps=tuple(steps), own_name=own_name)

    async def receive(self, sink: InboundSink, cursors: Mapping[str, Cursor]) -> None:
        if self._config.bot_id is None:
            await self.check()
        if self._config.intake == "webhook":
            url = webhook_url(self._config, self.context.hook_url)
            await keep_webhook(self._intake, url, sink, cursors)
        else:
            await Polling(self._intake, sink, cursors).run()

    async def handle_webhook(self, request: WebhookRequest, sink: InboundSink) -> WebhookReply:
        return await take_call(self._intake, request, sink)

    async def send(self, message: OutboundMessage) -> Sent:
        was = parse_address(message.place.remote)
        address = self._now(was)
        check_fits(message, max_size=self._max_upload)
        if not message.attachments:
            method, parameters = to_call(message, address, ())
            return self._sent(await self._write(method, parameters, address), address, was)
        async with self._uploads:
            method, parameters = to_call(message, address, await self._read_files(message))
            return self._sent(await self._write(method, parameters, address), address, was)

    async def edit(self, message: OutboundMessage, remote_id: RemoteId) -> None:
        address = self._now(parse_address(message.place.remote))
        check_fits(message, max_size=self._max_upload)
        await self._write(*to_edit(message, address, remote_id), address)

    async def delete(self, place: Place, remote_id: RemoteId) -> None:
        address = self._now(parse_address(place.remote))
        await self._write(*to_delete(address, remote_id), address)

    async def mark_read(self, place: Place, remote_id: RemoteId) -> None:
        """In the chats of a business account that lets the bot do so."""
        address = self._now(parse_address(place.remote))
        if not address.business_id:
            raise Unsupported("Telegram shows only the people of business chats that we read")
        try:
            await self._api.call(*to_read(address, remote_id), seconds=SIGN_SECONDS)
        except TelegramError as error:
            raise from_telegram(error, sends=False, is_private=address.is_private) from error

    async def set_typing(self, place: Place, *, is_typing: bool) -> None:
        """Telegram shows it for five seconds; there is no way to take it back."""
        if not is_typing:
            return
        address = self._now(parse_address(place.remote))
        method, parameters = to_typing(address)
        try:
            await self._api.call(method, parameters, seconds=SIGN_SECONDS)
        except TelegramError as error:
            raise from_telegram(error, sends=False, is_private=address.is_private) from error

    async def fetch_attachment(self, attachment: InboundAttachment) -> bytes:
        if attachment.remote is None:
            raise ContentRejected("Telegram has no such file.")
        return await self._downloads.fetch(attachment.remote)

    def health(self) -> Health:
        return self._intake.report.health()

    async def close(self) -> None:
        """Nothing is held open between two calls."""

    @property
    def _max_upload(self) -> int:
        return min(self._config.max_upload_mib * MIB, self.capabilities.files.max_size)

    def _now(self, address: Address) -> Address:
        """Where it is now: a group that became a supergroup has another number."""
        moved = self._intake.moved(address.chat_id)
        return address if moved == address.chat_id else Address(chat_id=moved)

    async def _read_files(self, message: OutboundMessage) -> list[File]:
        files = []
        for one in message.attachments:
            async with self.context.open_blob(one.blob_key) as blob:
                files.append(File(attachment=one, content=await blob.read()))
        return files

    async def _write(self, method: str, parameters: dict[str, Any], address: Address) -> Any:
        """One request that people see the effect of. Raises ConnectorError."""
        try:
            return await self._api.call(method, parameters, rests=False)
        except ChatMigrated as error:
            self._intake.note_moved(address.chat_id, error.new_chat_id)
            raise from_telegram(error, sends=True) from error
        except TelegramError as error:
            if is_done(error):
                return None
            raise from_telegram(error, sends=True, is_private=address.is_private) from error

    def _sent(self, result: Any, address: Address, was: Address) -> Sent:
        try:
            return to_sent(result, address, was)
        except (KeyError, TypeError, ValueError) as error:
            raise OutcomeUnknown("Telegram took it without telling its number.") from error

    async def _ask(self, method: str, *, may_lack: bool = False) -> Any:
        try:
            return await self._api.call(method)
        except TelegramError as error:
            if may_lack and isinstance(error, Refused) and cannot_tell(error):
                return None
            meant = from_telegram(error, sends=False)
            self._intake.report.down(str(meant))
            raise meant from error

    def _groups_step(self, me: dict[str, Any]) -> CheckStep:
        reads_all = bool(me.get("can_read_all_group_messages"))
        self._intake.report.explain_groups("" if reads_all else PRIVACY)
        detail = "In groups the bot reads everything." if reads_all else PRIVACY
        return CheckStep(name="Groups", ok=True, detail=detail)

    async def _updates_step(self) -> CheckStep:
        info = await self._ask("getWebhookInfo", may_lack=True)
        address = str(info.get("url") or "") if isinstance(info, dict) else ""
        waiting = info.get("pending_update_count") if isinstance(info, dict) else 0
        name = "Updates"
        if info is None:
            return CheckStep(name=name, ok=True, detail="This server does not say how they come.")
        if self._config.intake == "polling":
            detail = f"Asked for by us; {waiting or 0} wait."
            if address:
                detail = "A webhook is set; it is removed when the account starts."
            return CheckStep(name=name, ok=True, detail=detail)
        if not self.context.hook_url:
            return CheckStep(name=name, ok=True, detail="The webhook is set when it starts.")
        wrong = drift(info, webhook_url(self._config, self.context.hook_url))
        said = info.get("last_error_message") if isinstance(info, dict) else ""
        if wrong:
            return CheckStep(name=name, ok=True, detail=f"{wrong} It is set when it starts.")
        detail = f"The webhook is set; {waiting or 0} wait."
        if said and waiting:
            fix = "See that public_url is reached from outside."
            return CheckStep(name=name, ok=False, detail=f"{detail} Telegram: {said}", fix=fix)
        return CheckStep(name=name, ok=True, detail=detail)
