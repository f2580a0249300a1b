"""A desk with one account, one agent and persons who wrote: where tests of answers begin."""

from collections.abc import Mapping
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

from core.capabilities import Capabilities, FileLimits
from core.errors import ContentRejected
from core.ids import RemotePlace
from core.messages import AnyInboundEvent, IdentityAddress, Place, PlaceKind
from router.blobs.disk import DiskBlobs
from router.services.inbound import Incoming, accept
from router.services.keyring import Keyring
from router.services.outbound import Author, Note, Reply, Written, note, reply
from router.storage.engine import Database
from router.storage.sight import FULL_SIGHT
from tests.services.builders import make_account, received
from tests.waiting import until_blocked

_numbers = count(1)

PLAIN = Capabilities(files=FileLimits(max_count=2, max_size=1000))


class AnsweringDesk:
    def __init__(
        self, database: Database, folder: Path, account: int, author: Author, channel: str
    ) -> None:
        self.database = database
        self.blobs = DiskBlobs(folder / "blobs")
        self.keyring = Keyring("k" * 40)
        self.account = account
        self.author = author
        self.channel = channel
        self.capabilities: dict[str, Capabilities] = {channel: PLAIN}

    async def hear(
        self, by: Any, text: str = "Hello", *, account: int | None = None, **fields: Any
    ) -> int:
        """Somebody writes; the person who stands for them."""
        message = await self.take_in(received(by, text, **fields), account=account)
        assert message is not None
        return int(
            await self.value(
                "select p.root_id from messages m join persons p on p.id = m.person_id"
                " where m.id = $1",
                message,
            )
        )

    async def take_in(self, event: AnyInboundEvent, *, account: int | None = None) -> int | None:
        incoming = Incoming(account_id=account or self.account, fence=None, events=(event,))
        [result] = await accept(self.database, self.blobs, [incoming])
        if isinstance(result, BaseException):
            raise result
        return result[0]

    async def answer(self, person: int, text: str = "Good day", **fields: Any) -> Written:
        afterwards = fields.pop("afterwards", None)
        fields.setdefault("client_key", f"key-{next(_numbers)}")
        wanted = Reply(person_id=person, text=text, **fields)
        return await reply(
            self.database,
            self.keyring,
            self.capabilities.__getitem__,
            self.author,
            wanted,
            to_recipient=read_address,
            afterwards=afterwards,
        )

    async def note(self, person: int, text: str = "Be kind", **fields: Any) -> Written:
        fields.setdefault("client_key", f"key-{next(_numbers)}")
        wanted = Note(person_id=person, text=text, **fields)
        return await note(self.database, self.author, wanted)

    async def upload(
        self, *, size: int = 10, media_type: str = "image/png", agent: int | None = None
    ) -> int:
        return int(
            await self.value(
                """
                insert into attachments (name, media_type, size, blob_key, uploaded_by_id,
                    created_at) values ('a.png', $1, $2, $3, $4, $5) returning id
                """,
                media_type,
                size,
                f"{next(_numbers):064x}",
                agent or self.author.agent_id,
                self.database.clock.now(),
            )
        )

    async def value(self, statement: str, *values: object) -> Any:
        async with self.database.transaction() as work:
            return await work.driver.fetchval(statement, *values)

    async def rows(self, statement: str, *values: object) -> list[Mapping[str, Any]]:
        async with self.database.reading() as work:
            return [dict(row) for row in await work.driver.fetch(statement, *values)]

    async def row(self, statement: str, *values: object) -> Mapping[str, Any]:
        [row] = await self.rows(statement, *values)
        return row

    async def deliveries(self, message: int | None = None) -> list[Mapping[str, Any]]:
        return await self.rows(
            "select * from deliveries where $1::bigint is null or message_id = $1 order by id",
            message,
        )

    async def states(self) -> list[str]:
        return [str(row["state"]) for row in await self.deliveries()]

    async def facts(self, after: int = 0) -> list[tuple[str, int | None, int | None]]:
        rows = await self.rows(
            "select kind, person_id, ref from outbox where id > $1 order by id", after
        )
        return [(row["kind"], row["person_id"], row["ref"]) for row in rows]

    async def until_blocked(self) -> None:
        """Some statement waits for another transaction's lock."""
        await until_blocked(self.database)

    async def newest_fact(self) -> int:
        return int(await self.value("select coalesce(max(id), 0) from outbox"))


def resolve_address(channel: str, typed: str) -> tuple[Place, IdentityAddress]:
    address = read_address(channel, typed)
    return Place(remote=RemotePlace(address.handle), kind=PlaceKind.MAIL_THREAD), address


def read_address(channel: str, typed: str) -> IdentityAddress:
    """As a mail channel does: lower case, and nothing without an @."""
    if "@" not in typed:
        raise ContentRejected("That is no address.")
    return IdentityAddress(realm=channel, handle=typed.strip().lower())


async def make_agent(database: Database, name: str = "Ada") -> int:
    async with database.transaction() as work:
        return int(
            await work.driver.fetchval(
                "insert into agents (email, name, role, created_at)"
                " values ($1, $2, 'agent', $3) returning id",
                f"{name.lower()}-{next(_numbers)}@desk.example",
                name,
                work.now(),
            )
        )


async def open_desk(database: Database, folder: Path, *, channel: str = "sample") -> AnsweringDesk:
    account = await make_account(database, channel=channel)
    agent = await make_agent(database)
    author = Author(agent_id=agent, name="Ada", sight=FULL_SIGHT)
    return AnsweringDesk(database, folder, account, author, channel)


def moment_of(row: Mapping[str, Any], name: str) -> datetime:
    found = row[name]
    assert isinstance(found, datetime)
    return found
