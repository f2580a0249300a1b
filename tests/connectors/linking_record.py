"""A sink that commits with the desk's voice, and a sender of what it wrote: no loops between."""

from collections.abc import Sequence

from core.connector import Connector, Cursor
from core.messages import AnyInboundEvent
from router.blobs.disk import DiskBlobs
from router.services.identity.link_codes import LinkCode, MadeBy, make_for_account
from router.services.inbound import Incoming, accept
from router.services.keyring import Keyring
from router.services.outbound import to_message
from router.services.outbound.automatic import Voice
from router.storage.engine import Database
from router.storage.outgoing import load_outgoing

HOST = "customer-4711"


class LinkingRecord:
    def __init__(
        self, database: Database, blobs: DiskBlobs, account: int, connector: Connector
    ) -> None:
        self.database, self.blobs, self.account = database, blobs, account
        self.connector = connector
        self.keyring = Keyring("k" * 40)
        self.voice = Voice(
            keyring=self.keyring, capabilities_of=lambda _: type(connector).capabilities
        )
        self.accepted = 0

    async def accept(
        self, events: Sequence[AnyInboundEvent], *, cursor: Cursor | None = None
    ) -> None:
        incoming = Incoming(account_id=self.account, fence=None, events=tuple(events))
        [result] = await accept(self.database, self.blobs, [incoming], self.voice)
        if isinstance(result, BaseException):
            raise result
        self.accepted += len(events)

    async def code(self, channel: str) -> LinkCode:
        async with self.database.transaction() as work:
            return await make_for_account(
                work, HOST, channels=[channel], made_by=MadeBy.HOST, actor="host"
            )

    async def accounts(self, realm: str) -> list[str | None]:
        """Of this realm's identities: the host accounts that they are linked to."""
        async with self.database.reading() as work:
            rows = await work.driver.fetch(
                "select host_account from identities where realm = $1 order by id", realm
            )
        return [row["host_account"] for row in rows]

    async def dump(self) -> str:
        """All that agents, ops and exports may read of messages and their sources."""
        async with self.database.reading() as work:
            rows = await work.driver.fetch(
                "select m.text, m.full_text, m.html, m.context::text,"
                " convert_from(s.raw, 'UTF8') as raw"
                " from messages m left join message_sources s on s.message_id = m.id"
            )
        return repr([dict(row) for row in rows])

    async def send(self) -> None:
        """What waits to go out, as the sender has it sent."""
        async with self.database.transaction() as work:
            rows = await work.driver.fetch(
                "with due as (update deliveries set state = 'sent' where state = 'queued'"
                "  returning id)"
                " insert into delivery_attempts (delivery_id, attempt, claim, started_at)"
                " select id, 1, 1, $1 from due returning delivery_id",
                work.now(),
            )
            outgoing = await load_outgoing(work, [row["delivery_id"] for row in rows], threaded=())
        for row in outgoing:
            await self.connector.send(to_message(row, self.keyring))
