"""The sandbox's Bot API server as a network that fails when it is told to."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import ClassVar

from connectors.telegram import sandbox_faults
from connectors.telegram.entities import to_spans
from connectors.telegram.sandbox_chats import Post
from connectors.telegram.sandbox_faults import Cut, When
from connectors.telegram.sandbox_people import Person
from connectors.telegram.sandbox_server import BotApiServer
from core.sandbox import SandboxAttachment
from core.testing.network import Arrival, FakeNetwork, Fault

FAULTS: Mapping[Fault, sandbox_faults.Fault] = {
    Fault.TRANSIENT: sandbox_faults.refused("Service Unavailable", 503),
    Fault.RATE_LIMITED: sandbox_faults.wait(3),
    Fault.UNKNOWN_TAKEN: Cut(when=When.AFTER),
    Fault.UNKNOWN_LOST: Cut(when=When.BEFORE),
    Fault.PERMANENT: sandbox_faults.refused("message can't be sent"),
    Fault.RECIPIENT_GONE: sandbox_faults.BLOCKED,
    Fault.PLACE_GONE: sandbox_faults.refused("bot was kicked from the supergroup chat", 403),
    Fault.CONTENT_REJECTED: sandbox_faults.refused("can't parse entities"),
}
REVOKED = sandbox_faults.refused("Unauthorized", 401)
FOUND_BY_TELEGRAM = ("mention", "url", "email", "hashtag", "bot_command")
"""In any text; nobody asked for them."""
DELIVERING = ("sendmessage", "senddocument", "sendphoto", "sendvideo", "sendmediagroup")


class TelegramNetwork(FakeNetwork):
    """One bot, and Grace, who writes to it. Polled."""

    cannot: ClassVar[Mapping[str, str]] = {
        "read_marks": "Telegram shows that a bot has read only in business chats",
        "delete_last": "Telegram tells bots of no deletion, but in business chats",
        "report": "the Bot API reports nothing about a message that it took",
        "stranger": "only a person can begin to write with a bot",
        "bystander": "a message of Telegram is in one chat, and copied to nobody",
    }
    intake = "polling"

    async def start(self) -> None:
        self.server = BotApiServer()
        await self.server.start()
        self.grace: Person = self.server.person("Grace", username="grace")
        self.last: Post | None = None

    async def stop(self) -> None:
        await self.server.stop()

    def account_config(self) -> Mapping[str, object]:
        return {
            "token": self.server.token,
            "api_base_url": self.server.base_url,
            "intake": self.intake,
            "poll_seconds": 1,
        }

    # What the person does

    async def say(
        self, text: str, *, subject: str = "", files: Sequence[SandboxAttachment] = ()
    ) -> None:
        if not files:
            self.last = await self.grace.says(text)
            return
        [file] = files
        self.last = await self.grace.sends_document(
            file.content, file.name, file.media_type, caption=text
        )

    async def repeat_last(self) -> None:
        self.server.bot.queue.repeat_last()

    async def emit_junk(self) -> None:
        network = self.server.network
        network.tell(self.grace.chat, "message", {"message_id": "?", "chat": []}, lane="junk")

    async def echo(self) -> None:
        [*_, post] = self.server.messages_in(self.grace)
        self.server.network.tell(self.grace.chat, "message", post.body)

    async def edit_last(self, text: str) -> None:
        assert self.last is not None
        await self.grace.edits(self.last, text)

    async def edit_before_create(self, text: str, edited: str) -> None:
        post = await self.grace.says(text, told=False)
        before = dict(post.body)
        await self.grace.edits(post, edited)
        self.server.network.tell(self.grace.chat, "message", before)

    async def reorder(self, first: str, second: str) -> None:
        one = await self.grace.says(first, told=False)
        two = await self.grace.says(second, told=False)
        self.grace.shows(two)
        self.grace.shows(one)

    async def react_last(self, reaction: str) -> None:
        assert self.last is not None
        await self.grace.reacts(self.last, reaction)

    async def lose_history(self) -> timedelta:
        """Telegram keeps an update for a day."""
        return timedelta(hours=25)

    async def close_place(self) -> None:
        self.group = self.server.group("Traders", self.grace)
        await self.group.removes_bot(self.grace)

    async def open_place(self) -> None:
        await self.group.adds_bot(self.grace)

    def signs(self) -> Sequence[str]:
        return ["typing" for _ in self.server.calls("sendChatAction")]

    # What reached them

    def sent(self) -> Sequence[Arrival]:
        return [self._arrival(post) for post in self.server.messages_in(self.grace)]

    def request_count(self) -> int:
        return sum(one.method in DELIVERING for one in self.server.requests)

    def fail_next(self, fault: Fault) -> None:
        if fault is Fault.AUTH_REFUSED:
            self.server.faults.add(REVOKED, method="*")
        else:
            self.server.faults.add(FAULTS[fault])

    def _arrival(self, post: Post) -> Arrival:
        text = str(post.body.get("text") or post.body.get("caption") or "")
        said = post.body.get("entities") or post.body.get("caption_entities") or []
        entities = [one for one in said if one["type"] not in FOUND_BY_TELEGRAM]
        return Arrival(text=text, spans=to_spans(text, entities), files=self._files(post))

    def _files(self, post: Post) -> tuple[SandboxAttachment, ...]:
        document = post.body.get("document")
        if document is None:
            return ()
        return (
            SandboxAttachment(
                name=document["file_name"],
                content=self.server.network.files.contents[document["file_unique_id"]],
                media_type=document["mime_type"],
            ),
        )


class CalledNetwork(TelegramNetwork):
    """The same, and it calls the desk."""

    is_called = True
    intake = "webhook"
