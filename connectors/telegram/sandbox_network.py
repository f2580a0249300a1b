"""The state of the sandbox's network: accounts, chats, what was said, and who is told of it."""

import random
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from connectors.telegram.sandbox_chats import (
    CHANNEL,
    GROUP,
    IN_CHARGE,
    PRIVATE,
    SUPERGROUP,
    Account,
    Business,
    Chat,
    Post,
)
from connectors.telegram.sandbox_files import Files
from connectors.telegram.sandbox_updates import ASKED_FOR_ONLY, UpdateQueue
from core.clock import Clock

FIRST_PERSON = 5_000_000_001
"""Beyond 32 bits, as real ones are."""
FIRST_SUPERGROUP = -1_003_000_000_001
FIRST_GROUP = -4_000_000_001

Keep = Callable[[str, Any], None]
"""Told (key, value) of everything that a restart must bring back; None: it is gone."""


def _keep_nothing(key: str, value: Any) -> None:
    """A network without a folder."""


class Bot:
    """One bot: its account, its token and its updates."""

    def __init__(self, account: Account, secret: str, queue: UpdateQueue) -> None:
        self.account = account
        self.token = f"{account.id}:{secret}"
        self.queue = queue
        self.reads_all = False
        """Privacy mode is off: it gets whatever is said in its groups."""
        self.is_revoked = False
        self.commands: list[dict[str, str]] = []

    @property
    def id(self) -> int:
        return self.account.id


class Network:
    """One truth for every bot and every person on it."""

    def __init__(self, clock: Clock, seed: int) -> None:
        self.clock = clock
        self.chance = random.Random(seed)  # noqa: S311 - numbers to try with, no secrets
        self.keep: Keep = _keep_nothing
        self.bots: dict[int, Bot] = {}
        self.accounts: dict[int, Account] = {}
        self.chats: dict[str, Chat] = {}
        self.businesses: dict[str, Business] = {}
        self.files = Files(clock)
        self.questions: dict[str, datetime] = {}
        """Pressed buttons that wait for an answer: when by query id."""
        self.answers: dict[str, dict[str, Any]] = {}
        """What the bot answered to pressed buttons, by query id."""
        self.signs: list[tuple[int, str]] = []
        """(chat, "typing" and the like, or "read"), oldest first."""

    def add_bot(self, name: str, username: str, secret: str, number: int) -> Bot:
        account = Account(id=number, first_name=name, username=username, is_bot=True)
        self.accounts[number] = account
        bot = Bot(account, secret, UpdateQueue(self.clock, self.chance))
        self.bots[number] = bot
        return bot

    def add_person(
        self,
        name: str,
        *,
        number: int = 0,
        last_name: str = "",
        username: str = "",
        language: str = "",
    ) -> Account:
        """With this number, or with the next free one."""
        account = Account(
            id=number or max([FIRST_PERSON - 1, *self.accounts]) + 1,
            first_name=name,
            last_name=last_name,
            username=username,
            language=language,
        )
        self.accounts[account.id] = account
        self.keep(f"account/{account.id}", account)
        return account

    def add_chat(self, kind: str, title: str, **more: Any) -> Chat:
        """A group or channel. `more`: further fields of Chat."""
        kinds, first = (
            ((SUPERGROUP, CHANNEL), FIRST_SUPERGROUP)
            if kind in (SUPERGROUP, CHANNEL)
            else ((GROUP,), FIRST_GROUP)
        )
        taken = [chat.id for chat in self.chats.values() if chat.kind in kinds]
        number = min(taken, default=first + 1) - 1
        chat = Chat(id=number, kind=kind, title=title, **more)
        self.chats[chat.key] = chat
        self.keep_chat(chat)
        return chat

    def private_chat(self, bot: Bot, person: Account, business: str = "") -> Chat:
        """The one of these two, made at need."""
        wanted = Chat(id=person.id, kind=PRIVATE, bot=bot.id, business=business)
        return self.chats.setdefault(wanted.key, wanted)

    def find_chat(self, bot: Bot, chat_id: int | str, business: str = "") -> Chat | None:
        """As this bot knows it: by number or @name."""
        for owner in (bot.id, 0):
            found = self.chats.get(f"{owner}.{business}.{chat_id}")
            if found is not None:
                return found
        named = (one for one in self.chats.values() if one.username)
        return next((one for one in named if f"@{one.username}" == chat_id), None)

    def knows(self, bot: Bot, person: int) -> bool:
        """They share a group, so that the bot has seen this account."""
        return any(chat.has(bot.id) and chat.has(person) for chat in self.chats.values())

    def epoch(self, moment: datetime | None = None) -> int:
        return int((moment or self.clock.now()).timestamp())

    def say(
        self, chat: Chat, by: Account, content: Mapping[str, Any], *, age: timedelta = timedelta()
    ) -> Post:
        """A new message in this chat. Nobody is told of it yet. `age`: said so long ago."""
        chat.last_message = self._last_message(chat) + 1
        body: dict[str, Any] = {
            "message_id": chat.last_message,
            "from": by.to_json(),
            "chat": self.chat_json(chat),
            "date": self.epoch(self.clock.now() - age),
            **content,
        }
        if chat.kind == CHANNEL:
            body["sender_chat"] = body["chat"]
            del body["from"]
        post = Post(body=body, by=by.id)
        chat.posts[post.message_id] = post
        if by.is_bot:
            chat.last_bot = by.id
        self.keep_chat(chat)
        self.keep_post(chat, post)
        return post

    def _last_message(self, chat: Chat) -> int:
        """Ids are unique in a chat; in a business account they are in all of its chats."""
        if not chat.business:
            return chat.last_message
        return max(one.last_message for one in self.chats.values() if one.business == chat.business)

    def keep_chat(self, chat: Chat) -> None:
        self.keep(f"chat/{chat.key}", chat)

    def keep_post(self, chat: Chat, post: Post) -> None:
        self.keep(f"post/{chat.key}/{post.message_id}", post)

    def chat_json(self, chat: Chat) -> dict[str, Any]:
        """A `Chat` of the Bot API."""
        body: dict[str, Any] = {"id": chat.id, "type": chat.kind}
        if chat.kind == PRIVATE:
            names = self.accounts[chat.id].to_json()
            shown = ("first_name", "last_name", "username")
            return {**body, **{name: names[name] for name in shown if name in names}}
        body["title"] = chat.title
        if chat.username:
            body["username"] = chat.username
        if chat.is_forum:
            body["is_forum"] = True
        if chat.is_direct_messages:
            body["is_direct_messages"] = True
        return body

    def business_json(self, business: Business) -> dict[str, Any]:
        """A `BusinessConnection` of the Bot API."""
        return {
            "id": business.id,
            "user": self.accounts[business.owner].to_json(),
            "user_chat_id": business.owner,
            "date": self.epoch(business.since),
            "is_enabled": business.is_enabled,
            "rights": {name: True for name, has in business.rights.items() if has},
        }

    def tell(
        self,
        chat: Chat,
        kind: str,
        body: dict[str, Any],
        *,
        lane: str = "chat",
        date: datetime | None = None,
    ) -> None:
        """Every bot that takes part in this chat and may see this. `date`: of a message.

        Never called for what a bot says: bots get no messages of bots.
        """
        for bot in self.bots.values():
            if self._may_see(bot, chat, kind, body):
                self.tell_bot(bot, kind, body, lane=f"{lane} {chat.key}", date=date)

    def tell_bot(
        self,
        bot: Bot,
        kind: str,
        body: dict[str, Any],
        *,
        lane: str,
        date: datetime | None = None,
        kept_for: timedelta | None = None,
    ) -> None:
        bot.queue.add(kind, shown_to(bot.id, body), lane=lane, date=date, kept_for=kept_for)

    def _may_see(self, bot: Bot, chat: Chat, kind: str, body: dict[str, Any]) -> bool:
        if chat.bot:
            return chat.bot == bot.id
        if not chat.has(bot.id):
            return False
        in_charge = chat.members[bot.id] in IN_CHARGE
        if kind in ASKED_FOR_ONLY:
            return in_charge
        if kind not in ("message", "edited_message") or chat.kind == CHANNEL:
            return True
        return bot.reads_all or in_charge or _is_meant_for(bot, chat, body)


