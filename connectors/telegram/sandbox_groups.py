"""Groups, supergroups with their topics, channels and their direct messages."""

from typing import Any

from connectors.telegram.sandbox_chats import CHANNEL, GROUP, PRESENT, SUPERGROUP, Chat, Post
from connectors.telegram.sandbox_members import change_member
from connectors.telegram.sandbox_network import Bot, Network
from connectors.telegram.sandbox_people import Person


class Group:
    """A basic group or a supergroup. Members write with `where=` this or one of its topics."""

    kinds = ("message", "edited_message")

    def __init__(self, network: Network, chat: Chat, bot: Bot) -> None:
        self.network = network
        self.chat = chat
        self.bot = bot

    @property
    def id(self) -> int:
        return self.chat.id

    def chat_of(self, person: Person) -> Chat:
        if not self.chat.has(person.id):
            raise PermissionError(f"{person.account.first_name} is not in this group")
        if self.chat.migrated_to or self.chat.is_deleted:
            raise PermissionError("nobody can write here any more")
        return self.chat

    def fields_of(self, person: Person) -> dict[str, Any]:
        return {}

    async def joins(self, person: Person) -> Post:
        change_member(self.network, self.chat, person.account, "member", by=person.account)
        return self._service(person, {"new_chat_members": [person.account.to_json()]})

    async def leaves(self, person: Person) -> Post:
        change_member(self.network, self.chat, person.account, "left", by=person.account)
        return self._service(person, {"left_chat_member": person.account.to_json()})

    async def adds_bot(self, by: Person) -> None:
        change_member(self.network, self.chat, self.bot.account, "member", by=by.account)
        self._service(by, {"new_chat_members": [self.bot.account.to_json()]})

    async def promotes_bot(self, by: Person) -> None:
        """As an administrator it reads everything, whatever its privacy mode."""
        change_member(self.network, self.chat, self.bot.account, "administrator", by=by.account)

    async def removes_bot(self, by: Person) -> None:
        """It may be added again."""
        change_member(self.network, self.chat, self.bot.account, "left", by=by.account)

    async def kicks_bot(self, by: Person) -> None:
        change_member(self.network, self.chat, self.bot.account, "kicked", by=by.account)

    async def deletes(self) -> None:
        """The group is gone. The bot learns it when it writes."""
        self.chat.is_deleted = True
        self.network.keep_chat(self.chat)

    async def topic(self, title: str, by: Person) -> "Topic":
        """A new topic of a forum; its number is that of the message that made it."""
        if not self.chat.is_forum:
            raise PermissionError("this group is no forum")
        created = {"forum_topic_created": {"name": title, "icon_color": 7322096}}
        number = self.chat.last_message + 1
        thread = {"message_thread_id": number, "is_topic_message": True}
        self.chat.topics = {**self.chat.topics, number: title}
        self._service(by, {**thread, **created})
        return Topic(self, number)

    async def migrate(self, by: Person | None = None) -> "Group":
        """It becomes a supergroup; the old chat and the new one each say so in a message."""
        if self.chat.kind != GROUP:
            raise PermissionError("only a basic group can become a supergroup")
        teller = by or self._somebody()
        new = self.network.add_chat(SUPERGROUP, self.chat.title, members=dict(self.chat.members))
        old_said = self.network.say(self.chat, teller.account, {"migrate_to_chat_id": new.id})
        new_said = self.network.say(new, teller.account, {"migrate_from_chat_id": self.id})
        self.network.tell(self.chat, "message", old_said.body)
        self.network.tell(new, "message", new_said.body)
        self.chat.migrated_to = new.id
        self.network.keep_chat(self.chat)
        return Group(self.network, new, self.bot)

    def _somebody(self) -> Person:
        number = next(
            one
            for one, status in self.chat.members.items()
            if status in PRESENT and not self.network.accounts[one].is_bot
        )
        return Person(self.network, self.network.accounts[number], self.bot)

    def _service(self, by: Person, content: dict[str, Any]) -> Post:
        post = self.network.say(self.chat, by.account, content)
        self.network.tell(self.chat, "message", post.body)
        return post


class Topic:
    """One topic of a forum."""

    kinds = ("message", "edited_message")

    def __init__(self, group: Group, number: int) -> None:
        self.group = group
        self.id = number

    def chat_of(self, person: Person) -> Chat:
        return self.group.chat_of(person)

    def fields_of(self, person: Person) -> dict[str, Any]:
        return {"message_thread_id": self.id, "is_topic_message": True}

    async def closes(self) -> None:
        chat = self.group.chat
        chat.closed_topics = [*chat.closed_topics, self.id]
        self.group.network.keep_chat(chat)


class Channel:
    """Its owners post; with `direct_messages` its readers can write to them."""

    def __init__(self, network: Network, chat: Chat, bot: Bot) -> None:
        self.network = network
        self.chat = chat
        self.bot = bot

    @property
    def id(self) -> int:
        return self.chat.id

    async def posts(self, text: str) -> Post:
        post = self.network.say(self.chat, self.bot.account, {"text": text})
        post.by = self.id
        self.network.tell(self.chat, "channel_post", post.body)
        return post

    async def direct_messages(self) -> "DirectMessages":
        """Opened now, or long ago."""
        for one in self.network.chats.values():
            if one.parent == self.id:
                return DirectMessages(self.network, one)
        chat = self.network.add_chat(
            SUPERGROUP,
            self.chat.title,
            is_direct_messages=True,
            is_forum=True,
            parent=self.id,
            members={self.bot.id: "administrator"},
        )
        return DirectMessages(self.network, chat)


class DirectMessages:
    """A channel's direct messages: a chat in which each reader has a topic of their own."""

    kinds = ("message", "edited_message")

    def __init__(self, network: Network, chat: Chat) -> None:
        self.network = network
        self.chat = chat

    @property
    def id(self) -> int:
        return self.chat.id

    def chat_of(self, person: Person) -> Chat:
        self.chat.members = {**self.chat.members, person.id: "member"}
        self.chat.topics = {**self.chat.topics, person.id: person.account.first_name}
        return self.chat

    def fields_of(self, person: Person) -> dict[str, Any]:
        topic = {"topic_id": person.id, "user": person.account.to_json()}
        return {"direct_messages_topic": topic}


def open_group(
    network: Network, bot: Bot, kind: str, title: str, members: tuple[Person, ...], **more: Any
) -> Group:
    """With these members and the bot; the first of them owns it. Nobody is told."""
    statuses = {one.id: "member" for one in members} | {bot.id: "member"}
    if members:
        statuses[members[0].id] = "creator"
    return Group(network, network.add_chat(kind, title, members=statuses, **more), bot)


def open_channel(network: Network, bot: Bot, title: str) -> Channel:
    """With the bot as an administrator."""
    chat = network.add_chat(CHANNEL, title, members={bot.id: "administrator"})
    return Channel(network, chat, bot)
