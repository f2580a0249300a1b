"""Who and what there is on the sandbox's network: accounts of people and bots, chats, posts."""

from datetime import datetime
from typing import Any

import msgspec

PRIVATE, GROUP, SUPERGROUP, CHANNEL = "private", "group", "supergroup", "channel"
PRESENT = frozenset({"creator", "administrator", "member", "restricted"})
"""The statuses of somebody who is in a chat."""
IN_CHARGE = frozenset({"creator", "administrator"})


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
    """The `Message` of the Bot API, but for the ids of files, which differ for each bot."""
    by: int
    """Whose account said it; a bot's or a person's."""
    is_deleted: bool = False
    reactions: dict[int, list[dict[str, Any]]] = {}
    """By account number."""

    @property
    def message_id(self) -> int:
        number: int = self.body["message_id"]
        return number

    @property
    def text(self) -> str:
        """The text, or the caption."""
        return str(self.body.get("text", self.body.get("caption", "")))

    @property
    def buttons(self) -> list[dict[str, Any]]:
        """Of the inline keyboard, row by row."""
        rows = self.body.get("reply_markup", {}).get("inline_keyboard", [])
        return [button for row in rows for button in row]


class Business(msgspec.Struct, kw_only=True):
    """A person's permission for a bot to see and answer what their customers write to them."""

    id: str
    owner: int
    bot: int
    since: datetime
    is_enabled: bool = True
    rights: dict[str, bool] = {}


class Chat(msgspec.Struct, kw_only=True):
    """A private chat has the number of its person, and is known to one bot only."""

    id: int
    kind: str
    title: str = ""
    username: str = ""
    is_forum: bool = False
    is_direct_messages: bool = False
    """Of a channel: each reader writes to its owners in a topic of their own."""
    parent: int = 0
    """Of direct messages: the channel."""
    bot: int = 0
    """Whose private chat it is; 0: of none alone."""
    business: str = ""
    """The connection through which the bot takes part."""
    members: dict[int, str] = {}
    """Status by account number, the bots' among them; "kicked" in a private chat: blocked."""
    topics: dict[int, str] = {}
    closed_topics: list[int] = []
    last_message: int = 0
    last_bot: int = 0
    """Who of the bots spoke here last."""
    migrated_to: int = 0
    is_deleted: bool = False
    posts: dict[int, Post] = {}

    @property
    def key(self) -> str:
        return f"{self.bot}.{self.business}.{self.id}"

    @property
    def is_group(self) -> bool:
        return self.kind in (GROUP, SUPERGROUP)

    def has(self, account: int) -> bool:
        return self.members.get(account) in PRESENT

    def post(self, message_id: int) -> Post | None:
        """None also for a deleted one."""
        found = self.posts.get(message_id)
        return None if found is None or found.is_deleted else found
