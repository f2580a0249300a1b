"""Who and what there is on the sandbox's network: accounts of people and bots, and chats."""

from typing import Any

import msgspec

PRIVATE, GROUP, SUPERGROUP, CHANNEL = "private", "group", "supergroup", "channel"
PRESENT = frozenset({"creator", "administrator", "member", "restricted"})
"""The statuses of somebody who is in a chat."""


class Account(msgspec.Struct, kw_only=True):
    """A person or a bot. Numbers of people need up to 52 bits."""

    id: int
    first_name: str
    last_name: str = ""
    username: str = ""
    language: str = ""
    is_bot: bool = False
    is_deactivated: bool = False

    def to_json(self) -> dict[str, Any]:
        """A `User` of the Bot API."""
        body: dict[str, Any] = {
            "id": self.id,
            "is_bot": self.is_bot,
            "first_name": self.first_name,
        }
        for name, value in (
            ("last_name", self.last_name),
            ("username", self.username),
            ("language_code", self.language),
        ):
            if value:
                body[name] = value
        return body


class Post(msgspec.Struct, kw_only=True):
    """A message that was said in a chat, by whomever."""

    body: dict[str, Any]
    """The `Message` of the Bot API, with what a bot must not know left to `Network.shown_to`."""
    by: int
    """Whose account said it; a bot's or a person's."""
    is_deleted: bool = False
    reactions: dict[str, list[dict[str, Any]]] = {}
    """By account number."""

    @property
    def message_id(self) -> int:
        number: int = self.body["message_id"]
        return number

    @property
    def text(self) -> str:
        """The text, or the caption."""
        return str(self.body.get("text", self.body.get("caption", "")))


class Chat(msgspec.Struct, kw_only=True):
    """A private chat is between one person, whose number it has, and one bot."""

    id: int
    kind: str
    title: str = ""
    username: str = ""
    is_forum: bool = False
    is_direct_messages: bool = False
    """Of a channel: its readers write to its owners, each in a topic of their own."""
    parent: int = 0
    """Of direct messages: the channel."""
    bot: int = 0
    """Of a private chat, or one of a business account: which bot's."""
    business: str = ""
    """The connection through which the bot takes part."""
    members: dict[int, str] = {}
    """Status by account number."""
    topics: dict[int, str] = {}
    closed_topics: list[int] = []
    last_message: int = 0
    migrated_to: int = 0
    is_deleted: bool = False
    posts: dict[int, Post] = {}

    @property
    def key(self) -> str:
        return f"{self.bot}.{self.business}.{self.id}"

    def has(self, account: int) -> bool:
        return self.members.get(account) in PRESENT

    def post(self, message_id: int) -> Post | None:
        """None also for a deleted one."""
        found = self.posts.get(message_id)
        return None if found is None or found.is_deleted else found
