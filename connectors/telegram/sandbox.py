"""Telegram on loopback: a bot of the desk, and whoever writes to it."""

import hashlib
import re
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connectors.telegram.sandbox_chats import Account, Chat, Post
from connectors.telegram.sandbox_files import image_size
from connectors.telegram.sandbox_people import Medium, Person
from connectors.telegram.sandbox_places import (
    IN_GROUP,
    IN_PRIVATE,
    IN_TOPIC,
    PLACES,
    TO_BUSINESS,
    TO_CHANNEL,
    find_place,
)
from connectors.telegram.sandbox_server import BotApiServer
from connectors.telegram.sandbox_store import Store
from core.clock import Clock, SystemClock
from core.sandbox import (
    Sandbox,
    SandboxAttachment,
    SandboxField,
    SandboxLine,
    SandboxMessage,
)

TEXT = "Text (that of a button presses it; /block and /unblock do that to the bot)"
WORDS = {
    "zh": {
        "Telegram id": "Telegram 编号",
        TEXT: "内容（与按钮文字相同则按下该按钮；/block 屏蔽机器人，/unblock 解除）",
        IN_PRIVATE: "私聊",
        IN_GROUP: "群组：Traders",
        IN_TOPIC: "论坛话题：Harbor Community，Deposits",
        TO_CHANNEL: "频道私信：Harbor News",
        TO_BUSINESS: "商业账号：Olga",
    },
    "ru": {
        "Telegram id": "Номер в Telegram",
        TEXT: "Текст (текст кнопки нажимает её; /block и /unblock — заблокировать бота и обратно)",
        IN_PRIVATE: "Лично",
        IN_GROUP: "Группа: Traders",
        IN_TOPIC: "Тема форума: Harbor Community, Deposits",
        TO_CHANNEL: "Личные сообщения канала: Harbor News",
        TO_BUSINESS: "Бизнес-аккаунт: Olga",
    },
}
_NUMBER = re.compile(r"\d{1,16}")
_NAMELESS = 6_000_000_000
"""Where the numbers of people begin who were named by something else than a number."""


