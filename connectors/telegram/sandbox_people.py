"""People on the sandbox's network, and what they do: in private, in groups, to a business."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from connectors.telegram.sandbox_chats import PRIVATE, Account, Chat, Post
from connectors.telegram.sandbox_files import StoredFile
from connectors.telegram.sandbox_media import ALBUM_KINDS, shown_as
from connectors.telegram.sandbox_members import change_member
from connectors.telegram.sandbox_network import Bot, Network
from connectors.telegram.sandbox_sending import answering
from connectors.telegram.sandbox_texts import said_by_person

QUERY_KEPT_FOR = timedelta(seconds=150)
"""An update about a pressed button lives so long."""


class Where(Protocol):
    """Somewhere that a person can write: a group, a topic, a business account."""

    def chat_of(self, person: "Person") -> Chat: ...

    def fields_of(self, person: "Person") -> dict[str, Any]:
        """What messages there carry beside their content."""
        ...

    @property
    def kinds(self) -> tuple[str, str]:
        """Under which names new and edited messages are told."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Medium:
    """A file as somebody sends it. `size`: what the network says, if that is not its length."""

    kind: str
    content: bytes
    name: str = ""
    media_type: str = "application/octet-stream"
    caption: str = ""
    size: int | None = None


class Person:
    """Somebody who writes to the bot. Without `where` they do so in their private chat."""

    def __init__(self, network: Network, account: Account, bot: Bot) -> None:
        self.network = network
        self.account = account
        self.bot = bot
        self.kinds = ("message", "edited_message")

    @property
    def id(self) -> int:
        return self.account.id

    @property
    def chat(self) -> Chat:
        """Their private chat with the bot."""
        return self.network.private_chat(self.bot, self.account)

    def chat_of(self, person: "Person") -> Chat:
        return person.chat

    def fields_of(self, person: "Person") -> dict[str, Any]:
        return {}

    async def says(self, text: str, **how: Any) -> Post:
        """`how`: as for `sends`."""
        return await self.sends(said_by_person(text), **how)

    async def starts(self, parameter: str = "") -> Post:
        """Opens the bot, maybe by a link `t.me/<bot>?start=<parameter>`."""
        return await self.says(f"/start {parameter}".strip())

    async def sends(
        self,
        content: dict[str, Any],
        *,
        where: Where | None = None,
        reply_to: Post | None = None,
        quote: str = "",
        age: timedelta = timedelta(),
        told: bool = True,
    ) -> Post:
        """Any fields of a Message. `age`: they did so long ago; not `told`: see `shows`."""
        place = where or self
        chat = place.chat_of(self)
        if chat.kind == PRIVATE and not chat.business:
            self._enter(chat)
        fields = dict(place.fields_of(self))
        if reply_to is not None:
            fields.update(answering(chat, reply_to, quote))
        post = self.network.say(chat, self.account, {**fields, **content}, age=age)
        if told:
            self.shows(post, where=where)
        return post

    def shows(self, post: Post, *, where: Where | None = None) -> None:
        """The bot is told of this message, as it is now, as of a new one."""
        place = where or self
        moment = self.network.clock.now()
        age = timedelta(seconds=self.network.epoch(moment) - post.body["date"])
        self.network.tell(place.chat_of(self), place.kinds[0], post.body, date=moment - age)

    async def sends_file(self, medium: Medium, **how: Any) -> Post:
        return await self.sends(self._content(medium), **how)

    async def sends_photo(self, content: bytes, caption: str = "", **how: Any) -> Post:
        medium = Medium(kind="photo", content=content, caption=caption, media_type="image/jpeg")
        return await self.sends_file(medium, **how)

    async def sends_document(
        self,
        content: bytes,
        name: str = "note.txt",
        media_type: str = "text/plain",
        *,
        caption: str = "",
        size: int | None = None,
        **how: Any,
    ) -> Post:
        medium = Medium(
            kind="document",
            content=content,
            name=name,
            media_type=media_type,
            caption=caption,
            size=size,
        )
        return await self.sends_file(medium, **how)

    async def sends_voice(self, content: bytes, **how: Any) -> Post:
        medium = Medium(kind="voice", content=content, media_type="audio/ogg")
        return await self.sends_file(medium, **how)

    async def sends_sticker(self, content: bytes, emoji: str = "🙂", **how: Any) -> Post:
        stored = self._store(Medium(kind="sticker", content=content), emoji=emoji)
        return await self.sends(shown_as(stored), **how)

    async def sends_location(self, latitude: float, longitude: float, **how: Any) -> Post:
        place = {"latitude": latitude, "longitude": longitude}
        return await self.sends({"location": place}, **how)

    async def sends_album(self, media: Sequence[Medium], **how: Any) -> list[Post]:
        """Separate messages and updates with one media_group_id."""
        group = str(self.network.chance.randrange(10**16, 10**17))
        contents = [{**self._content(one), "media_group_id": group} for one in media]
        return [await self.sends(content, **how) for content in contents]

    async def edits(
        self, post: Post, text: str, *, where: Where | None = None, told: bool = True
    ) -> None:
        """The text, or the caption if it is a medium."""
        said = said_by_person(text)
        is_text = "text" in post.body
        for name in ("text", "entities", "caption", "caption_entities"):
            post.body.pop(name, None)
        names = ("text", "entities") if is_text else ("caption", "caption_entities")
        for ours, theirs in zip(names, ("text", "entities"), strict=True):
            if said.get(theirs):
                post.body[ours] = said[theirs]
        post.body["edit_date"] = self.network.epoch()
        self._changed(post, where, told=told)

    async def replaces(self, post: Post, medium: Medium, *, where: Where | None = None) -> None:
        """Another file stands in this message, with the caption that the medium brings."""
        kept = {"media_group_id": post.body.get("media_group_id")}
        for name in (*ALBUM_KINDS, "caption", "caption_entities"):
            post.body.pop(name, None)
        post.body.update(self._content(medium), edit_date=self.network.epoch())
        post.body.update({name: value for name, value in kept.items() if value is not None})
        self._changed(post, where, told=True)

    async def touches(self, post: Post, *, where: Where | None = None) -> None:
        """An edit in which nothing to be seen has changed, as when a link's preview is there."""
        post.body["edit_date"] = self.network.epoch()
        self._changed(post, where, told=True)

    async def deletes(self, post: Post, *, where: Where | None = None) -> None:
        """No bot is told; only a business bot would be, by `BusinessAccount.deletes`."""
        post.is_deleted = True
        self.network.keep_post((where or self).chat_of(self), post)

    async def reacts(self, post: Post, *emoji: str, where: Where | None = None) -> None:
        """These are all that they have on it from now on; none: taken back."""
        chat = (where or self).chat_of(self)
        old = post.reactions.get(self.id, [])
        new = [{"type": "emoji", "emoji": one} for one in emoji]
        post.reactions = {**post.reactions, self.id: new}
        self.network.keep_post(chat, post)
        body = {
            "chat": self.network.chat_json(chat),
            "message_id": post.message_id,
            "user": self.account.to_json(),
            "date": self.network.epoch(),
            "old_reaction": old,
            "new_reaction": new,
        }
        self.network.tell(chat, "message_reaction", body, lane="reactions")

    async def presses(self, post: Post, button: str, *, where: Where | None = None) -> str:
        """The button with this text below a message of the bot; the id of the query."""
        chat = (where or self).chat_of(self)
        pressed = next((one for one in post.buttons if one["text"] == button), None)
        if pressed is None or "callback_data" not in pressed:
            raise LookupError(f"there is no button {button!r} to press")
        query = str(self.network.chance.randrange(10**17, 10**18))
        self.network.questions[query] = self.network.clock.now()
        message = post.body
        if post.is_deleted:
            message = {name: message[name] for name in ("chat", "message_id")} | {"date": 0}
        body = {
            "id": query,
            "from": self.account.to_json(),
            "message": message,
            "chat_instance": str(abs(chat.id) * 31),
            "data": pressed["callback_data"],
        }
        lane = f"queries {self.id}"
        self.network.tell_bot(self.bot, "callback_query", body, lane=lane, kept_for=QUERY_KEPT_FOR)
        return query

    async def blocks(self) -> None:
        """The bot hears of it, and can say nothing to them from now on."""
        change_member(self.network, self.chat, self.bot.account, "kicked", by=self.account)

    async def unblocks(self) -> None:
        change_member(self.network, self.chat, self.bot.account, "member", by=self.account)

    async def deactivates(self) -> None:
        """Their account is deleted. No bot is told."""
        self.account.is_deactivated = True
        self.network.keep(f"account/{self.id}", self.account)

    async def renames(self, first_name: str, *, username: str = "", last_name: str = "") -> None:
        """As of their next message."""
        self.account.first_name = first_name
        self.account.username, self.account.last_name = username, last_name
        self.network.keep(f"account/{self.id}", self.account)

    def _enter(self, chat: Chat) -> None:
        """Whoever writes to a bot that they blocked has to unblock it first."""
        if chat.members.get(self.bot.id) == "kicked":
            change_member(self.network, chat, self.bot.account, "member", by=self.account)
        chat.members = {**chat.members, self.bot.id: "member", self.id: "member"}

    def _changed(self, post: Post, where: Where | None, *, told: bool) -> None:
        place = where or self
        chat = place.chat_of(self)
        self.network.keep_post(chat, post)
        if told:
            self.network.tell(chat, place.kinds[1], post.body)

    def _store(self, medium: Medium, **described: Any) -> StoredFile:
        return self.network.files.add(
            medium.kind,
            medium.content,
            name=medium.name,
            media_type=medium.media_type,
            size=medium.size,
            **described,
        )

    def _content(self, medium: Medium) -> dict[str, Any]:
        content = shown_as(self._store(medium))
        if medium.caption:
            said = said_by_person(medium.caption)
            content["caption"] = said["text"]
            if "entities" in said:
                content["caption_entities"] = said["entities"]
        return content
