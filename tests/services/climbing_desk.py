"""A desk with three networks, on which what does not arrive goes on by the ladder."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from core.capabilities import Capabilities, FileLimits
from core.delivery import next_state
from core.errors import ConnectorError, RecipientGone
from core.ids import RemoteId, RemotePlace
from core.messages import IdentityAddress, Place, PlaceKind, RemotePart, Sent
from core.rich_text import Mark
from router.services.identity.merging import merge
from router.services.ladder import Networks, due_messages, take_step
from router.services.ladder.climbing import Result
from router.services.outbound.formatting import plain_wire
from router.storage import claims, leases
from router.storage.claims import Asked, Owner
from router.storage.engine import Database
from router.storage.outcomes import Finished, finish
from router.storage.outgoing import Outgoing, load_outgoing
from tests.services.answering_desk import AnsweringDesk, open_desk
from tests.services.builders import make_account, sender

BOT = Capabilities(files=FileLimits(max_count=3, max_size=1000))
LETTERS = Capabilities(
    files=FileLimits(max_count=3, max_size=1000),
    subject=True,
    threads=True,
    can_open_conversation=True,
)
CHAT = Capabilities(files=FileLimits(max_count=3, max_size=1000), presence=True, marks=(Mark.BOLD,))

BLOCKED = RecipientGone("They blocked the bot.")


class Taken(NamedTuple):
    """What a network was handed and did not refuse."""

    channel: str
    place: str
    text: str
    subject: str
    files: tuple[int, ...] = ()
    """Their sizes."""


class ClimbingDesk(AnsweringDesk):
    """Its own account is a bot (`sample`); letters and a chat are beside it."""

    letters: int
    chat: int

    async def prepare(self) -> None:
        self.letters = await make_account(self.database, channel="letters", label="letters")
        self.chat = await make_account(self.database, channel="chat", label="chat")
        self.networks = networks_over(self.channel, self.capabilities)
        self.taken: list[Taken] = []

    async def known_as(self, person: int, handle: str, *, channel: str = "letters") -> int:
        """They also write by this channel, and an agent has joined the two; the root."""
        account = self.letters if channel == "letters" else self.chat
        other = await self.hear(sender(handle, realm=channel), account=account)
        await merge(
            self.database,
            loser_id=other,
            winner_id=person,
            agent_id=self.author.agent_id,
            reason="They said so.",
        )
        return person

    async def meet_ann(self) -> int:
        """Ann wrote letters first, and by the bot last."""
        ann = await self.hear("ann")
        await self.known_as(ann, "ann@people.example")
        await self.hear("ann", "It is me again")
        return ann

    async def miss_ann(self) -> int:
        """An answer to Ann that the bot was not allowed to deliver."""
        written = await self.answer(await self.meet_ann(), "Good day")
        await self.send(failing={"*": BLOCKED})
        return written.message_id

    async def identity(self, handle: str) -> int:
        return int(await self.value("select id from identities where handle = $1", handle))

    async def send(
        self, account: int | None = None, *, failing: Mapping[str, ConnectorError] | None = None
    ) -> None:
        """Everything that is due is handed to the network, which takes it or raises for a text."""
        name = leases.account_lease(account or self.account)
        await self.value("update leases set expires_at = '-infinity' where name = $1", name)
        async with self.database.transaction() as work:
            fence = await leases.take(work, name, "test")
        assert fence is not None
        owner = Owner(account_id=account or self.account, lease=name, fence=fence)
        while True:
            async with self.database.transaction() as work:
                claimed = await claims.claim(work, [Asked(owner=owner, slots=10)])
                rows = await load_outgoing(work, claimed.delivery_ids, threaded=[])
            if not rows:
                return
            for row in rows:
                await self._hand_over(row, fence, failing or {})

    async def _hand_over(
        self, row: Outgoing, fence: int, failing: Mapping[str, ConnectorError]
    ) -> None:
        error = failing.get(row.text) or failing.get("*")
        channel = await self.value("select channel from accounts where id = $1", row.account_id)
        if error is None:
            sizes = tuple(one.size for one in row.attachments)
            self.taken.append(Taken(channel, row.place.remote, row.text, row.subject, sizes))
        now = self.database.clock.now()
        transition = next_state(
            error,
            attempt=row.attempt,
            queued_at=row.first_tried_at,
            now=now,
            capabilities=self.capabilities[channel],
        )
        done = Finished(
            delivery_id=row.id,
            attempt=row.attempt,
            fence=fence,
            transition=transition,
            outcome="sent" if error is None else error.code,
            sent=None if error is not None else _answer(row),
        )
        async with self.database.transaction() as work:
            assert not await finish(work, [done])

    async def climb(self) -> list[Result]:
        """Every message that is due takes its step."""
        return [
            await take_step(self.database, self.keyring, self.networks, message, person)
            for message, person in await due_messages(self.database)
        ]

    async def step(self, message: int) -> Mapping[str, object]:
        return await self.row("select * from ladder_steps where message_id = $1", message)

    async def way(self, message: int) -> list[tuple[str, str, str]]:
        """(channel, state, code) of its deliveries, by id."""
        rows = await self.rows(
            "select a.channel, d.state, d.code from deliveries d"
            " join accounts a on a.id = d.account_id where d.message_id = $1 order by d.id",
            message,
        )
        return [(row["channel"], row["state"], row["code"]) for row in rows]

    async def events(self, event: str) -> list[Mapping[str, object]]:
        rows = await self.rows(
            "select context from messages where direction = 'event'"
            " and context ->> 'event' = $1 order by id",
            event,
        )
        return [row["context"] for row in rows]


def _answer(row: Outgoing) -> Sent:
    """The network's id of a message is made of its key."""
    return Sent(remote_parts=(RemotePart(remote_id=RemoteId(f"id-{row.send_key}")),))


def networks_over(bot: str, capabilities: dict[str, Capabilities] | None = None) -> Networks:
    """A bot, letters and a chat; what they can do is put into `capabilities`, and read there."""
    known = {} if capabilities is None else capabilities
    known |= {bot: BOT, "letters": LETTERS, "chat": CHAT}
    return Networks(
        capabilities_of=known.__getitem__,
        wire_of=plain_wire,
        realm_of=lambda channel: channel,
        is_local=lambda channel: channel == "chat",
        place_of=_letter_box,
    )


def _letter_box(channel: str, identity: IdentityAddress) -> Place | None:
    if channel != "letters":
        return None
    return Place(remote=RemotePlace(identity.handle), kind=PlaceKind.MAIL_THREAD)


async def open_climbing_desk(database: Database, folder: Path) -> ClimbingDesk:
    plain = await open_desk(database, folder)
    desk = ClimbingDesk(database, folder, plain.account, plain.author, plain.channel)
    await desk.prepare()
    return desk