_SERVICE = frozenset(
    {
        *("new_chat_members", "left_chat_member", "migrate_to_chat_id", "migrate_from_chat_id"),
        *("forum_topic_created", "forum_topic_closed", "forum_topic_reopened"),
        *("new_chat_title", "group_chat_created", "supergroup_chat_created", "pinned_message"),
    }
)


def _is_meant_for(bot: Bot, chat: Chat, body: dict[str, Any]) -> bool:
    """What privacy mode lets through: service messages, answers, commands and mentions."""
    if _SERVICE & body.keys():
        return True
    if body.get("reply_to_message", {}).get("from", {}).get("id") == bot.id:
        return True
    text = str(body.get("text", body.get("caption", "")))
    if text.startswith("/"):
        named = text.split()[0].partition("@")[2]
        return named == bot.account.username or (not named and chat.last_bot == bot.id)
    return f"@{bot.account.username}" in text


def file_id(bot: int, unique_id: str) -> str:
    """By which this bot, and no other, names the file."""
    return "BQAC" + urlsafe_b64encode(f"{bot}/{unique_id}".encode()).decode().rstrip("=")


def shown_to(bot: int, value: Any) -> Any:
    """A copy with the ids by which this bot knows the files in it."""
    if isinstance(value, dict):
        shown = {name: shown_to(bot, inner) for name, inner in value.items()}
        if "file_unique_id" in value:
            shown["file_id"] = file_id(bot, value["file_unique_id"])
        return shown
    if isinstance(value, list):
        return [shown_to(bot, inner) for inner in value]
    return value
