"""Telegram and Discord as the rig plays them: people who write to the bot, and hear its answers.

Both are the loopback servers that the connectors bring, with the rules of the real ones. They run
in the rig's process, so that they survive every kill of the product as the real ones would.
"""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from connectors.discord.sandbox_people import Person as DiscordPerson
from connectors.discord.sandbox_server import DiscordServer
from connectors.discord.sandbox_world import Announcement
from connectors.telegram.sandbox_chats import Post
from connectors.telegram.sandbox_people import Person as TelegramPerson
from connectors.telegram.sandbox_server import BotApiServer
from tests.rig.ledger import Ledger
from tests.rig.tokens import tokens_in

LISTENING_LIMIT_S = 30.0


class Messenger(ABC):
    """One network with one bot. What it took and what the bot said on it is in the ledger."""

    channel: str
    letter: str
    """Begins the name of each of its authors."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    @abstractmethod
    async def start(self) -> None: ...

    @abstractmethod
    async def stop(self) -> None: ...

    @abstractmethod
    def account_config(self) -> dict[str, Any]:
        """What ops would enter for this bot."""

    @abstractmethod
    async def until_heard(self) -> None:
        """Returns when nothing that is said from now on can pass the desk by."""

    async def say(self, author: str, word: str) -> None:
        """The network has it, whether we serve or not; it is in the ledger as accepted."""
        await self._write(author, f"{word} is what I want to say.")
        self.ledger.note("accepted", word, by=author, way=self.channel)

    @abstractmethod
    async def _write(self, author: str, text: str) -> None: ...

    def _note_answer(self, text: str, to: int) -> None:
        # A hyphen may be escaped on the way.
        for word in tokens_in(text.replace("\\", "")):
            self.ledger.note("heard", word, by=str(to))


class Telegram(Messenger):
    """The Bot API server. What nobody asks for waits there for a day."""

    channel = "telegram"
    letter = "t"

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(ledger)
        self._server = BotApiServer()
        self._server.network.keep = self._kept
        self._people: dict[str, TelegramPerson] = {}
        self._seen: set[str] = set()

    async def start(self) -> None:
        await self._server.start()

    async def stop(self) -> None:
        await self._server.stop()

    def account_config(self) -> dict[str, Any]:
        return {"token": self._server.token, "api_base_url": self._server.base_url}

    async def until_heard(self) -> None:
        """What nobody asks for waits."""

    async def _write(self, author: str, text: str) -> None:
        if author not in self._people:
            self._people[author] = self._server.person(author)
        await self._people[author].says(text)

    def _kept(self, key: str, value: object) -> None:
        """A message is kept as it comes into being, and may be again."""
        if isinstance(value, Post) and value.by == self._server.bot.id and key not in self._seen:
            self._seen.add(key)
            self._note_answer(value.text, value.body["chat"]["id"])


class Discord(Messenger):
    """Gateway and REST with the published limits. Direct messages only."""

    channel = "discord"
    letter = "d"

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(ledger)
        self._server = DiscordServer()
        self._server.world.listeners.append(self._announced)
        self._people: dict[str, DiscordPerson] = {}

    async def start(self) -> None:
        await self._server.start()

    async def stop(self) -> None:
        await self._server.stop()

    def account_config(self) -> dict[str, Any]:
        return {
            "token": self._server.token,
            "api_base_url": self._server.api_base_url,
            "gateway_url": self._server.gateway_url,
        }

    async def until_heard(self) -> None:
        """A chat that a bot has never heard of is told to its session only, and in no list."""
        give_up = time.monotonic() + LISTENING_LIMIT_S
        while not any(one.session for one in self._server.gateway.connections):
            assert time.monotonic() < give_up, "the bot does not connect to the gateway"
            await asyncio.sleep(0.05)

    async def _write(self, author: str, text: str) -> None:
        if author not in self._people:
            self._people[author] = self._server.person(author)
        await self._people[author].writes_dm(text)

    def _announced(self, announcement: Announcement) -> None:
        message = announcement.message
        if announcement.name != "MESSAGE_CREATE" or message is None:
            return
        if message.author_id == self._server.bot_id:
            self._note_answer(message.content, message.channel_id)


MESSENGERS: Sequence[type[Messenger]] = (Telegram, Discord)
