"""One call of the Bot API on its way through the sandbox, and what it may reach."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from connectors.telegram.sandbox_answers import bad, forbidden, upgraded
from connectors.telegram.sandbox_arguments import Arguments
from connectors.telegram.sandbox_chats import (
    CHANNEL,
    GROUP,
    PRIVATE,
    SUPERGROUP,
    Business,
    Chat,
    Post,
)
from connectors.telegram.sandbox_limits import Limits
from connectors.telegram.sandbox_network import Bot, Network, shown_to
from connectors.telegram.sandbox_polling import Poller
from connectors.telegram.sandbox_webhooks import Webhook

_NAMES = {GROUP: "group chat", SUPERGROUP: "supergroup chat", CHANNEL: "channel chat"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """With the sentence that the real server adds to some answers."""

    value: Any
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    network: Network
    bot: Bot
    arguments: Arguments
    limits: Limits
    poller: Poller
    webhook: Webhook

    def shown(self, value: Any) -> Any:
        """As this bot sees it."""
        return shown_to(self.bot.id, value)

    def chat(self, *, writes: bool = True) -> Chat:
        """The one of the arguments. Raises Refusal if this bot may not do so there."""
        return self._chat(self.arguments.text("chat_id").strip(), writes=writes)

    def _chat(self, named: str, *, writes: bool) -> Chat:
        if not named:
            raise bad("chat_id is empty")
        if self.arguments.text("business_connection_id"):
            return self._business_chat(named, writes=writes)
        chat = self.network.find_chat(self.bot, _number(named))
        if chat is None or (chat.kind == PRIVATE and self.bot.id not in chat.members):
            raise self._unknown(named)
        check_access(self.network, chat, self.bot, writes=writes)
        return chat

    def _unknown(self, named: str) -> Exception:
        number = _number(named)
        if isinstance(number, int) and self.network.knows(self.bot, number):
            return forbidden("bot can't initiate conversation with a user")
        return bad("chat not found")

    def business(self, right: str = "") -> Business:
        """The connection of the arguments. Raises Refusal if it, or this right, is not given."""
        business = self.network.businesses.get(self.arguments.text("business_connection_id"))
        if business is None or business.bot != self.bot.id:
            raise bad("business connection not found")
        if not business.is_enabled:
            raise bad("BUSINESS_CONNECTION_INVALID")
        if right and not business.rights.get(right):
            raise bad("BUSINESS_CONNECTION_NOT_ALLOWED")
        return business

    def _business_chat(self, named: str, *, writes: bool) -> Chat:
        business = self.business("can_reply" if writes else "")
        chat = self.network.find_chat(self.bot, _number(named), business.id)
        if chat is None:
            raise bad("BUSINESS_PEER_USAGE_MISSING")
        return chat

    def post(self, what: str, *, writes: bool = True) -> tuple[Chat, Post]:
        """The message of the arguments. Raises Refusal: "<what> not found"."""
        chat = self.chat(writes=writes)
        number = self.arguments.number("message_id")
        if number <= 0 and "message_id" not in self.arguments.values:
            raise bad("message identifier is not specified")
        found = chat.post(number)
        if found is None:
            raise bad(f"{what} not found")
        return chat, found


Method = Callable[[Call], Awaitable[Any]]


def _number(named: str) -> int | str:
    try:
        return int(named)
    except ValueError:
        return named


def check_access(network: Network, chat: Chat, bot: Bot, *, writes: bool) -> None:
    """Raises Refusal in the words of the real server if the bot is shut out of this chat."""
    if chat.kind == PRIVATE:
        person = network.accounts[chat.id]
        if person.is_deactivated and writes:
            raise forbidden("user is deactivated")
        if chat.members[bot.id] == "kicked" and writes:
            raise forbidden("bot was blocked by the user")
        return
    name = _NAMES[chat.kind]
    if chat.migrated_to and writes:
        raise upgraded(chat.migrated_to)
    if chat.is_deleted and writes:
        raise forbidden("the group chat was deleted")
    if chat.members.get(bot.id) == "kicked" and (writes or chat.kind != GROUP):
        raise forbidden(f"bot was kicked from the {name}")
    if not chat.has(bot.id) and (writes or (chat.kind != GROUP and not chat.username)):
        raise forbidden(f"bot is not a member of the {name}")
