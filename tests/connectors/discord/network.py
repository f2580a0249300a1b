"""The sandbox as a network that fails when it is told to: what the conformance kit drives."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar

from connectors.discord.convert import THREAD_KEY
from connectors.discord.markdown import read_markdown
from connectors.discord.places import place_of_person
from connectors.discord.sandbox import DiscordSandbox, number_of
from connectors.discord.sandbox_faults import Answer
from connectors.discord.sandbox_people import Person
from connectors.discord.sandbox_places import Said, TextPlace
from connectors.discord.sandbox_records import Message
from connectors.discord.sandbox_settings import Rate, Settings
from core.messages import IdentityAddress, Place, ThreadKey
from core.sandbox import SandboxAttachment
from core.testing.network import Arrival, Fault
from core.testing.sandbox_network import SandboxNetwork

SEND = "POST /channels/{channel}/messages"
WITHOUT_LIMIT = Rate(count=10_000, seconds=1)
REFUSALS: Mapping[Fault, tuple[int, int]] = {
    Fault.TRANSIENT: (503, 0),
    Fault.PERMANENT: (403, 50013),
    Fault.RECIPIENT_GONE: (403, 50007),
    Fault.PLACE_GONE: (404, 10003),
    Fault.CONTENT_REJECTED: (400, 50035),
}


def unhurried() -> Settings:
    """Discord without limits: a test sends and reconnects more often than a desk does."""
    return Settings(
        rates={},
        other_rate=WITHOUT_LIMIT,
        global_rate=WITHOUT_LIMIT,
        identify_rate=Rate(count=1000, seconds=5),
    )


class DiscordNetwork(SandboxNetwork[DiscordSandbox]):
    person = "Grace Hopper"
    address = "80351110224678912"
    cannot: ClassVar[Mapping[str, str]] = {
        "edit_before_create": "the gateway numbers its events and shows them in that order",
        "reorder": "the gateway numbers its events and shows them in that order",
        "report": "Discord never tells whether a message was read",
        "bystander": "a message on Discord has no copies",
    }

    def make_sandbox(self) -> DiscordSandbox:
        return DiscordSandbox(unhurried())

    @property
    def grace(self) -> Person:
        return self.sandbox.server.person(self.person, number=number_of(self.address))

    @property
    def last(self) -> Said:
        """What the person said last."""
        channel = self.grace.dm()
        messages = self.sandbox.server.messages_in(channel)
        return Said(channel, [one for one in messages if one.author_id == self.grace.id][-1])

    async def repeat_last(self) -> None:
        self._show("MESSAGE_CREATE", self.last.message)

    async def emit_junk(self) -> None:
        await self.sandbox.desk_listens()
        channel = self.grace.dm()
        gateway = self.sandbox.server.gateway
        for session in list(gateway.sessions.values()):
            body: dict[str, Any] = {"id": "1", "channel_id": str(channel.id), "content": 7}
            gateway.tell(session, "MESSAGE_CREATE", body)

    async def lose_history(self) -> timedelta:
        """The session is over, and the history of the chat is not for the bot any more."""
        server = self.sandbox.server
        server.gateway.sessions.clear()
        await self.grace.writes_dm("lost")
        server.faults.add(
            status=403,
            body={"message": "Missing Permissions", "code": 50013},
            route="GET /channels/{channel}/messages",
            times=1000,
        )
        return timedelta()

    async def close_place(self) -> None:
        channel = self.sandbox.channel
        assert isinstance(channel, TextPlace)
        self.thread = await channel.thread("Lost key", by=self.grace, has_bot=True)
        await self.thread.locks()

    async def open_place(self) -> None:
        await self.thread.unlocks()

    async def echo(self) -> None:
        self._show("MESSAGE_CREATE", self.sandbox.server.said_by_bot(self.grace)[-1])

    async def edit_last(self, text: str) -> None:
        await self.grace.edits(self.last, text)

    async def delete_last(self) -> None:
        await self.grace.deletes(self.last)

    async def react_last(self, reaction: str) -> None:
        await self.grace.reacts(self.last, reaction)

    def sent(self) -> Sequence[Arrival]:
        world = self.sandbox.server.world
        own = self.sandbox.server.bot_id
        found = [one for messages in world.messages.values() for one in messages.values()]
        return [self._arrival(one) for one in sorted(found, key=_number) if one.author_id == own]

    def request_count(self) -> int:
        return sum(one.route == SEND for one in self.sandbox.server.requests)

    def fail_next(self, fault: Fault) -> None:
        faults = self.sandbox.server.faults
        match fault:
            case Fault.RATE_LIMITED:
                # A shared one leaves the bot's own bucket as it is: the next try goes out.
                faults.rate_limit(7.0, scope="shared", route=SEND)
            case Fault.UNKNOWN_TAKEN:
                faults.add(answer=Answer.CUT, takes_effect=True, route=SEND)
            case Fault.UNKNOWN_LOST:
                faults.add(answer=Answer.CUT, route=SEND)
            case Fault.AUTH_REFUSED:
                faults.add(status=401)
            case _:
                status, code = REFUSALS[fault]
                faults.add(status=status, body={"code": code, "message": "No."}, route=SEND)

    def signs(self) -> Sequence[str]:
        return ["typing"] if self.sandbox.server.typing.get(self.grace.dm().id) else []

    def stranger(self) -> tuple[Place, IdentityAddress]:
        stranger = self.sandbox.server.person("Ada Lovelace")
        handle = str(stranger.id)
        return place_of_person(handle), IdentityAddress(realm="discord", handle=handle)

    def _show(self, name: str, message: Message) -> None:
        gateway = self.sandbox.server.gateway
        channel = self.sandbox.server.world.channels[message.channel_id]
        for session in list(gateway.sessions.values()):
            gateway.tell(session, name, self.sandbox.server.objects.dispatched(message, channel))

    def _arrival(self, message: Message) -> Arrival:
        reference = message.reference or {}
        answered = reference.get("message_id")
        key = f"{message.channel_id}/{answered}"
        seen = read_markdown(message.content)
        return Arrival(
            text=seen.text,
            spans=seen.spans,
            files=tuple(
                SandboxAttachment(
                    name=one.name,
                    content=self.sandbox.server.cdn.content(one.id) or b"",
                    media_type=one.media_type or "application/octet-stream",
                )
                for one in message.uploads
            ),
            answers=(ThreadKey(THREAD_KEY, key),) if answered else (),
        )


def _number(message: Message) -> int:
    return message.id