class TelegramSandbox(Sandbox):
    """A Bot API server with one bot, kept under its data folder. `server` is there after start."""

    title = "Telegram"
    # Of a deleted message no bot is told.
    can_change = True

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self.server = BotApiServer(self._clock)
        self._store: Store | None = None

    async def start(self, data_dir: Path) -> None:
        self._store = store = Store(data_dir)
        secret = store.text("secret") or secrets.token_urlsafe(24)
        # The ids of albums and pressed buttons must be others than before the restart.
        seed = secrets.randbits(64)
        self.server = server = BotApiServer(self._clock, secret=secret, seed=seed)
        store.attach(server.network, server.bot, server.webhooks[server.bot.id])
        # So that people can be played in groups without naming the bot each time.
        server.bot.reads_all = True
        await server.start(int(store.text("port", "0")))
        store.keep("secret", secret)
        store.keep("port", server.base_url.rpartition(":")[2])

    async def stop(self) -> None:
        await self.server.stop()
        if self._store is not None:
            self._store.close()
            self._store = None

    def account_config(self) -> dict[str, Any]:
        return {"token": self.server.token, "api_base_url": self.server.base_url}

    def fields(self) -> Sequence[SandboxField]:
        return (
            SandboxField(name="person", label="Name", default="Grace Hopper"),
            SandboxField(name="address", label="Telegram id", default="5000000001", words=WORDS),
            SandboxField(
                name="place", label="Where", default=IN_PRIVATE, choices=PLACES, words=WORDS
            ),
            SandboxField(name="text", label=TEXT, is_long=True, words=WORDS),
        )

    def person(self, address: str, name: str = "") -> Person:
        """Whoever has this number; anything that is no number stands for one of its own."""
        first, _, last = name.strip().partition(" ")
        return self.server.person(
            first or address, number=_number_of(address), last_name=last.strip()
        )

    async def say(self, line: SandboxLine) -> None:
        """With files, the text is the caption of the first."""
        person = self.person(line.address, line.person)
        first, _, last = line.person.strip().partition(" ")
        if first and (first, last.strip()) != (person.account.first_name, person.account.last_name):
            await person.renames(first, last_name=last.strip())
        if line.text.strip() in ("/block", "/unblock"):
            await (person.blocks() if line.text.strip() == "/block" else person.unblocks())
            return
        where = await find_place(self.server, line.place, person)
        button = _button((where or person).chat_of(person), line.text)
        if button is not None:
            await person.presses(button, line.text.strip(), where=where)
        elif len(line.attachments) > 1:
            media = [
                _medium(one, line.text if at == 0 else "", in_album=True)
                for at, one in enumerate(line.attachments)
            ]
            await person.sends_album(media, where=where)
        elif line.attachments:
            await person.sends_file(_medium(line.attachments[0], line.text), where=where)
        elif line.text.strip():
            await person.says(line.text, where=where)
        else:
            raise ValueError("a message needs a text")

    async def change_last(self, line: SandboxLine) -> None:
        """Raises ValueError if there is no text, or nothing of theirs in that place."""
        if not line.text.strip():
            raise ValueError("a message needs a text")
        person = self.person(line.address, line.person)
        where = await find_place(self.server, line.place, person)
        chat = (where or person).chat_of(person)
        for post in reversed(chat.posts.values()):
            is_own = post.body.get("from", {}).get("id") == person.id
            if is_own and post.text and not post.is_deleted:
                await person.edits(post, line.text, where=where)
                return
        raise ValueError("they have written nothing there yet")

    async def heard(self, address: str) -> Sequence[SandboxMessage]:
        network = self.server.network
        account = network.accounts.get(_number_of(address))
        if account is None:
            return ()
        posts = [
            (post.body["date"], post.message_id, chat, post)
            for chat in network.chats.values()
            for post in self.server.messages_in(chat)
            if _reaches(chat, post, account)
        ]
        posts.sort(key=lambda one: one[:2])
        return [_to_message(chat, post) for _, _, chat, post in posts]


def _number_of(address: str) -> int:
    address = address.strip()
    if _NUMBER.fullmatch(address) and int(address):
        return int(address)
    digest = hashlib.sha256(address.encode()).digest()
    return _NAMELESS + int.from_bytes(digest[:4], "big")


def _button(chat: Chat, text: str) -> Post | None:
    """The last message with such a button to press."""
    for post in reversed(chat.posts.values()):
        for button in post.buttons:
            if not post.is_deleted and button["text"] == text.strip() and "callback_data" in button:
                return post
    return None


def _medium(attachment: SandboxAttachment, caption: str, *, in_album: bool = False) -> Medium:
    """An image as a photo, as clients send it; anything else, and all in an album, as a file."""
    is_photo = not in_album and attachment.media_type in ("image/jpeg", "image/png")
    return Medium(
        kind="photo" if is_photo and image_size(attachment.content) else "document",
        content=attachment.content,
        name=attachment.name,
        media_type=attachment.media_type,
        caption=caption,
    )


def _reaches(chat: Chat, post: Post, account: Account) -> bool:
    topic = post.body.get("direct_messages_topic")
    if topic is not None:
        return bool(topic["topic_id"] == account.id)
    return chat.id == account.id or chat.has(account.id)


def _to_message(chat: Chat, post: Post) -> SandboxMessage:
    files = [post.body[kind] for kind in ("document", "audio", "video") if kind in post.body]
    names = [str(file.get("file_name", "file")) for file in files]
    if "photo" in post.body:
        names.append("photo")
    buttons = " ".join(f"[{button['text']}]" for button in post.buttons)
    return SandboxMessage(
        at=datetime.fromtimestamp(post.body["date"], UTC),
        text="\n".join(part for part in (post.text, buttons) if part),
        subject=chat.title,
        attachments=tuple(names),
    )
