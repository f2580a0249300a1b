"""What both ways of getting updates have in common."""

from collections.abc import Sequence
from typing import Any

from telegram.error import TelegramError

from connectors.telegram.changes import rekeyed
from connectors.telegram.config import MIB, Config
from connectors.telegram.convert import Reading
from connectors.telegram.reporting import Report
from connectors.telegram.transport import BotApi
from core.connector import ConnectorContext
from core.messages import AnyInboundEvent, ChatRekeyed, MessageReceived, PlaceChanged

ALLOWED_UPDATES = (
    "message",
    "edited_message",
    "callback_query",
    "my_chat_member",
    "message_reaction",
    "business_connection",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
)
"""Always said: left out, the server goes on with what was said before us."""
ANSWER_SECONDS = 5.0

Json = dict[str, Any]


class Intake:
    def __init__(self, config: Config, api: BotApi, context: ConnectorContext) -> None:
        self.config = config
        self.api = api
        self.clock = context.clock
        self.log = context.log
        self.report = Report(context.clock)
        self._bot_id = config.bot_id
        self._moved: dict[int, int] = {}
        self._rekeyed: list[ChatRekeyed] = []

    @property
    def reading(self) -> Reading:
        return Reading(bot_id=self._bot_id, max_file_size=self.config.max_download_mib * MIB)

    def know_bot(self, number: int) -> None:
        """Who we are, if the token does not tell."""
        self._bot_id = number

    def moved(self, chat_id: int) -> int:
        """Where that chat is now."""
        return self._moved.get(chat_id, chat_id)

    def note_moved(self, old: int, new: int) -> None:
        """Learned by sending: the update that says so may never come."""
        if self._moved.get(old) != new:
            self._moved[old] = new
            self._rekeyed.append(rekeyed(old, new))

    @property
    def has_rekeyed(self) -> bool:
        return bool(self._rekeyed)

    def take_rekeyed(self) -> list[ChatRekeyed]:
        taken, self._rekeyed = self._rekeyed, []
        return taken

    def put_back(self, events: Sequence[AnyInboundEvent]) -> None:
        """They were not stored."""
        self._rekeyed += [one for one in events if isinstance(one, ChatRekeyed) and not one.raw]

    async def settle(self, updates: Sequence[Json], events: Sequence[AnyInboundEvent]) -> None:
        """All of it is stored: tell those who pressed a button, and ops what they should know."""
        for event in events:
            if isinstance(event, ChatRekeyed):
                self._moved.pop(int(event.old), None)
            if isinstance(event, MessageReceived) and event.sent_at is not None:
                self.report.heard(event.sent_at)
            if isinstance(event, MessageReceived | PlaceChanged) and event.place.is_public:
                self.report.heard_in_group()
        for update in updates:
            query = update.get("callback_query")
            if isinstance(query, dict):
                await self._answer(query)

    async def _answer(self, query: Json) -> None:
        """Ends the button's spinner. Of one that is too old nobody waits for it."""
        parameters = {"callback_query_id": str(query.get("id"))}
        try:
            await self.api.call("answerCallbackQuery", parameters, seconds=ANSWER_SECONDS)
        except TelegramError as error:
            self.log.info("telegram.query_not_answered", fault=type(error).__name__)
