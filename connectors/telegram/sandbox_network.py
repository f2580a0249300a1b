"""The state of the sandbox's network: accounts, chats, what was said, and who is told of it."""

import random
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors.telegram.sandbox_answers import bad
from connectors.telegram.sandbox_chats import PRIVATE, Account, Chat, Post
from connectors.telegram.sandbox_updates import UpdateQueue
from core.clock import Clock

FIRST_PERSON = 5_000_000_001
"""Beyond 32 bits, as real ones are."""


class Bot:
    """One bot: its account, its token and its updates."""

    def __init__(self, account: Account, secret: str, queue: UpdateQueue) -> None:
        self.account = account
        self.token = f"{account.id}:{secret}"
        self.queue = queue
        self.reads_all = False
        """Privacy mode is off: it gets whatever is said in its groups."""
        self.is_revoked = False

    @property
    def id(self) -> int:
        return self.account.id


class Network:
    """One truth for every bot and every person on it."""

    def __init__(self, clock: Clock, seed: int = 1) -> None:
        self.clock = clock
        self.chance = random.Random(seed)  # noqa: S311 - numbers to try with, no secrets
        self.bots: dict[int, Bot] = {}
        self.accounts: dict[int, Account] = {}
        self.chats: dict[str, Chat] = {}
        self._last_person = FIRST_PERSON - 1

    def add_bot(self, name: str, username: str, secret: str, number: int) -> Bot:
        account = Account(id=number, first_name=name, username=username, is_bot=True)
        self.accounts[number] = account
        bot = Bot(account, secret, UpdateQueue(self.clock, self.chance))
        self.bots[number] = bot
        return bot

    def add_person(self, name: str, *, number: int = 0, **more: str) -> Account:
        """`more`: last_name, username, language."""
        self._last_person = max(self._last_person + (0 if number else 1), number)
        account = Account(id=number or self._last_person, first_name=name, **more)  # type: ignore[arg-type]  # texts only
        self.accounts[account.id] = account
        return account

    def private_chat(self, bot: Bot, person: Account) -> Chat:
        """The one of these two, made at need."""
        wanted = Chat(id=person.id, kind=PRIVATE, bot=bot.id)
        return self.chats.setdefault(wanted.key, wanted)

    def find_chat(self, bot: Bot, chat_id: int, business: str = "") -> Chat | None:
        """As this bot knows it."""
        for owner in (bot.id, 0):
            found = self.chats.get(Chat(id=chat_id, kind="", bot=owner, business=business).key)
            if found is not None:
                return found
        return None

    def epoch(self, moment: datetime | None = None) -> int:
        return int((moment or self.clock.now()).timestamp())

    def say(self, chat: Chat, by: Account, content: Mapping[str, Any]) -> Post:
        """A new message in this chat. Nobody is told of it yet."""
        chat.last_message += 1
        body = {
            "message_id": chat.last_message,
            "from": by.to_json(),
            "chat": self.chat_json(chat),
            "date": self.epoch(),
            **content,
        }
        post = Post(body=body, by=by.id)
        chat.posts[post.message_id] = post
        return post

    def chat_json(self, chat: Chat) -> dict[str, Any]:
        """A `Chat` of the Bot API."""
        body: dict[str, Any] = {"id": chat.id, "type": chat.kind}
        if chat.kind == PRIVATE:
            person = self.accounts[chat.id].to_json()
            body.update(
                {k: person[k] for k in ("first_name", "last_name", "username") if k in person}
            )
            return body
        body["title"] = chat.title
        if chat.username:
            body["username"] = chat.username
        if chat.is_forum:
            body["is_forum"] = True
        if chat.is_direct_messages:
            body["is_direct_messages"] = True
        return body

    def tell(self, chat: Chat, kind: str, body: dict[str, Any], *, lane: str = "") -> None:
        """Every bot that takes part in this chat."""
        for bot in self.bots.values():
            if chat.bot in (0, bot.id) and (chat.bot or chat.has(bot.id)):
                bot.queue.add(kind, body, lane=lane or f"chat {chat.key}")

    def require_chat(self, bot: Bot, chat_id: int) -> Chat:
        """Raises Refusal if this bot knows no such chat."""
        chat = self.find_chat(bot, chat_id)
        if chat is None:
            raise bad("chat not found")
        return chat
